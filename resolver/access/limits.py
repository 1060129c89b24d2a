"""Rate limits of a network, of a code from a network, and of a handset; counted in a process, or shared by all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from resolver.access.shared_limit import SharedLimit, open_storage
from resolver.access.token_bucket import TokenBuckets

IN_PROCESS = "memory://"
BURST_S = 10
"""So many seconds' worth of requests may come at once."""


class RateLimit(Protocol):
    """How often one sender may do one thing."""

    def wait_s(self, sender: str, now: float, cost: float = 1.0) -> float:
        """Count a request at ``now`` (seconds since 1970): 0 to admit it, else after how many seconds it may come.

        ``cost``: as how many usual requests it counts; 0 only asks.
        """

    def charge(self, sender: str, now: float, cost: float) -> None:
        """Count a request that was admitted as so many more."""


LimitFactory = Callable[[str, float, float], RateLimit]
"""Makes a limit of a name, a rate (requests a second; 0 for none) and a burst (requests)."""


def limit_factory(storage: str, key: bytes) -> LimitFactory:
    """Makes limits whose counts are at ``storage``; ``key`` hashes senders that are counted outside of the process.

    :raises Misconfigured: the storage can't be used.
    """
    if storage == IN_PROCESS:
        return lambda _, per_s, burst: TokenBuckets(per_s, burst)
    shared = open_storage(storage)
    return lambda name, per_s, burst: SharedLimit(shared, name, per_s, burst, key=key)


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second; 0 means no limit."""

    per_network: float
    per_code: float
    per_session: float


class Gate:
    """The limits in force on requests for codes."""

    def __init__(self, rates: Rates, make: LimitFactory) -> None:
        self._network = make("network", rates.per_network, BURST_S * rates.per_network)
        self._code = make("code", rates.per_code, BURST_S * rates.per_code)
        self._session = make("session", rates.per_session, BURST_S * rates.per_session)

    def wait_s(self, network: str, code: str, session: str | None, now: float) -> float:
        """0 to let a request in, else after how many seconds it may come again."""
        waits = [self._network.wait_s(network, now), self._code.wait_s(f"{network} {code}", now)]
        if session is not None:
            waits.append(self._session.wait_s(session, now))
        return max(waits)
