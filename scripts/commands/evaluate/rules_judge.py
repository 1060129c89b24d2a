"""The gateway's rules under test: gateway.rules on whole histories in memory, item by item, and on lanes."""

from collections import Counter
from collections.abc import Sequence

from firmware_sim.population.columns import Ints, Table
from firmware_sim.population.network import DEALER
from gateway.evidence.item import DAY_US, Mark, Scan
from gateway.evidence.suspicion import SuspectedItem, SuspectedLane
from gateway.rules import unit_folds
from gateway.rules.fold import FirstScan
from gateway.rules.history import BatchFacts, DealerTerritories, Market, Sighting, Unit, bound_of, in_order
from gateway.rules.judgement import Concerned, begin, proceed
from gateway.rules.territory import Heard, LaneCount, lane_excess
from schemas.code import Proof
from schemas.event import Action, Audience, LocationSource
from schemas.finding import Finding
from schemas.geodesy import Position
from scripts.commands.evaluate.judge_protocol import Alert, Registry
from scripts.commands.evaluate.memory_store import MemoryStore

_SCORES = {"fact": 0.5, "watch": 1.0, "alert": 2.0}
_BY_NETWORK = frozenset({LocationSource.FIXED_IP.value, LocationSource.MOBILE_IP.value})
_OWNER = "maker"


class RulesJudge:
    """A :class:`~scripts.commands.evaluate.judge_protocol.Judge` that re-evaluates an item from its whole history.

    Dealers' territories are registered, as their contracts are: without any, no lane is ever foreign.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry, self._store = registry, MemoryStore(registry.sites)
        lat, lon = registry.sites.markets()
        self._markets = tuple(
            Market(str(number), Position(north, east, 0), registry.sites.registered_km)
            for number, (north, east) in enumerate(zip(lat.tolist(), lon.tolist(), strict=True))
        )
        self._contracts = _contracts(registry, self._markets)
        folds = unit_folds(self._markets)
        self._start, self._folds = begin(folds), folds
        self._alerts: dict[int, Alert] = {}
        self._first: dict[int, FirstScan] = {}
        self._lanes: dict[SuspectedLane, Alert] = {}
        self._broken = 0

    def observe(self, events: Table) -> None:
        """Store the events, and re-evaluate those of their items that a phone has ever scanned."""
        stored = self._store.take(events)
        if not len(stored):
            return
        now = int(stored.ints("received").max())
        for item in sorted({*stored.ints("item").tolist()}):
            if item >= 0 and self._store.has_scans(item):
                self._judge(item, now)
        self._judge_lanes(now)

    def findings(self) -> list[Alert]:
        """The strongest finding of each item, and the lanes that stand out."""
        return [self._alerts[item] for item in sorted(self._alerts)] + list(self._lanes.values())

    def set_aside(self) -> Ints:
        """Arrival numbers of duplicates, replays and unknown readers' events."""
        return self._store.aside()

    def _judge(self, item: int, now: int) -> None:
        sightings = [_handover(number, mark) for number, mark in enumerate(self._store.marks(item))]
        sightings += [_scanned(number, scan) for number, scan in enumerate(self._store.scans(item))]
        unit = self._unit(item)
        _, conclusions = proceed(
            Concerned(self._folds, unit), unit, self._start.states, in_order(sightings), self._failed
        )
        self._first.pop(item, None)
        findings: list[Finding] = []
        for conclusion in conclusions:
            if isinstance(conclusion, FirstScan):
                self._first[item] = conclusion
            else:
                findings.append(conclusion)
        if not findings:
            self._alerts.pop(item, None)
            return
        best = max(findings, key=lambda finding: (_SCORES[finding.level.value], finding.confidence, finding.rule))
        score = _SCORES[best.level.value] + best.confidence
        before = self._alerts.get(item)
        history = before.history if before is not None else ()
        if not history or history[-1][1] != score:
            history = (*history, (now, score))
        since = before.detected_at if before is not None else now
        self._alerts[item] = Alert(
            SuspectedItem(item), best.kind.value, best.level.value, score, since, (item,), best.confidence, history
        )

    def _unit(self, item: int) -> Unit:
        made, expires = int(self._registry.made[item]), int(self._registry.expires[item])
        batch = BatchFacts(
            quantity=1 << 40,
            expires_at=None if expires == Registry.NEVER else expires,
            recalled_at=None,
            revoked=False,
            territory=(),
            dealers=self._contracts,
        )
        return Unit(
            item_id=f"01/{item}",
            owner_org=_OWNER,
            proof=Proof.SEALED,
            index=item,
            batch_number=1,
            batch=batch,
            commissioned_at=None if made == Registry.NEVER else made,
        )

    def _judge_lanes(self, now: int) -> None:
        """All lanes, from the first scans that stand now."""
        scans: dict[str, int] = {}
        foreign: dict[str, dict[str, list[FirstScan]]] = {}
        for scan in self._first.values():
            scans[scan.dealer_id] = scans.get(scan.dealer_id, 0) + 1
            if scan.off_territory:
                foreign.setdefault(scan.dealer_id, {}).setdefault(scan.market_id, []).append(scan)
        found: dict[SuspectedLane, Alert] = {}
        for dealer, markets in sorted(foreign.items()):
            counts = tuple(_counted(market, off) for market, off in sorted(markets.items()))
            number = self._registry.sites.number_of(int(dealer, 16))
            for excess in lane_excess(_OWNER, dealer, scans[dealer], counts):
                subject = SuspectedLane(number, int(str(excess.details["market"])))
                before = self._lanes.get(subject)
                since = before.detected_at if before is not None else now
                level = excess.level.value
                score = _SCORES[level] + excess.confidence
                found[subject] = Alert(subject, excess.kind.value, level, score, since)
        self._lanes = found

    def _failed(self, _: str, __: Exception) -> None:
        self._broken += 1


def _counted(market: str, scans: Sequence[FirstScan]) -> LaneCount:
    """A lane's first scans outside the territory, as the store counts them."""
    heard = Counter((scan.voice, scan.at[1] // DAY_US) for scan in scans)
    return LaneCount(
        market,
        len(scans),
        min(scan.at[1] for scan in scans),
        tuple(Heard(voice, day, number) for (voice, day), number in sorted(heard.items())),
    )


def _contracts(registry: Registry, markets: tuple[Market, ...]) -> DealerTerritories:
    """The markets that each dealer serves, by its site."""
    sites = registry.sites
    served = {
        f"{site:04x}": tuple(markets[market] for market in sites.in_markets.of(sites.number_of(site)))
        for site in sites.of_kind(DEALER).tolist()
    }
    return DealerTerritories(served, "registered")


def _handover(number: int, mark: Mark) -> Sighting:
    return Sighting(
        event_id=f"m{number}",
        occurred_at=mark.at,
        biz_step=mark.step,
        action=Action.OBSERVE,
        disposition=None,
        audience=Audience.EDGE,
        observer=f"site/{mark.site}",
        read_point=mark.site,
        site_kind=mark.kind,
        position=Position(mark.latitude, mark.longitude, 100),
        bound=bound_of(mark.bound_s),
    )


def _scanned(number: int, scan: Scan) -> Sighting:
    return Sighting(
        event_id=f"l{number}",
        occurred_at=scan.at,
        biz_step="inspecting",
        action=Action.OBSERVE,
        disposition=None,
        audience=Audience.CONSUMER,
        observer=f"handset/{scan.handset}",
        read_point=None,
        site_kind=None,
        position=Position(scan.latitude, scan.longitude, scan.radius_km * 1000) if scan.source else None,
        bound=bound_of(scan.bound_s),
        by_network=scan.source in _BY_NETWORK,
        network=scan.network,
    )
