"""Guessing recognised: many different false serials of one product from one network within a short time.

Nothing here changes what an answer says: who guesses is told the same as who misreads, and is reported.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cachetools import TTLCache

from resolver.access.distinct_counter import DistinctCounter
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds

WINDOW_S = 300.0
GUESSES = 20
"""Different false serials of one product from one network within the window: a person misreads one or two."""
MAX_WATCHED = 20_000
"""Networks and products that are watched at a time; the one whose last false serial is oldest is forgotten first."""


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


@dataclass(slots=True)
class _Watch:
    first: Enumeration
    serials: DistinctCounter
    reported: int = 0


class Sentry:
    """Counts false serials by network and product, and says when that is guessing.

    It says so first at ``GUESSES``, then at each doubling, always under the same id. ``clock`` gives seconds.
    """

    def __init__(
        self, *, guesses: int = GUESSES, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._guesses = guesses
        self._watched: TTLCache[tuple[str, str], _Watch] = TTLCache(MAX_WATCHED, window_s, clock)
        self._lock = threading.Lock()

    def failed(self, guess: Enumeration, serial: str) -> Enumeration | None:
        """Note one false serial; ``guess`` describes it as if it were the first. The report that is due, if one is."""
        key = guess.network, guess.gtin
        with self._lock:
            watch = self._watched.get(key)
            if watch is None:
                watch = self._watched[key] = _Watch(guess, DistinctCounter())
            count = watch.serials.add(serial)
            if count < max(self._guesses, 2 * watch.reported):
                return None
            watch.reported = count
            return replace(watch.first, ended_at=guess.ended_at, guesses=count)
