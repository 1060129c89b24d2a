"""Rules on what the code proves by itself."""

from collections.abc import Iterator

from gateway.rules.history import FALSE_PROOFS, History, Unit
from gateway.rules.rule import Card, Rule, finding
from schemas.finding import Finding, Kind, Level

_OBSERVERS_FOR_ALERT = 2


def forged_code(unit: Unit, history: History) -> Iterator[Finding]:
    """One damaged read is a fact; the same impossible code at two observers is a printed forgery."""
    if unit.proof not in FALSE_PROOFS or not history:
        return
    observers: dict[str, int] = {}
    for index, sighting in enumerate(history):
        if sighting.observer is not None:
            observers.setdefault(sighting.observer, index)
    first_of_each = sorted(observers.values())[:_OBSERVERS_FOR_ALERT]
    alert = len(first_of_each) == _OBSERVERS_FOR_ALERT
    evidence = tuple(history[index] for index in first_of_each) if alert else history[:1]
    yield finding(
        "forged_code",
        Kind.FORGED,
        Level.ALERT if alert else Level.FACT,
        unit,
        evidence,
        1.0 if alert else 0.9,
        proof=unit.proof.value,
        observers=len(observers),
    )


def unregistered_unit(unit: Unit, history: History) -> Iterator[Finding]:
    """A serial sealed with the owner's key for a batch or an index that the owner never registered."""
    if not unit.proof.holds or unit.index is None or not history:
        return
    batch = unit.batch
    if batch is not None and unit.index < batch.quantity and not batch.revoked:
        return
    yield finding(
        "unregistered_unit",
        Kind.UNKNOWN,
        Level.WATCH,
        unit,
        history[:1],
        0.9,
        batch_number=unit.batch_number,
        index=unit.index,
        revoked=batch is not None and batch.revoked,
    )


RULES = (
    Rule(
        Card(
            "forged_code",
            Kind.FORGED,
            "Serial or signature were not made with the key of the GTIN's owner. An alert once two observers saw it.",
            "a damaged or badly read label; a rewritten URL; a case change that another system introduced",
        ),
        forged_code,
    ),
    Rule(
        Card(
            "unregistered_unit",
            Kind.UNKNOWN,
            "The serial is authentic, but its batch was never registered, was revoked, or is smaller than the index.",
            "a store restored from an old back-up; a batch registered on another installation with the same keys",
        ),
        unregistered_unit,
    ),
)
