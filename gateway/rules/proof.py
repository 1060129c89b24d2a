"""Rules on what the code proves by itself. Pure."""

from collections.abc import Iterable

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, State, finding, witness
from gateway.rules.history import FALSE_PROOFS, Sighting, Unit
from schemas.finding import Kind, Level


class ForgedCode(Fold):
    """One damaged read is a fact; the same impossible code read by two observers is a printed forgery.

    What consumers scan of such codes is in no history: :mod:`gateway.rules.false_scans` has their counts.

    State: observer, event id and time of the first sighting with a known observer; True once a second one had it.
    """

    final = True

    card = Card(
        "forged_code",
        Kind.FORGED,
        "Readers saw a code whose serial or signature was not made with the key of the GTIN's owner. An alert once two "
        "observers saw it.",
        "a damaged or badly read label; a rewritten URL; a case change that another system introduced",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.proof in FALSE_PROOFS

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if state is True:
            return state, ()
        proof = unit.proof.value
        if state is None:
            fact = finding(self.card, Level.FACT, unit, [witness(sighting)], 0.9, proof=proof)
            return [sighting.observer, *witness(sighting)], (fact,)
        observer, event_id, at = state
        if sighting.observer is None or sighting.observer == observer:
            return state, ()
        if observer is None:
            return [sighting.observer, *witness(sighting)], ()
        evidence = [(event_id, at), witness(sighting)]
        return True, (finding(self.card, Level.ALERT, unit, evidence, 1.0, proof=proof),)


class UnregisteredUnit(Fold):
    """A serial sealed with the owner's key for a batch or an index that the owner never registered.

    State: True once the unit was observed.
    """

    final = True

    card = Card(
        "unregistered_unit",
        Kind.UNKNOWN,
        "The serial is authentic, but its batch was never registered, was revoked, or is smaller than the index.",
        "a store restored from an old back-up; a batch registered on another installation with the same keys",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.proof.is_authentic

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if state is True or unit.index is None:
            return state, ()
        batch = unit.batch
        if batch is not None and unit.index < batch.quantity and not batch.revoked:
            return True, ()
        details = {
            "batch_number": unit.batch_number,
            "index": unit.index,
            "revoked": batch is not None and batch.revoked,
        }
        return True, (finding(self.card, Level.WATCH, unit, [witness(sighting)], 0.9, **details),)
