"""Prices through the whole assessor: several low ones in one market raise the lane, a rival's and slips do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from gateway.evidence.item import ItemEvidence, Mark, Report, Scan, Suspected
from gateway.evidence.model import fitted_model
from gateway.evidence.registry import Network
from gateway.evidence.scorer import EvidenceScorer
from gateway.evidence.suspicion import SuspectedLane
from gateway.evidence.weighing import Cause

DAY = 24 * 3_600_000_000
T0 = 1_780_000_000_000_000
DEALERS, EACH = 12, 60
FROM, TO = 2, 7
DIVERTED = 8
"""Units seen in the foreign market: too few to be believed for their number alone."""


@dataclass
class MemoryStore:
    """Goods in memory: see gateway.evidence.registry.Goods."""

    items: Sequence[ItemEvidence]

    def evidence(self, item: int) -> ItemEvidence:
        return self.items[item]

    def marks(self, item: int) -> Sequence[Mark]:
        return self.items[item].marks

    def faulty(self, item: int) -> float:
        return 0.0

    def market(self, item: int, scan: Scan) -> int:
        return round((scan.longitude - 80) / 3)

    def made(self, item: int) -> bool:
        return True

    def expires(self, item: int) -> int | None:
        return None

    def lot(self, item: int) -> str:
        return "lot"

    def index(self, item: int) -> int:
        return item

    def product(self, item: int) -> str:
        return "09521234000013"

    def case(self, item: int) -> int:
        return item // 6


def unit(number: int, dealer: int, market: int, *reports: Report) -> ItemEvidence:
    shop = Mark(T0, f"shop{dealer}", "shop", "receiving", 30.0, 80 + 3 * dealer)
    buyer = Scan(T0 + (10 + number % 20) * DAY, f"buyer-{number}", 30.0, 80 + 3 * market, 0.1, network=f"line-{number}")
    return ItemEvidence().seen([buyer], [shop], reports)


def price_report(number: int, price: int, reporter: str = "") -> Report:
    return Report(T0 + 40 * DAY, reporter or f"buyer-{number}", Suspected.OTHER, price)


def goods(prices: dict[int, int], rival: str = "", *, cheap_market: bool = False) -> list[ItemEvidence]:
    """Every dealer's goods at home, a few travellers, and more of one dealer in one foreign market.

    ``prices`` are those of the latter, by number; elsewhere every fifth buyer says an ordinary price.
    """
    found = []
    for dealer in range(DEALERS):
        for _ in range(EACH):
            number = len(found)
            ordinary = 12_600 + 100 * (number % 7)
            price = 7_500 if cheap_market and dealer == TO else ordinary
            found.append(unit(number, dealer, dealer, *([price_report(number, price)] if number % 5 == 0 else [])))
        found += [unit(len(found) + each, dealer, (dealer + 1 + each) % DEALERS) for each in range(DEALERS - 1)]
    for each in range(DIVERTED):
        number = len(found)
        reports = [price_report(number, prices[each], rival)] if each in prices else []
        found.append(unit(number, FROM, TO, *reports))
    return found


def assessed(items: Sequence[ItemEvidence]) -> EvidenceScorer:
    km = [[abs(a - m) * 290.0 for m in range(DEALERS)] for a in range(DEALERS)]
    homes = [frozenset({dealer}) for dealer in range(DEALERS)]
    network = Network(homes, km, {f"shop{dealer}": dealer for dealer in range(DEALERS)})
    scorer = EvidenceScorer(network, MemoryStore(items), fitted_model())
    scorer.assess(range(len(items)), T0 // DAY + 50, T0 + 50 * DAY, drift=True, lanes=True)
    return scorer


def lanes(scorer: EvidenceScorer) -> set[str]:
    return {each.subject for each in scorer.suspicions() if isinstance(each.subject, SuspectedLane)}


LOW = dict.fromkeys(range(DIVERTED), 7_500)


def test_several_low_prices_raise_the_lane_and_its_members():
    assert lanes(assessed(goods({}))) == set()
    scorer = assessed(goods(LOW))
    (lane,) = [each for each in scorer.suspicions() if isinstance(each.subject, SuspectedLane)]
    assert (lane.subject, lane.kind) == (SuspectedLane(FROM, TO), "diverted")
    assert lane.details["low_prices"] == lane.details["prices"] == DIVERTED
    assert lane.details["price_nats"] > 0
    member = scorer.weights[lane.members[-1]]
    assert member.cause is Cause.DIVERTED
    assert {"lane", "low_price"} <= {term.name for term in member.terms[Cause.DIVERTED]}


@pytest.mark.parametrize(
    "items",
    [
        goods(dict.fromkeys(range(DIVERTED), 12_900)),
        goods({0: 7_500, 1: 7_500}),
        goods(LOW, rival="rival"),
        goods(dict.fromkeys(range(DIVERTED), 129)),
        goods(dict.fromkeys(range(DIVERTED), 1_075)),
        goods(LOW, cheap_market=True),
    ],
    ids=["usual", "two people", "one rival", "yuan as fen", "a twelfth", "a cheap market"],
)
def test_what_is_innocent_raises_no_lane(items):
    assert lanes(assessed(items)) == set()


def test_a_flood_of_reports_leaves_everybody_s_goods_alone():
    quiet = goods({})
    rival = [
        each.seen(reports=[Report(T0 + 41 * DAY, f"phone{number}", Suspected.COUNTERFEIT, 7_000)])
        for number, each in enumerate(quiet)
    ]
    for items in (quiet, rival):
        assert not [each for each in assessed(items).suspicions() if each.level != "fact"]
