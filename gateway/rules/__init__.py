"""The rules: folds over one item's history in event time, so that re-evaluation changes nothing."""

from collections.abc import Mapping, Sequence

from gateway.rules.aggregation import AggregationBreak
from gateway.rules.claims import FOREIGN_CLAIMS
from gateway.rules.displaced_reader import DISPLACED
from gateway.rules.false_scans import PRINTED, WAVE
from gateway.rules.fold import Card, Fold
from gateway.rules.guessing import ENUMERATION
from gateway.rules.history import Market
from gateway.rules.lifecycle import AfterEnd, BeforeCommissioning, ExpiredSeen, RecalledSeen, SecondSale
from gateway.rules.proof import ForgedCode, UnregisteredUnit
from gateway.rules.receipts import LateReturn, ReceivedTwice
from gateway.rules.territory import LANE_EXCESS, OffTerritory
from gateway.rules.travel import ImpossibleTravel
from schemas.geodesy import Position

NO_PLANTS: Mapping[str, Sequence[Position]] = {}


def unit_folds(markets: tuple[Market, ...], plants: Mapping[str, Sequence[Position]] = NO_PLANTS) -> tuple[Fold, ...]:
    """The folds that judge one item, in the order in which their states are saved. ``plants``: by owner of goods."""
    return (
        ForgedCode(),
        UnregisteredUnit(),
        BeforeCommissioning(plants),
        AfterEnd(),
        SecondSale(),
        RecalledSeen(),
        ExpiredSeen(),
        ImpossibleTravel(),
        OffTerritory(markets),
        AggregationBreak(),
        LateReturn(),
        ReceivedTwice(),
    )


CARDS: tuple[Card, ...] = (
    *(fold.card for fold in unit_folds(())),
    LANE_EXCESS,
    PRINTED,
    WAVE,
    ENUMERATION,
    DISPLACED,
    FOREIGN_CLAIMS,
)
"""The card of every rule."""
