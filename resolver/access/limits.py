"""What keeps a resolver standing and its codes unguessed: limits a network, a code and a session; guessing recognised.

Nothing here changes what an answer says: who guesses is told the same as who misreads, and is reported.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from resolver.access.token_bucket import Buckets
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds

WINDOW_S = 300.0
GUESSES = 20
"""Different false serials of one product from one network within the window: a person misreads one or two."""
WATCHED = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second; 0 means no limit. A bucket holds ten seconds' worth."""

    per_network: float
    per_code: float
    per_session: float


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One network's guessing at one product's serials. ``network`` is a pseudonym."""

    enumeration_id: UUID
    org_id: str
    gtin: str
    network: str
    began_at: datetime
    ended_at: datetime
    guesses: int

    def to_fields(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return {
            "enumeration_id": str(self.enumeration_id),
            "org_id": self.org_id,
            "gtin": self.gtin,
            "network": self.network,
            "began_at": self.began_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "guesses": self.guesses,
        }

    def to_evidence(self) -> Evidence:
        """It for the gateway, which knows a repeated one by its id and place in time."""
        return Evidence(
            self.enumeration_id,
            Clue.ENUMERATION,
            f"01/{self.gtin}",
            self.org_id,
            to_microseconds(self.began_at),
            {
                "network": self.network,
                "guesses": self.guesses,
                "seconds": max(1, round((self.ended_at - self.began_at).total_seconds())),
            },
        )


class Gate:
    """The limits in force."""

    def __init__(self, limits: Limits) -> None:
        self._network = Buckets(limits.per_network, 10 * limits.per_network)
        self._code = Buckets(limits.per_code, 10 * limits.per_code)
        self._session = Buckets(limits.per_session, 10 * limits.per_session)

    def wait_s(self, network: str, code: str, session: str | None, now: float) -> float:
        """0 to let a request in, else after how many seconds it may come again."""
        waits = [self._network.wait_s(network, now), self._code.wait_s(f"{network} {code}", now)]
        if session is not None:
            waits.append(self._session.wait_s(session, now))
        return max(waits)


@dataclass(slots=True)
class _Watch:
    report: Enumeration
    since: float
    tried: set[str]
    reported: int = 0


class Sentry:
    """Counts false serials by network and product, and says when that is guessing.

    It says so first at ``GUESSES``, then at each doubling, always under the same id.
    """

    def __init__(self, *, guesses: int = GUESSES, window_s: float = WINDOW_S) -> None:
        self._guesses = guesses
        self._window_s = window_s
        self._watched: OrderedDict[tuple[str, str], _Watch] = OrderedDict()
        self._lock = threading.Lock()

    def failed(self, guess: Enumeration, serial: str, now: float) -> Enumeration | None:
        """Note one false serial; ``guess`` describes it as if it were the first. The report that is due, if one is."""
        key = guess.network, guess.gtin
        with self._lock:
            watch = self._watched.pop(key, None)
            if watch is None or now - watch.since > self._window_s:
                watch = _Watch(guess, now, set())
            self._watched[key] = watch
            if len(self._watched) > WATCHED:
                self._watched.popitem(last=False)
            if len(watch.tried) < 100 * self._guesses:
                watch.tried.add(serial)
            count = len(watch.tried)
            if count < max(self._guesses, 2 * watch.reported):
                return None
            watch.reported = count
            return replace(watch.report, ended_at=guess.ended_at, guesses=count)
