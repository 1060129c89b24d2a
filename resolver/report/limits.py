"""How many reports are taken: from a network, from a phone, about one unit."""

from resolver.access.limits import LimitFactory

AT_ONCE = 6
"""Reports of one phone, of all phones of a network that have no cookie of ours, and about one unit, that may come at
once: as many again in a minute, or about the unit in an hour. More voices than eight of a unit are not weighed."""
NETWORK_AT_ONCE = 30
"""Reports of a network in all, and in two minutes as many again: many people share a carrier's address."""
_MINUTE_S, _HOUR_S = 60, 3600


class ReportLimits:
    """The limits in force on reports. What the sender can make up buys nothing: the network always counts."""

    def __init__(self, make: LimitFactory) -> None:
        self._network = make("report-network", NETWORK_AT_ONCE / (2 * _MINUTE_S), NETWORK_AT_ONCE)
        self._phone = make("report", AT_ONCE / _MINUTE_S, AT_ONCE)
        self._item = make("report-item", AT_ONCE / _HOUR_S, AT_ONCE)

    def wait_s(self, network: str, phone: str | None, item: str, now: float) -> float:
        """Count a report about ``item``: 0 to take it, else after how many seconds it may come again.

        ``phone``: the install id of a cookie that we signed, if there is one.
        """
        waits = (
            self._network.wait_s(network, now),
            self._phone.wait_s(phone or network, now),
            self._item.wait_s(item, now),
        )
        return max(waits)
