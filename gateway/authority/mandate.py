"""Mandates: what an owner lets another organisation say of its goods. Pure."""

from typing import NamedTuple

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
    """One mandate of an item's owner. ``gtin`` empty: for all its products. Times are microseconds of event time."""

    org_id: str
    words: frozenset[str]
    gtin: str
    since: int
    until: int

    def covers(self, org_id: str, verb: Verb, gtin: str, at: int) -> bool:
        """Whether it lets ``org_id`` make such a statement of goods with this GTIN, as of ``at``."""
        return (
            self.org_id == org_id
            and self.since <= at < self.until
            and self.gtin in ("", gtin)
            and (verb is Verb.OBSERVE or NEEDED[verb] in self.words)
        )
