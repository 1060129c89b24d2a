"""Sixty-one units with a history of custody, the supply network learned from them, and accused ones among them."""

from functools import cache
from itertools import pairwise

from gateway.assess.leaks import leak_reports, passed
from gateway.assess.supply import Supply, learn
from gateway.evidence.evidence_item import AccusedItem, EvidenceItem, MarkSource
from gateway.evidence.item import ItemEvidence, Mark, Scan
from gateway.evidence.registry import SupplySite
from gateway.rules.history import Market
from schemas.explain.leak_sentences import Site
from schemas.geodesy import Position

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
CHENGDU, WUHAN, CHANGSHA, BEIJING = (30.57, 104.07), (30.59, 114.30), (28.23, 112.94), (39.90, 116.40)
PLACES = [
    SupplySite("plant", "plant", *CHENGDU),
    SupplySite("dealer-1", "dealer", *WUHAN),
    SupplySite("dealer-2", "dealer", *BEIJING),
    SupplySite("shop-1a", "shop", *WUHAN),
    SupplySite("shop-1b", "shop", *CHANGSHA),
    SupplySite("shop-2a", "shop", *BEIJING),
]
MARKETS = tuple(
    Market(name, Position(*where, 0), 50)
    for name, where in (("beijing", BEIJING), ("changsha", CHANGSHA), ("wuhan", WUHAN))
)
NAMES = {place.site: Site(place.site, f"Site <{place.site}>", f"站点 {place.site}") for place in PLACES}
WHERE = {place.site: place for place in PLACES}


def custody(number: int, *sites: str, hours: float = 30.0) -> tuple[Mark, ...]:
    marks = []
    for step, (site, after) in enumerate(pairwise([*sites, ""])):
        place, at = WHERE[site], T0 + number * HOUR + int(step * 2 * hours * HOUR)
        marks.append(Mark(at, site, place.kind, "receiving", place.latitude, place.longitude))
        if after:
            left = at + int(hours * HOUR)
            marks.append(Mark(left, site, place.kind, "shipping", place.latitude, place.longitude))
    return tuple(marks)


def evidence_item(number: int, *sites: str, handsets: int = 1, late_s: int = 60) -> EvidenceItem:
    marks = custody(number, *sites)
    scans = tuple(Scan(T0 + (20 + n) * DAY, f"phone-{number}-{n}", *WUHAN, 0.1) for n in range(handsets))
    return EvidenceItem(
        item_id=f"01/09521234000013/21/{number:020}",
        known=True,
        evidence=ItemEvidence().seen(scans, marks),
        stamps=tuple(
            MarkSource(f"{m.site}/reader", m.at + late_s * 1_000_000, f"event-{number}-{m.at}") for m in marks
        ),
        events={(scan.at, scan.handset): f"look-{number}" for scan in scans},
        case=f"case-{number // 4}",
        lot="L1",
        index=number,
        expires_at=None,
        made=True,
    )


@cache
def custody_goods() -> list[EvidenceItem]:
    """Sixty units of two dealers; one of the readings at the first dealer was missed."""
    first = [evidence_item(n, "plant", "dealer-1", "shop-1a" if n % 2 else "shop-1b") for n in range(30)]
    second = [evidence_item(n, "plant", "dealer-2", "shop-2a") for n in range(30, 60)]
    return [*first, *second, evidence_item(60, "plant", "shop-1a")]


@cache
def learned_supply() -> Supply:
    return learn(PLACES, MARKETS, [item.evidence.marks for item in custody_goods()])


def accused(goods, *numbers):
    return [AccusedItem(goods[n].item_id, 0.95, (f"look-{n}",)) for n in numbers]


def leak_report(suspects, goods, supply):
    """The report on the source of the most codes; None without any."""
    by_id = {item.item_id: item for item in goods}
    return next(iter(leak_reports(suspects, by_id, passed(goods, supply), supply)), None)
