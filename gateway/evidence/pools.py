"""What many items say together: lanes, home markets, venues, and how much people travel now (docs/detection.md#lanes).

Pools are judged from the aggregates; their results are the context in which each item is weighed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from math import log
from statistics import median

from gateway.evidence.aggregates import MIN_SCANS_OF_DEALER, VENUE_OPENINGS, Aggregates, Cell, cell
from gateway.evidence.clusters import ring_excess
from gateway.evidence.consumer_reports import weigh_reports
from gateway.evidence.features import Reading
from gateway.evidence.item import DAY_US, MAX_OF_NETWORK, SALE, Scan
from gateway.evidence.lanes import (
    Lane,
    LaneCounts,
    LaneExcess,
    Members,
    PageHinkley,
    diverting,
    excesses,
    negative_binomial_tail,
)
from gateway.evidence.model import Model
from gateway.evidence.price_evidence import LanePrices, PriceEvidence, ReportEvidence, lane_prices, price_evidence
from gateway.evidence.rates import PRIOR_WEIGHT
from gateway.evidence.registry import NOBODY
from gateway.evidence.strangers import Witnesses, witnesses
from gateway.evidence.suspicion import SuspectedLane, Suspicion
from gateway.evidence.weighing import Context
from gateway.rules.crowd import many

LANE_DAYS = 120
"""Lanes are judged by the first scans of so many days."""
MIN_DEALERS = 5
"""With fewer dealers that have a rate, nobody can say what is usual."""
_MIN_SCANS_A_DAY = 100
"""With fewer first scans a day's share is noise."""
_MAX_WIDENED = 3.0
_STEP = 0.05
"""A context that has changed by less (log odds) isn't worth weighing items again."""


class Pools:
    """The state of all pools over ``aggregates``."""

    def __init__(self, aggregates: Aggregates, model: Model) -> None:
        self._aggregates, self.prior, self._network = aggregates, model, aggregates.network
        self.model = model
        """The model with the owner's own rates."""
        self.travel, self.sharing, self.widened = 1.0, 1.0, 1.0
        self.lanes: dict[Lane, LaneExcess] = {}
        self.suspicions: dict[Lane, Suspicion] = {}
        self._diverting: dict[Lane, bool] = {}
        self._lane_witnesses: dict[Lane, Witnesses] = {}
        self._home_witnesses: dict[int, Witnesses] = {}
        self._ring_witnesses: dict[Cell, Witnesses] = {}
        self._shared: dict[int, float] = {}
        self._rings: dict[Cell, float] = {}
        self._prices: dict[Lane, LanePrices] = {}
        self.report_evidence: dict[int, ReportEvidence] = {}

    def over(self, aggregates: Aggregates, report_evidence: Mapping[int, ReportEvidence]) -> "Pools":
        """What these pools say, as the context of other items. ``report_evidence``: by those items' numbers."""
        pools = copy(self)
        vars(pools).update(_aggregates=aggregates, report_evidence=dict(report_evidence), suspicions={})
        return pools

    def drift(self) -> None:
        """How much more people travel and share now than usual: the median dealer's rate, which no crook can move.

        What is usual is the model's rate and, the more goods it has, the owner's own.
        """
        self.model = self.prior.owned(self._aggregates.facts)
        far, shared = [], []
        for scans in self._aggregates.dealer_scans.values():
            if len(scans) >= MIN_SCANS_OF_DEALER:
                far.append(sum(away for away, _ in scans.values()) / len(scans))
                shared.append(sum(other for _, other in scans.values()) / len(scans))
        if len(far) >= MIN_DEALERS:
            items = sum(len(scans) for scans in self._aggregates.dealer_scans.values())
            self.travel = _relative(median(far), self.prior.far_share, items)
            self.sharing = _relative(median(shared), self.prior.second_share, items)

    def context(self, item: int, reading: Reading, *, pooled: bool) -> Context:
        """What is known beside the item; ``pooled`` False leaves out what others' items say."""
        faulty = self._aggregates.goods.faulty(item)
        report_evidence = self.report_evidence.get(item)
        abroad = report_evidence is None or self._sold_abroad(item)
        standing = self._standing(reading)
        if not pooled:
            return Context(
                self.travel,
                self.sharing,
                faulty=faulty,
                reports=report_evidence,
                sold_abroad=abroad,
                standing=standing,
            )
        dealer = self._network.dealer_of(reading)
        excess, divert, behind = {}, False, Witnesses()
        for place in reading.places:
            lane = Lane(dealer, self._aggregates.goods.market(item, place.scan))
            found = self.lanes.get(lane)
            if found is not None:
                excess[place.scan.handset] = found.pooled
                behind = behind.joined(self._lane_witnesses.get(lane, Witnesses()))
                divert = divert or self._diverting.get(lane, False)
        opening = reading.reuse.opening if reading.reuse is not None else None
        where = cell(opening) if opening is not None else (0, 0)
        if not excess:
            home, ring = self._home_witnesses.get(dealer, behind), self._ring_witnesses.get(where, behind)
            behind = home.joined(ring)
        return Context(
            travel=self.travel,
            sharing=self.sharing,
            pooled=excess,
            shared=self._shared.get(dealer, 0.0),
            diverting=divert,
            venue=len(self._aggregates.openings.get(where, ())) >= VENUE_OPENINGS,
            ring=self._rings.get(where, 0.0),
            faulty=faulty,
            reports=report_evidence,
            sold_abroad=abroad,
            standing=standing,
            pool=behind,
        )

    def _standing(self, reading: Reading) -> dict[str, float]:
        """By handset what its evidence is multiplied by, where that isn't 1."""
        scans = [place.scan for place in reading.places]
        if reading.reuse is not None:
            scans.append(reading.reuse.scan)
        weights = {scan.handset: self._aggregates.handsets.weight(scan) for scan in scans}
        return {handset: weight for handset, weight in weights.items() if weight != 1.0}

    def weigh_reports(self) -> set[int]:
        """Weigh consumers' reports of each item; returns the items whose reports weigh differently now."""
        before = self.report_evidence
        self.report_evidence = weigh_reports(
            self._aggregates.reports, self._aggregates.goods.product, self._aggregates.readings
        )
        return {item for item in {*before, *self.report_evidence} if before.get(item) != self.report_evidence.get(item)}

    def _price_market(self, item: int) -> int:
        """The market in which an item was reported: where its reporter scanned it, else where all its phones were."""
        reporters = {report.reporter for report in self._aggregates.reports.get(item, ())}
        scans = [place.scan for place in self._aggregates.readings[item].places]
        own = [scan for scan in scans if scan.handset in reporters] or scans
        markets = {self._aggregates.goods.market(item, scan) for scan in own}
        return markets.pop() if len(markets) == 1 else NOBODY

    def _sold_abroad(self, item: int) -> bool:
        dealer, market = self._network.dealer_of(self._aggregates.readings[item]), self._price_market(item)
        return NOBODY in (dealer, market) or market not in self._network.homes[dealer]

    def _lane_prices(self) -> dict[Lane, LanePrices]:
        """What prices say of each foreign lane that any were reported in."""
        by_lane: dict[Lane, list[ReportEvidence]] = defaultdict(list)
        for item, report_evidence in sorted(self.report_evidence.items()):
            if report_evidence.weight > 0:
                dealer = self._network.dealer_of(self._aggregates.readings[item])
                by_lane[Lane(dealer, self._price_market(item))].append(report_evidence)
        by_weight = {lane: price_evidence(report_evidence) for lane, report_evidence in sorted(by_lane.items())}
        every, markets = PriceEvidence(), defaultdict[int, PriceEvidence](PriceEvidence)
        for lane, prices in by_weight.items():
            every = every.plus(prices)
            markets[lane.market] = markets[lane.market].plus(prices)
        return {
            lane: lane_prices(own, every.minus(own), markets[lane.market].minus(own))
            for lane, own in by_weight.items()
            if NOBODY not in lane and lane.market not in self._network.homes[lane.dealer]
        }

    def judge_lanes(self, day: int, now: int) -> set[int]:
        """Judge the market lanes of the last days up to ``day``; gives the items whose context may have changed."""
        scans, heard, members = self._lane_scans(day)
        observed = {lane: len(counted) for lane, counted in heard.items()}
        usual = sum(observed.values()) / max(sum(scans), 1)
        if not any(number >= 6 and number > 2 * usual / 10 * scans[lane.dealer] for lane, number in observed.items()):
            return set()
        counts = LaneCounts(scans, observed, self._network.km)
        self.widened = self._guard(day)
        self._prices = self._lane_prices()
        priced = {lane: prices.log_odds for lane, prices in self._prices.items() if prices.log_odds > 0}
        changed: set[int] = set()
        # What stood out for a while and has aged out of the window stays on record.
        for each in excesses(counts, self.model.lane_dispersion, self.widened, priced):
            lane = each.lane
            self.lanes[lane] = each
            known = self.suspicions.get(lane)
            # By all that it ever had: a few of the last days' items would change its kind.
            everything = {*members[lane], *(known.members if known is not None else ())}
            self._diverting[lane] = diverting(self._members(lane, everything))
            self._lane_witnesses[lane] = witnesses(heard[lane])._replace(explained=round(each.expected))
            changed.update(members[lane])
            self._note(lane, now, members[lane])
        return changed

    def _lane_scans(self, day: int) -> tuple[list[int], dict[Lane, list[Scan]], dict[Lane, list[int]]]:
        """Of the last days: first scans by dealer, and by foreign lane the scans that count and the items.

        Abroad handsets are counted, not items, for one who collects a dealer's goods, or bought a case of them, is no
        lane; and of a network a few at most, for handsets cost nothing.
        """
        scans, first = [0] * len(self._network.homes), defaultdict[Lane, dict[str, Scan]](dict)
        members: dict[Lane, list[int]] = defaultdict(list)
        since, until = (day - LANE_DAYS + 1) * DAY_US, (day + 1) * DAY_US
        for (item, market), (dealer, scan) in self._aggregates.entered.items():
            if since <= scan.at < until:
                scans[dealer] += 1
                if market not in self._network.homes[dealer]:
                    lane = Lane(dealer, market)
                    first[lane][scan.handset] = min(scan, first[lane].get(scan.handset, scan))
                    members[lane].append(item)
        heard: dict[Lane, list[Scan]] = {}
        for lane, of_handset in first.items():
            of_network: dict[str, list[Scan]] = defaultdict(list)
            for scan in sorted(of_handset.values()):
                of_network[scan.voice].append(scan)
            heard[lane] = [scan for own in of_network.values() for scan in own[:MAX_OF_NETWORK]]
        return scans, heard, members

    def _guard(self, day: int) -> float:
        """By how much the lanes' limits are widened: when the share that is seen far from home has drifted up.

        Of all dealers together, so that no single one widens the limits for itself.
        """
        far, seen = defaultdict[int, int](int), defaultdict[int, int](int)
        for (_, market), entered in self._aggregates.entered.items():
            if day - LANE_DAYS < entered.day <= day:
                seen[entered.day] += 1
                far[entered.day] += market not in self._network.homes[entered.dealer]
        alarm, share = PageHinkley(), 0.0
        for each in sorted(seen):
            if seen[each] >= _MIN_SCANS_A_DAY:
                share = far[each] / seen[each]
                alarm = alarm.seen(share)
        return min(max(share / alarm.mean, 1.0), _MAX_WIDENED) if alarm.drifting and alarm.mean else 1.0

    def _members(self, lane: Lane, items: Iterable[int]) -> Members:
        goods, homes = self._aggregates.goods, self._network.homes[lane.dealer]
        codes = sorted(set(items))
        handsets = at_home = 0
        for item in codes:
            markets = [goods.market(item, place.scan) for place in self._aggregates.readings[item].places]
            handsets += sum(market == lane.market for market in markets)
            seen = any(market in homes for market in markets)
            at_home += seen or any(mark.step == SALE for mark in goods.marks(item))
        prices = self._prices.get(lane)
        cases = len({goods.case(item) for item in codes})
        return Members(len(codes), handsets, at_home, cases, prices.log_odds if prices is not None else 0.0)

    def _note(self, lane: Lane, now: int, members: Iterable[int]) -> None:
        known, excess, prices = self.suspicions.get(lane), self.lanes[lane], self._prices.get(lane)
        details = {"observed": excess.observed, "expected": excess.expected, "p": excess.p}
        if prices is not None and prices.log_odds > 0:
            details |= {
                "low_prices": prices.evidence.low,
                "prices": prices.evidence.total,
                "price_nats": prices.log_odds,
            }
        self.suspicions[lane] = Suspicion(
            SuspectedLane(lane.dealer, lane.market),
            "diverted" if self._diverting[lane] else "copied",
            "alert" if many(self._lane_witnesses[lane].scans) else "watch",
            excess.pooled,
            known.detected_at if known is not None else now,
            tuple(sorted(set(members) | set(known.members if known is not None else ()))),
            1 - min(1.0, excess.p * 1e3),
            details=details,
        )

    def _of_items(self, items: Iterable[int], expected: float) -> Witnesses:
        """The witnesses of items that several phones scanned: the phones after the first; ``expected``: honest ones."""
        readings = (self._aggregates.readings[item] for item in items)
        found = witnesses(place.scan for reading in readings for place in reading.places[1:])
        return found._replace(explained=round(expected))

    def judge_homes(self) -> set[int]:
        """Dealers whose goods are seen by strangers' phones more often than the others' goods (copies at home)."""
        rates = {
            dealer: (len(scans), sum(other for _, other in scans.values()))
            for dealer, scans in self._aggregates.dealer_scans.items()
            if len(scans) >= MIN_SCANS_OF_DEALER
        }
        if len(rates) < MIN_DEALERS:
            return set()
        usual = median((seen + 0.5) / scans for scans, seen in rates.values())
        changed: set[int] = set()
        for dealer, (scans, seen) in sorted(rates.items()):
            expected = scans * usual
            excess = 0.0
            if seen >= 8 and seen >= 1.8 * expected:
                p = negative_binomial_tail(seen, expected, 20.0)
                excess = max(0.0, log(seen / expected)) if p < 1e-4 else 0.0
            if abs(excess - self._shared.get(dealer, 0.0)) > _STEP:
                self._shared[dealer] = excess
                self._home_witnesses[dealer] = self._of_items(
                    (item for item, (_, other) in self._aggregates.dealer_scans[dealer].items() if other), expected
                )
                changed.update(item for item, (_, other) in self._aggregates.dealer_scans[dealer].items() if other)
        return changed

    def judge_rings(self) -> set[int]:
        """Venues whose openings are followed by scans elsewhere more often than usual."""
        changed: set[int] = set()
        openings, reused = self._aggregates.openings, self._aggregates.reused
        total = sum(len(items) for items in reused.values())
        usual = max(total / max(sum(len(items) for items in openings.values()), 1), 1e-4)
        rare = min(usual, 0.002)  # a ring must not make itself usual
        for place, items in reused.items():
            if len(openings[place]) < VENUE_OPENINGS:
                continue
            excess = ring_excess(len(items), len(openings[place]), rare)
            if abs(excess - self._rings.get(place, 0.0)) > _STEP:
                self._rings[place] = excess
                self._ring_witnesses[place] = self._of_items(items, rare * len(openings[place]))
                changed.update(items)
        return changed


def _relative(own: float, prior: float, items: int) -> float:
    """An own share as a multiple of what is usual: of the prior and, with more items, of itself; 0.5 to 8."""
    usual = (own * items + prior * PRIOR_WEIGHT) / (items + PRIOR_WEIGHT)
    return min(max(own / max(usual, 1e-4), 0.5), 8.0)
