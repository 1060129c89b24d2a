"""An owner's goods as assessing reads them: dealers in a row, 290 km apart, each with a shop and a market."""

from collections.abc import Iterable, Sequence

from gateway.assess.assessment import Registered, assess
from gateway.assess.conclusions import Assessed
from gateway.evidence.evidence_item import EvidenceItem, MarkSource
from gateway.evidence.item import ItemEvidence, Mark, Scan
from gateway.evidence.model import fitted_model
from gateway.evidence.registry import SupplySite
from gateway.rules.history import Market
from schemas.geodesy import Position

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 20_600 * DAY
OWNER = "maker"
GTIN = "09521234000013"


def place_of(dealer: int) -> tuple[float, float]:
    """Latitude and longitude of a dealer, its shop and its market: 290 km from the next."""
    return 30.0, 80.0 + 3 * dealer


def registered(dealers: int) -> Registered:
    """A plant, the dealers with a shop each, and a market around each."""
    sites = [SupplySite("plant", "plant", 30.0, 78.0)]
    for dealer in range(dealers):
        sites += [SupplySite(f"{kind}{dealer:02}", kind, *place_of(dealer)) for kind in ("dealer", "shop")]
    markets = tuple(Market(f"m{dealer:02}", Position(*place_of(dealer), 0), 60) for dealer in range(dealers))
    return Registered(sorted(sites, key=lambda site: site.site), markets)


def custody(dealer: int, at: int) -> tuple[Mark, ...]:
    """An item's way to the shop of a dealer, where it is at the time ``at``."""
    where = place_of(dealer)
    return (
        Mark(at - 9 * DAY, "plant", "plant", "shipping", 30.0, 78.0),
        Mark(at - 5 * DAY, f"dealer{dealer:02}", "dealer", "receiving", *where),
        Mark(at - 3 * DAY, f"dealer{dealer:02}", "dealer", "shipping", *where),
        Mark(at, f"shop{dealer:02}", "shop", "receiving", *where),
    )


def scan(days: float, handset: str, market: int, km: float = 0.0, **more: object) -> Scan:
    """A scan ``km`` north of a market's centre, by GPS."""
    latitude, longitude = place_of(market)
    return Scan(T0 + int(days * DAY), handset, latitude + km / 111.2, longitude, 0.1, **more)  # type: ignore[arg-type]


def item(number: int, dealer: int, scans: Iterable[Scan], *, known: bool = True, **more: object) -> EvidenceItem:
    """An item of a dealer's that was scanned so, in the shop five days before its first scan."""
    seen = ItemEvidence().seen(scans)
    evidence = seen.seen(marks=custody(dealer, seen.scans[0].at - 5 * DAY) if known else ())
    stamps = tuple(MarkSource(f"o/{mark.site}", mark.at + 60_000_000, f"e{number}") for mark in evidence.marks)
    fields: dict[str, object] = {
        "item_id": f"01/{GTIN}/21/{number:020}",
        "known": known,
        "evidence": evidence,
        "stamps": stamps,
        "events": {(each.at, each.handset): f"s{number}" for each in evidence.scans},
        "case": f"case-{number // 24}",
        "lot": f"L{dealer}",
        "index": number,
        "expires_at": None,
        "made": True,
    }
    return EvidenceItem(**{**fields, **more})  # type: ignore[arg-type]


def assessed(items: Sequence[EvidenceItem], dealers: int) -> Assessed:
    """All of them assessed at once."""
    return assess(OWNER, sorted(items, key=lambda each: each.item_id), registered(dealers), fitted_model())
