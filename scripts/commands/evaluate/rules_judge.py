"""The gateway's rules under test: gateway.rules on whole histories in memory, item by item."""

from firmware_sim.population.columns import Ints, Table
from gateway.evidence.suspicion import SuspectedItem
from gateway.rules import unit_folds
from gateway.rules.fold import FirstScan
from gateway.rules.history import BatchFacts, Market, Sighting, Unit, bound_of, in_order
from gateway.rules.judgement import begin, concerned, proceed
from schemas.code import Proof
from schemas.event import Action, Audience
from schemas.geodesy import Position
from scripts.commands.evaluate.judge_protocol import Alert, Registry
from scripts.commands.evaluate.memory_store import MemoryStore

_SCORES = {"fact": 0.5, "watch": 1.0, "alert": 2.0}


class RulesJudge:
    """A :class:`~scripts.commands.evaluate.judge_protocol.Judge` that re-evaluates an item from its whole history."""

    def __init__(self, registry: Registry) -> None:
        self._registry, self._store = registry, MemoryStore(registry.sites)
        lat, lon = registry.sites.markets()
        radius = registry.sites.registered_km
        self._markets = tuple(
            Market(str(number), Position(north, east, 0), radius)
            for number, (north, east) in enumerate(zip(lat.tolist(), lon.tolist(), strict=True))
        )
        folds = unit_folds(self._markets)
        self._start, self._folds = begin(folds), folds
        self._alerts: dict[int, Alert] = {}
        self._broken = 0

    def observe(self, events: Table) -> None:
        """Store the events, and re-evaluate those of their items that a phone has ever scanned."""
        stored = self._store.take(events)
        if not len(stored):
            return
        now = int(stored.ints("received")[-1])
        for item in sorted({*stored.ints("item").tolist()}):
            if item >= 0 and self._store.has_scans(item):
                self._judge(item, now)

    def findings(self) -> list[Alert]:
        """The strongest finding of each item."""
        return [self._alerts[item] for item in sorted(self._alerts)]

    def set_aside(self) -> Ints:
        """Arrival numbers of duplicates, replays and unknown readers' events."""
        return self._store.aside()

    def _judge(self, item: int, now: int) -> None:
        registry, sightings = self._registry, []
        for number, mark in enumerate(self._store.marks(item)):
            sightings.append(
                Sighting(
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
            )
        for number, scan in enumerate(self._store.scans(item)):
            sightings.append(
                Sighting(
                    event_id=f"l{number}",
                    occurred_at=scan.at,
                    biz_step="inspecting",
                    action=Action.OBSERVE,
                    disposition=None,
                    audience=Audience.CONSUMER,
                    observer=f"handset/{scan.handset}",
                    read_point=None,
                    site_kind=None,
                    position=Position(scan.latitude, scan.longitude, scan.radius_km * 1000),
                    bound=bound_of(scan.bound_s),
                )
            )
        made, expires = int(registry.made[item]), int(registry.expires[item])
        batch = BatchFacts(
            quantity=1 << 40,
            expires_at=None if expires == Registry.NEVER else expires,
            recalled_at=None,
            revoked=False,
            territory=(),
        )
        unit = Unit(
            item_id=f"01/{item}",
            owner_org="maker",
            proof=Proof.SEALED,
            index=item,
            batch_number=1,
            batch=batch,
            commissioned_at=None if made == Registry.NEVER else made,
        )
        _, conclusions = proceed(concerned(self._folds, unit), unit, self._start, in_order(sightings), self._failed)
        findings = [conclusion for conclusion in conclusions if not isinstance(conclusion, FirstScan)]
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

    def _failed(self, _: str, __: Exception) -> None:
        self._broken += 1
