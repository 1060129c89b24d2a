"""How many reports are taken: from a network, from a phone, about one unit."""

from resolver.access.limits import LimitFactory

PER_MINUTE = 6
"""Reports of one phone, of all phones of a network that have no cookie of ours, and about one unit."""
NETWORK_PER_MINUTE = 30
"""Reports of a network in all: many people share a carrier's address."""


class ReportLimits:
    """The limits in force on reports. What the sender can make up buys nothing: the network always counts."""

    def __init__(self, make: LimitFactory) -> None:
        self._network = make("report-network", NETWORK_PER_MINUTE / 60, NETWORK_PER_MINUTE)
        self._phone = make("report", PER_MINUTE / 60, PER_MINUTE)
        self._item = make("report-item", PER_MINUTE / 60, PER_MINUTE)

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
