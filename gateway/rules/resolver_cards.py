"""Cards of findings that need no history: what the resolver saw of codes, and readers' conflicting batches. Pure."""

from gateway.rules.fold import Card
from schemas.evidence import Clue
from schemas.finding import Kind

CARRIER_CARDS: tuple[Card, ...] = (
    Card(
        Clue.PAIR_MISMATCH.value,
        Kind.COPIED,
        "The code inside a pack is of another unit than the one outside it. Silent by itself.",
        "two packs on one table",
    ),
    Card(
        Clue.COUNTER_BACK.value,
        Kind.COPIED,
        "A tag gave a message, never presented before, that is older than one that was: it had been recorded.",
        "messages that a slow network delivered out of order",
    ),
    Card(
        "sequence_conflict",
        Kind.DEVICE,
        "A reader used one sequence number for two batches of different content. Nothing of the second is stored.",
        "a reader restored from a back-up that forgot its numbers; two devices that hold one key",
    ),
)
