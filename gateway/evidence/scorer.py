"""Scores all items' evidence and names suspicions. The gateway runs this, and so does the evaluation. Pure.

Items are read into aggregates, pools are judged from these, and items are weighed in the context of the pools. The
caller says which items have changed and which pools are due. Assessing every item of a set once, with all pools, gives
the result that any order and pace of arrival end in.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple, TypeVar

from gateway.evidence.accused_devices import AccusedDevices
from gateway.evidence.aggregates import Aggregates
from gateway.evidence.calibration import guilty_shares, recalibrated_alert
from gateway.evidence.clusters import ROLL_LENGTH, dumped, rolls
from gateway.evidence.features import Reading
from gateway.evidence.flood import lifts
from gateway.evidence.model import Model
from gateway.evidence.pools import Pools
from gateway.evidence.price_evidence import ReportEvidence
from gateway.evidence.reader_clocks import fast_receivers
from gateway.evidence.registry import Goods, Network
from gateway.evidence.suspicion import Subject, SuspectedDumping, SuspectedItem, SuspectedRoll, Suspicion
from gateway.evidence.weighing import Weight, weigh

STOLEN_SCORE = 12.0
"""The score of a code that was scanned although its item was never made: no benign cause comes near it."""
MIN_EXPIRED = 5
ALERTS_PER_10K = 1.1
"""How many of 10,000 scanned items exceed the alert threshold on clean goods.

Of genuine items that consumers scanned it is a quarter more, and worlds differ by a factor of two either way: so the
mean over ten worlds stands below 2 also at its upper bound.
"""
MIN_CALIBRATION_ITEMS = 5_000
"""With fewer scanned items, the thresholds that the model was fitted with are better than any that history gives."""


_Found = TypeVar("_Found")

Failed = Callable[[str, Exception], None]
"""Called with the part that raised: what it would have found is missing, everything else is there."""


def reraise(part: str, error: Exception) -> None:
    """Raise the failure instead of going on: for tests and the evaluation."""
    raise RuntimeError(part) from error


class Standards(NamedTuple):
    """What the scores of all an owner's goods say of one: the limits, and how likely an item with a score is guilty."""

    limits: Mapping[str, float]
    shares: Sequence[tuple[float, float]]
    """(score, probability), in order."""

    def share(self, score: float) -> float:
        """The probability of the nearest score that is no greater; 0 below all of them."""
        place = bisect_right(self.shares, (score, inf))
        return self.shares[place - 1][1] if place else 0.0


class EvidenceScorer:
    """``without`` names parts that are left out (ablations): ``handsets``, ``pooling``."""

    def __init__(
        self,
        network: Network,
        goods: Goods,
        model: Model,
        without: frozenset[str] = frozenset(),
        failed: Failed = reraise,
    ) -> None:
        self._failed = failed
        self._goods, self._model, self._pooled = goods, model, "pooling" not in without
        self.aggregates = Aggregates(network, goods, count_handsets="handsets" not in without)
        self.pools = Pools(self.aggregates, model)
        self.devices = AccusedDevices()
        self.weights: dict[int, Weight] = {}
        self._scored: dict[int, list[tuple[int, float]]] = {}
        self._clusters: dict[Subject, Suspicion] = {}
        self._standards: Standards | None = None

    def standards(self) -> Standards:
        """What these goods' scores say, to be applied to others of the same owner."""
        shares = {(self._scored[item][-1][1], share) for item, share in self.shares().items()}
        return Standards(self.recalibrated(), sorted(shares))

    def weigh_among(
        self,
        context: "EvidenceScorer",
        standards: Standards,
        report_evidence: Mapping[int, ReportEvidence],
        items: Iterable[int],
        now: int,
    ) -> None:
        """Read and weigh items in the context that another scorer has adopted; no pool is judged anew."""
        self._standards = standards
        self.aggregates.know(context.aggregates)
        self.pools = context.pools.over(self.aggregates, report_evidence)
        for item in sorted(items):
            self.aggregates.read(item, now)
            self._weigh(item, now)

    def adopt(self, whole: "EvidenceScorer") -> None:
        """Take over the context that another scorer's goods made; of these items nothing is remembered by either."""
        whole.aggregates.handsets.forget_items()
        self.aggregates.know(whole.aggregates)
        self.pools = whole.pools.over(self.aggregates, {})

    def assess(self, touched: Iterable[int], day: int, now: int, *, drift: bool, lanes: bool) -> None:
        """Read and weigh the ``touched`` items, and judge the pools that are due.

        ``day``: the last one, since 1970; ``now`` is the moment in microseconds at which what is found is found.
        """
        changed = set(touched)
        for item in sorted(changed):
            try:
                self.aggregates.read(item, now)
            except Exception as error:  # noqa: BLE001 -- a bug in one item must not lose the others
                self._failed("reading", error)
        if drift:
            self._part("drift", self.pools.drift)
            changed |= self._scored.keys()  # by the owner's rates of now; items of no weight have none then either
        parts: list[tuple[str, Callable[[], set[int]]]] = [
            ("hearsay", self.pools.weigh_reports),
            ("rings", self.pools.judge_rings),
        ]
        if lanes and self._pooled:
            parts += [("lanes", lambda: self.pools.judge_lanes(day, now)), ("homes", self.pools.judge_homes)]
        for name, judge in parts:
            changed |= self._part(name, judge) or set()
        for item in sorted(changed):
            try:
                self._weigh(item, now)
            except Exception as error:  # noqa: BLE001 -- as above
                self._failed("weighing", error)
        self._part("rolls", lambda: self._judge_rolls(now))
        self._part("dumping", lambda: self._judge_dumping(now))
        self._part("transits", lambda: self._judge_transits(now))

    def _part(self, name: str, judge: Callable[[], _Found]) -> _Found | None:
        try:
            return judge()
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed(name, error)
            return None

    def _judge_transits(self, now: int) -> None:
        for site, items in fast_receivers(self.aggregates.transits).items():
            self.devices.arrived_early(site, items, now)

    def suspicions(self) -> list[Suspicion]:
        """All that is suspected, by subject."""
        shares, limits = self.shares(), self.recalibrated()
        lifted = self._lifts(limits)
        items = [
            self._of_item(item, shares[item], {**limits, "alert": limits["alert"] + lifted.get(item, 0.0)})
            for item in sorted(self._scored)
        ]
        lanes, devices = self.pools.suspicions.values(), self.devices.suspicions.values()
        return sorted([*items, *lanes, *devices, *self._clusters.values()], key=lambda found: str(found.subject))

    def shares(self) -> dict[int, float]:
        """By item the probability that it isn't genuine, from how many score like it and how many honest ones would."""
        items = sorted(self._scored)
        scores = [self._scored[item][-1][1] for item in items]
        if self._standards is not None:
            return dict(zip(items, map(self._standards.share, scores), strict=True))
        return dict(zip(items, guilty_shares(scores, len(self.aggregates.readings), self._model.tail), strict=True))

    def reading(self, item: int) -> Reading | None:
        """What was read of an item."""
        return self.aggregates.readings.get(item)

    def recalibrated(self) -> dict[str, float]:
        """The model's thresholds, raised where these goods' own history, unlabelled, would exceed the budget.

        Never lowered: goods that look quieter than the worlds of the fit give nobody a reason to accuse more of them.
        """
        if self._standards is not None:
            return dict(self._standards.limits)
        limits = dict(self._model.thresholds)
        if len(self.aggregates.readings) >= MIN_CALIBRATION_ITEMS:
            flagged = self._flagged()
            own = [weight.score for item, weight in sorted(self.weights.items()) if item not in flagged]
            limits["alert"] = recalibrated_alert(own, limits["alert"], self._model.tail, ALERTS_PER_10K / 1e4)
        return limits

    def _flagged(self) -> set[int]:
        """Items of lanes and clusters that stand out by themselves: they say nothing of what is usual."""
        found = set(self.aggregates.stolen)
        for suspicion in (*self.pools.suspicions.values(), *self._clusters.values()):
            if not isinstance(suspicion.subject, SuspectedRoll):  # its members are indexes, not items
                found.update(suspicion.members)
        return found

    def _lifts(self, limits: Mapping[str, float]) -> dict[int, float]:
        """By alerted item, by how much its limit is lifted because few networks stand behind many such items."""
        alert = limits.get("alert", 99)
        return lifts({item: self.weights[item].voices for item, of in self._scored.items() if of[-1][1] >= alert})

    def _weigh(self, item: int, now: int) -> None:
        reading = self.aggregates.readings.get(item)
        if reading is None:
            return
        weight = weigh(reading, self.pools.model, self.pools.context(item, reading, pooled=self._pooled))
        self.weights[item] = weight
        score = STOLEN_SCORE if item in self.aggregates.stolen else weight.score
        history = self._scored.get(item)
        if history is None:
            if score >= self._model.thresholds.get("kept", 2.0):
                self._scored[item] = [(now, score)]
        elif history[-1][1] != score:
            history.append((now, score))

    def _of_item(self, item: int, share: float, limits: Mapping[str, float]) -> Suspicion:
        history, weight, stolen = self._scored[item], self.weights[item], item in self.aggregates.stolen
        score = history[-1][1]
        level = "alert" if score >= limits.get("alert", 99) else "watch" if score >= limits.get("watch", 99) else "fact"
        if weight.withheld and not stolen:
            level = "fact"
        kind = "stolen" if stolen else str(weight.cause)
        since = next((at for at, value in history if value >= limits.get("alert", 99)), history[0][0])
        probability = 1.0 if stolen else share
        return Suspicion(SuspectedItem(item), kind, level, score, since, (item,), probability, tuple(history))

    def _judge_rolls(self, now: int) -> None:
        """Rolls among codes that were scanned but never made (docs/detection.md#clusters)."""
        for roll in rolls((self._goods.lot(item), self._goods.index(item)) for item in self.aggregates.stolen):
            subject = SuspectedRoll(roll.lot, roll.first // ROLL_LENGTH)
            known = self._clusters.get(subject)
            since, details = (known.detected_at, known.details) if known else (now, {"surfaced": roll.surfaced})
            members = tuple(range(roll.first, roll.last + 1))
            self._clusters[subject] = Suspicion(
                subject, "stolen", "alert", STOLEN_SCORE, since, members, details=details
            )

    def _judge_dumping(self, now: int) -> None:
        """Markets into which expired goods are sold (docs/detection.md#clusters)."""
        if len(self.aggregates.expired) < MIN_EXPIRED:
            return
        scans = self.aggregates.market_scans
        total = max(sum(scans.values()), 1)
        shares = {str(market): number / total for market, number in scans.items()}
        for each in dumped(list(self.aggregates.expired.values()), shares):
            subject = SuspectedDumping(int(each.market))
            known = self._clusters.get(subject)
            since, details = (known.detected_at, known.details) if known else (now, {"units": len(each.items)})
            members = tuple(sorted({*map(int, each.items), *(known.members if known else ())}))
            self._clusters[subject] = Suspicion(subject, "dumping", "alert", 10.0, since, members, details=details)
