"""Mandates: what an owner lets another organisation say of its goods. Pure."""

from typing import NamedTuple

from gateway.authority.lateness import in_time
from gateway.authority.verb import Verb

NEEDED = {
    Verb.COMMISSION: "commission",
    Verb.END: "end",
    Verb.RECALL: "recall",
    Verb.RECEIVE: "custody",
    Verb.HANDLE: "custody",
}
"""The word of a mandate that each kind of statement needs. To observe, any mandate will do."""


class Mandate(NamedTuple):
    """One mandate of an item's owner. ``gtin`` empty: for all its products.

    It holds from ``since`` to ``until`` by the time of events; ``given_at`` is when it was registered. Microseconds.
    """

    org_id: str
    words: frozenset[str]
    gtin: str
    since: int
    until: int
    given_at: int = 0

    def covers(self, org_id: str, verb: Verb, gtin: str, at: int, recorded_at: int = 0) -> bool:
        """Whether it lets ``org_id`` make such a statement of goods with this GTIN, as of ``at``.

        Once it has ended, only what comes soon enough after that (:mod:`gateway.authority.lateness`).
        """
        return (
            self.org_id == org_id
            and self.since <= at < self.until
            and in_time(max(self.until, self.given_at), recorded_at)
            and self.gtin in ("", gtin)
            and (verb is Verb.OBSERVE or NEEDED[verb] in self.words)
        )
