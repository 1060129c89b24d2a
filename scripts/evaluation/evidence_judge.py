"""The evidence core under test: gateway.evidence fed from a shelf in memory, a day's arrivals at a time.

Only what a gateway has is used: registered sites and codes, and the events themselves. All conclusions come from
gateway.evidence; this module keeps its inputs, and notes when conclusions changed.
"""

from collections import defaultdict
from collections.abc import Iterable
from math import log
from statistics import median

from firmware_sim.scale.columns import Ints, Step, Table
from firmware_sim.scale.network import DEALER, kilometres
from gateway.evidence.calibration import guilty_shares
from gateway.evidence.clusters import Attempt, ExpiredLook, guessing, ring_excess
from gateway.evidence.devices import ClockFault, Stamp, clock_fault
from gateway.evidence.features import DAY_US, Fix, Reading, fix_of, read
from gateway.evidence.lanes import (
    Lane,
    LaneCounts,
    LaneExcess,
    Members,
    diverting,
    excesses,
    negative_binomial_tail,
)
from gateway.evidence.model import Model
from gateway.evidence.weighing import Context, Weight, weigh
from scripts.evaluation.clusters_found import dumping_alerts, roll_alerts
from scripts.evaluation.fitting import FREQUENT_CODES, LEAST_LOOKS, VENUE_OPENINGS, cell, dealer_of, unrelated
from scripts.evaluation.judge import Alert, Registry
from scripts.evaluation.shelf import Shelf

LANE_DAYS = 120
"""Lanes are judged by the first scans of so many days."""
_WEEK = 7

ABLATIONS = ("devices", "handsets", "pooling", "tills", "radius")
"""Parts that can be left out: the device stage, the counting of handsets' codes, lanes, tills, error radii."""


class EvidenceJudge:
    """See :class:`scripts.evaluation.judge.Judge`. ``without`` names parts that are left out (the ablations)."""

    def __init__(self, registry: Registry, model: Model, without: frozenset[str] = frozenset()) -> None:
        self._registry, self._model, self._without = registry, model, without
        sites = registry.sites
        self._shelf = Shelf(sites)
        self._first_dealer, self._dealers = sites.first_dealer, len(sites.of_kind(DEALER))
        self._parents = sites.parent.tolist()
        lat, lon = sites.markets()
        apart = kilometres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        self._km = apart.tolist()
        self._day = 0
        self._codes: dict[str, set[int]] = defaultdict(set)
        self._frequent: set[str] = set()
        self._readings: dict[int, Reading] = {}
        self._weights: dict[int, Weight] = {}
        self._scored: dict[int, list[tuple[int, float]]] = {}
        self._entered: dict[tuple[int, int], tuple[int, int]] = {}
        self._lanes: dict[Lane, LaneExcess] = {}
        self._diverting: dict[Lane, bool] = {}
        self._shared: dict[int, float] = {}
        self._travel, self._sharing = 1.0, 1.0
        self._dealer_looks: dict[int, dict[int, tuple[bool, bool]]] = defaultdict(dict)
        self._openings: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._reused: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._rings: dict[tuple[int, int], float] = {}
        self._faults: dict[int, list[ClockFault]] = defaultdict(list)
        self._attempts: dict[int, list[Attempt]] = defaultdict(list)
        self._blocked: dict[int, tuple[int, int]] = {}
        self._stolen: dict[int, int] = {}
        self._expired: dict[int, ExpiredLook] = {}
        self._market_looks: dict[int, int] = defaultdict(int)
        self._others: dict[str, Alert] = {}

    def observe(self, events: Table) -> None:
        """Take in a day's arrivals."""
        if not len(events):
            return
        self._day += 1
        now = int(events.ints("received").max())
        kept = self._shelf.take(self._ablated(events))
        touched = self._sources(kept)
        if "devices" not in self._without:
            touched |= self._clocks(kept, now)
        looked = kept.take((kept.ints("step") >= Step.SCAN) & (kept.ints("item") >= 0))
        touched |= self._handsets(looked)
        touched |= {item for item in set(kept.ints("item").tolist()) if self._shelf.has_looks(item)}
        for item in sorted(touched):
            self._read(item, now)
        if self._day % _WEEK == 0:
            self._drift()
        touched |= self._pool(now)
        for item in sorted(touched):
            self._weigh(item, now)
        lots = {item: str(self._registry.lot[item]) for item in self._stolen}
        found = roll_alerts(lots, self._others, now)
        if len(self._expired) >= 5:
            found += dumping_alerts(self._expired, self._market_looks, self._others, now)
        self._others |= {alert.subject: alert for alert in found}

    def findings(self) -> list[Alert]:
        """All findings, by subject."""
        items = sorted(self._scored)
        scores = [self._scored[item][-1][1] for item in items]
        shares = guilty_shares(scores, len(self._readings), self._model.tail)
        found = [self._item_alert(item, share) for item, share in zip(items, shares, strict=True)]
        return sorted([*found, *self._others.values()], key=lambda alert: alert.subject)

    def set_aside(self) -> Ints:
        """Doubles, replays and strangers."""
        return self._shelf.aside()

    def reading(self, item: int) -> Reading | None:
        """What was read of an item."""
        return self._readings.get(item)

    def weight(self, item: int) -> Weight | None:
        """How an item was weighed last."""
        return self._weights.get(item)

    def _ablated(self, events: Table) -> Table:
        if "tills" in self._without:
            events = events.take(events.ints("step") != Step.SELLING)
        if "radius" in self._without:
            events = events.changed(radius_m=events.floats("radius_m") * 0)
        return events

    # -- sources, devices, handsets ------------------------------------------------------------------------------

    def _sources(self, kept: Table) -> set[int]:
        """Scans by their addresses: who guesses is blocked, and what it says is nobody's evidence."""
        scans = kept.take(kept.ints("step") == Step.SCAN)
        for address, at, item in zip(
            scans.ints("address").tolist(), scans.ints("at").tolist(), scans.ints("item").tolist(), strict=True
        ):
            if address < 0 or address in self._blocked:
                continue
            attempts = self._attempts[address]
            attempts.append(Attempt(at, item >= 0))
            if item < 0 and sum(not attempt.known for attempt in attempts[-60:]) >= 10:
                caught = guessing(attempts[-200:])
                if caught is not None:
                    self._blocked[address] = (at, len(attempts))
                    self._others[f"source/{address}"] = Alert(
                        f"source/{address}", "guessing", "alert", 10.0, at, details={"probes": len(attempts)}
                    )
        return set()

    def _clocks(self, kept: Table, now: int) -> set[int]:
        """A day's stamps of every reader; items whose history a wrong clock has touched are to be read again."""
        rows = kept.take((kept.ints("device") >= 0) & (kept.ints("step") < Step.SCAN))
        stamps: dict[int, set[Stamp]] = defaultdict(set)
        bounds: dict[int, int] = {}
        columns = [rows.ints(name).tolist() for name in ("device", "at", "received", "clock_bound_s", "item")]
        items: dict[int, set[int]] = defaultdict(set)
        for device, at, received, bound, item in zip(*columns, strict=True):
            stamps[device].add(Stamp(at, received))
            items[device].add(item)
            bounds[device] = bound
        touched: set[int] = set()
        for device, own in sorted(stamps.items()):
            fault = clock_fault(str(device), sorted(own), bounds[device])
            if fault is None:
                continue
            self._faults[device].append(fault)
            self._shelf.fault(device, fault)
            touched.update(item for item in items[device] if self._shelf.has_looks(item))
            subject = f"reader/{device}"
            known = self._others.get(subject)
            details = {"offset_s": fault.offset_s, "faults": len(self._faults[device])}
            since = known.detected_at if known is not None else now
            self._others[subject] = Alert(subject, "device", "alert", 8.0, since, details=details)
        return touched

    def _handsets(self, looked: Table) -> set[int]:
        """Count each handset's codes; those with many say nothing of goods from then on (R38)."""
        touched: set[int] = set()
        for item, handset in zip(looked.ints("item").tolist(), looked.ints("handset").tolist(), strict=True):
            name = f"{handset:x}"
            codes = self._codes[name]
            codes.add(item)
            if len(codes) >= FREQUENT_CODES and name not in self._frequent and "handsets" not in self._without:
                self._frequent.add(name)
                touched |= codes
        return touched

    # -- items ---------------------------------------------------------------------------------------------------

    def _read(self, item: int, now: int) -> None:
        evidence = self._shelf.evidence(item)
        reading = read(evidence, frozenset(look.handset for look in evidence.looks if look.handset in self._frequent))
        self._readings[item] = reading
        made = self._registry.made[item]
        if made == Registry.NEVER and evidence.looks:
            self._stolen.setdefault(item, now)
        self._enter(item, reading)
        for look in evidence.looks:
            if look.opened and fix_of(look) is Fix.FINE:
                self._openings[cell(look)].add(item)
        reuse = reading.reuse
        if reuse is not None and reuse.km_bin >= 1 and reuse.gap_bin >= 1:
            self._reused[cell(reuse.opening)].add(item)
        expires = int(self._registry.expires[item])
        if expires != Registry.NEVER and evidence.looks and evidence.looks[0].at > expires + DAY_US:
            first = evidence.looks[0]
            market = self._shelf.market(item, first)
            if market >= 0:
                lot = str(self._registry.lot[item])
                self._expired[item] = ExpiredLook(first.at // DAY_US, str(market), lot, str(item))

    def _enter(self, item: int, reading: Reading) -> None:
        """Enter the item's looks into the books of its dealer: by market, and whether others' phones saw it too."""
        dealer = self._dealer(reading)
        if dealer < 0:
            return
        far = False
        for place in reading.places:
            market = self._shelf.market(item, place.look)
            if market >= 0:
                if (item, market) not in self._entered:
                    self._market_looks[market] += 1
                self._entered.setdefault((item, market), (self._day, dealer))
                far = far or market != dealer
        usable = any(place.fix <= Fix.MIDDLE for place in reading.places)
        if usable:
            self._dealer_looks[dealer][item] = (far, any(unrelated(link) for link in reading.links))

    def _dealer(self, reading: Reading) -> int:
        return dealer_of(reading, self._parents, self._first_dealer)

    def _context(self, item: int, reading: Reading) -> Context:
        if "pooling" in self._without:
            return Context(self._travel, self._sharing)
        dealer = self._dealer(reading)
        pooled, divert = {}, False
        for place in reading.places:
            lane = Lane(dealer, self._shelf.market(item, place.look))
            found = self._lanes.get(lane)
            if found is not None:
                pooled[place.look.handset] = found.pooled
                divert = divert or self._diverting.get(lane, False)
        opening = reading.reuse.opening if reading.reuse is not None else None
        place_of = cell(opening) if opening is not None else (0, 0)
        return Context(
            travel=self._travel,
            sharing=self._sharing,
            pooled=pooled,
            shared=self._shared.get(dealer, 0.0),
            diverting=divert,
            venue=len(self._openings.get(place_of, ())) >= VENUE_OPENINGS,
            ring=self._rings.get(place_of, 0.0),
        )

    def _weigh(self, item: int, now: int) -> None:
        reading = self._readings.get(item)
        if reading is None:
            return
        weight = weigh(reading, self._model, self._context(item, reading))
        self._weights[item] = weight
        score = weight.score
        if item in self._stolen:
            score = 12.0
        history = self._scored.get(item)
        if history is None:
            if score >= self._model.thresholds.get("kept", 2.0):
                self._scored[item] = [(now, score)]
        elif history[-1][1] != score:
            history.append((now, score))

    def _item_alert(self, item: int, share: float) -> Alert:
        history, weight = self._scored[item], self._weights[item]
        score = history[-1][1]
        limits = self._model.thresholds
        level = "alert" if score >= limits.get("alert", 99) else "watch" if score >= limits.get("watch", 99) else "fact"
        kind = "stolen" if item in self._stolen else str(weight.cause)
        since = next((at for at, value in history if value >= limits.get("alert", 99)), history[0][0])
        probability = 1.0 if item in self._stolen else share
        return Alert(f"item/{item}", kind, level, score, since, (item,), probability, tuple(history))

    # -- pools ---------------------------------------------------------------------------------------------------

    def _drift(self) -> None:
        """How much more people travel and share now than usual: the median dealer's rate, which no crook can move."""
        far, shared = [], []
        for looks in self._dealer_looks.values():
            if len(looks) >= LEAST_LOOKS:
                far.append(sum(away for away, _ in looks.values()) / len(looks))
                shared.append(sum(other for _, other in looks.values()) / len(looks))
        if len(far) >= 5:
            usual = max(self._model.far_share, 1e-4)
            self._travel = min(max(median(far) / usual, 0.5), 8.0)
            often = max(self._model.second_share, 1e-4)
            self._sharing = min(max(median(shared) / often, 0.5), 8.0)

    def _pool(self, now: int) -> set[int]:
        """Judge lanes, home markets and venues; gives the items whose context has changed."""
        touched = self._rings_changed()
        if self._day % 3 == 0 and "pooling" not in self._without:
            touched |= self._lanes_changed(now) | self._homes_changed()
        return touched

    def _lanes_changed(self, now: int) -> set[int]:
        scans, observed = [0] * self._dealers, defaultdict[Lane, int](int)
        members: dict[Lane, list[int]] = defaultdict(list)
        for (item, market), (day, dealer) in self._entered.items():
            if day > self._day - LANE_DAYS:
                scans[dealer] += 1
                if market != dealer:
                    observed[Lane(dealer, market)] += 1
                    members[Lane(dealer, market)].append(item)
        usual = sum(observed.values()) / max(sum(scans), 1)
        if not any(number >= 6 and number > 2 * usual / 10 * scans[lane.dealer] for lane, number in observed.items()):
            found: dict[Lane, LaneExcess] = {}
        else:
            counts = LaneCounts(scans, observed, self._km)
            found = {each.lane: each for each in excesses(counts, self._model.lane_dispersion)}
        changed: set[int] = set()
        for lane in sorted(self._lanes.keys() | found.keys()):
            if lane not in found:
                # What stood out for a while has aged out of the window: it stays on record.
                continue
            self._lanes[lane] = found[lane]
            self._diverting[lane] = diverting(self._members(lane, members[lane]))
            changed.update(members[lane])
            self._note_lane(lane, now, members[lane])
        return changed

    def _members(self, lane: Lane, items: Iterable[int]) -> Members:
        codes = sorted(set(items))
        handsets = home = 0
        for item in codes:
            reading = self._readings[item]
            markets = [self._shelf.market(item, place.look) for place in reading.places]
            handsets += sum(market == lane.market for market in markets)
            at_home = any(market == lane.dealer for market in markets)
            home += at_home or any(mark.step == "retail_selling" for mark in self._shelf.marks(item))
        cases = {int(self._registry.case[item]) for item in codes}
        return Members(len(codes), handsets, home, len(cases))

    def _note_lane(self, lane: Lane, now: int, members: Iterable[int]) -> None:
        subject = f"lane/{lane.dealer}/{lane.market}"
        known = self._others.get(subject)
        excess = self._lanes[lane]
        self._others[subject] = Alert(
            subject,
            "diverted" if self._diverting[lane] else "copied",
            "alert",
            excess.pooled,
            known.detected_at if known is not None else now,
            tuple(sorted(set(members) | set(known.members if known is not None else ()))),
            1 - min(1.0, excess.p * 1e3),
            details={"observed": excess.observed, "expected": excess.expected, "p": excess.p},
        )

    def _homes_changed(self) -> set[int]:
        """Dealers whose goods are seen by strangers' phones more often than the others' goods (copies at home)."""
        rates = {
            dealer: (len(looks), sum(other for _, other in looks.values()))
            for dealer, looks in self._dealer_looks.items()
            if len(looks) >= LEAST_LOOKS
        }
        if len(rates) < 5:
            return set()
        usual = median((seen + 0.5) / scans for scans, seen in rates.values())
        changed: set[int] = set()
        for dealer, (scans, seen) in sorted(rates.items()):
            expected = scans * usual
            excess = 0.0
            if seen >= 8 and seen >= 1.8 * expected:
                p = negative_binomial_tail(seen, expected, 20.0)
                excess = max(0.0, log(seen / expected)) if p < 1e-4 else 0.0
            if abs(excess - self._shared.get(dealer, 0.0)) > 0.05:
                self._shared[dealer] = excess
                changed.update(item for item, (_, other) in self._dealer_looks[dealer].items() if other)
        return changed

    def _rings_changed(self) -> set[int]:
        changed: set[int] = set()
        reused = sum(len(items) for items in self._reused.values())
        usual = max(reused / max(sum(len(items) for items in self._openings.values()), 1), 1e-4)
        for place, items in self._reused.items():
            if len(self._openings[place]) < VENUE_OPENINGS:
                continue
            excess = ring_excess(len(items), len(self._openings[place]), min(usual, 0.002))
            if abs(excess - self._rings.get(place, 0.0)) > 0.05:
                self._rings[place] = excess
                changed.update(items)
        return changed
