"""Findings from suspicions: subjects, levels, and the numbers that explain them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from gateway.assess.supply import Supply
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.features import Reading
from gateway.evidence.item import SALE, Fix
from gateway.evidence.lanes import MIN_RATIO, MIN_SCANS
from gateway.evidence.scorer import EvidenceScorer
from gateway.evidence.suspicion import (
    SuspectedDumping,
    SuspectedItem,
    SuspectedLane,
    SuspectedReader,
    SuspectedRoll,
    SuspectedSite,
    SuspectedSource,
    Suspicion,
)
from gateway.evidence.weighing import ATTESTED, Cause, Term, Weight
from gateway.rules.crowd import days_apart, networks
from schemas import assessed
from schemas.finding import Finding, Kind, Level
from schemas.subject import DumpingSubject, LaneSubject, RollSubject, SiteSubject, SourceSubject, Subject, parse_subject

MAX_TERMS = 6
MAX_MEMBERS = 50

_RULE_OF_CAUSE = {
    Cause.COPIED: (assessed.COPIED, Kind.COPIED),
    Cause.DIVERTED: (assessed.DIVERTED, Kind.DIVERTED),
    Cause.REFILLED: (assessed.REFILLED, Kind.COPIED),
}
_BENIGN_OF_TERM = {
    "distance": "travel",
    "lane": "travel",
    "dealer": "travel",
    "low_price": "cheap",
    "reported": "mistaken",
}
"""By the strongest term its usual benign cause; chance for any other."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessed owner: its items by number, their supply network, and the scorer that has scored them."""

    owner_org: str
    items: Sequence[EvidenceItem]
    supply: Supply
    scorer: EvidenceScorer

    def findings(self) -> list[Finding]:
        """The findings from all suspicions above the level of a fact, in order."""
        limits = self.scorer.recalibrated()
        found = [finding for suspicion in self.scorer.suspicions() for finding in self._of(suspicion, limits)]
        return sorted(found, key=lambda finding: (finding.subject, finding.rule, finding.finding_id))

    def _of(self, suspicion: Suspicion, limits: Mapping[str, float]) -> Iterator[Finding]:
        match suspicion.subject:
            case SuspectedItem(item):
                if suspicion.kind != "stolen" and suspicion.level != "fact":
                    yield self._of_item(item, suspicion, limits["alert"])
            case SuspectedLane() as lane:
                yield self._of_lane(lane, suspicion)
            case SuspectedRoll() as roll:
                yield self._of_roll(roll, suspicion)
            case SuspectedDumping(number):
                market = self.supply.markets[number].market_id
                subject = DumpingSubject(self.owner_org, market)
                yield self._of_many(assessed.DUMPING, Kind.EXPIRED, subject, suspicion, {"market": market})
            case SuspectedSource(source):
                yield self._of_device(assessed.GUESSING, Kind.FORGED, SourceSubject(source), suspicion)
            case SuspectedReader() as reader:  # named {organisation}/{reader}, as in a finding's subject
                yield self._of_device(assessed.CLOCK, Kind.DEVICE, parse_subject(str(reader)), suspicion)
            case SuspectedSite(site):
                yield self._of_device(assessed.EARLY, Kind.DEVICE, SiteSubject(site), suspicion)

    def _of_item(self, item: int, suspicion: Suspicion, limit: float) -> Finding:
        own, weight = self.items[item], self.scorer.weights[item]
        rule, kind = _RULE_OF_CAUSE[weight.cause]
        terms = weight.terms[weight.cause]
        attested, sales = self._attested(item, terms)
        behind = {handset for term in terms if term.log_odds > 0 for handset in term.handsets}
        scans = [scan for scan in own.evidence.scans if scan.handset in behind] or list(own.evidence.scans)
        share = suspicion.probability or 0.0
        dealer = self.scorer.aggregates.network.dealer_of(self.scorer.aggregates.readings[item])
        return Finding(
            rule=rule,
            kind=kind,
            level=Level(suspicion.level),
            subject=own.item_id,
            occurred_at=max(scan.at for scan in scans),
            confidence=round(share, 4),
            events=tuple(sorted({own.events[scan.at, scan.handset] for scan in scans} | set(sales))),
            details={
                "attested": attested,
                "witnesses": _witnesses(weight),
                "nats": round(weight.score, 3),
                "limit": round(limit, 3),
                "handsets": len({scan.handset for scan in own.evidence.scans if scan.handset}),
                "terms": self._terms(item, terms),
                "silent_without": _silent_without(terms, weight.score, limit),
                "posterior": posterior(weight, share),
                **({"dealer": self.supply.dealers[dealer]} if dealer >= 0 else {}),
            },
        )

    def _attested(self, item: int, terms: Sequence[Term]) -> tuple[list[str], list[str]]:
        """Which of ``terms`` rest on more than strangers' words, and the events of readers among their evidence."""
        attested = sorted({term.name for term in terms if term.name in ATTESTED and term.log_odds > 0})
        own, second_sale = self.items[item], self.scorer.aggregates.readings[item].second_sale
        if second_sale is None or "second_sale" not in attested:
            return attested, []
        sites = {mark.site for mark in second_sale}
        sold = zip(own.evidence.marks, own.stamps, strict=True)
        return attested, [stamp.event_id for mark, stamp in sold if mark.step == SALE and mark.site in sites]

    def _terms(self, item: int, terms: Sequence[Term]) -> list[dict[str, Any]]:
        """The strongest terms, those of one name added up, with how far the phones behind them were away."""
        reading, reports = self.scorer.aggregates.readings[item], self.scorer.pools.report_evidence.get(item)
        more: dict[str, dict[str, float]] = {}
        if reports is not None:
            more = {"reported": {"reporters": reports.reporters}, "low_price": {"share": round(reports.share, 3)}}
        km = _distances(reading, terms)
        log_odds: dict[str, float] = {}
        for term in terms:
            log_odds[term.name] = log_odds.get(term.name, 0.0) + term.log_odds
        ranked = sorted(log_odds.items(), key=lambda term: (-term[1], term[0]))[:MAX_TERMS]
        return [
            {
                "name": name,
                "nats": round(value, 3),
                **({"km": round(km[name], 1)} if name in km else {}),
                **more.get(name, {}),
            }
            for name, value in ranked
            if value > 0
        ]

    def _of_lane(self, lane: SuspectedLane, suspicion: Suspicion) -> Finding:
        dealer_id, market_id = self.supply.dealers[lane.dealer], self.supply.markets[lane.market].market_id
        kind = Kind(suspicion.kind)
        details = {"dealer": dealer_id, "market": market_id, "observed": int(suspicion.details["observed"])}
        details |= {"expected": round(suspicion.details["expected"], 2), "p": float(f"{suspicion.details['p']:.3g}")}
        if "low_prices" in suspicion.details:
            details |= {name: round(suspicion.details[name], 2) for name in ("low_prices", "prices", "price_nats")}
        details["least_observed"] = max(MIN_SCANS, ceil(MIN_RATIO * suspicion.details["expected"]))
        subject = LaneSubject(self.owner_org, dealer_id, market_id)
        found = self._of_many(assessed.LANE, kind, subject, suspicion, details)
        goods = [self.items[item] for item in suspicion.members]
        by_contract = self.supply.may_sell(dealer_id, market_id)
        allowed = sum(market_id in item.territory if item.territory else by_contract for item in goods)
        # Where the goods may be sold there is nothing to accuse the dealer of; copies are another matter.
        silent = suspicion.level == "watch" or (kind is Kind.DIVERTED and 2 * allowed >= len(goods))
        return replace(found, level=Level.WATCH) if silent else found

    def _of_roll(self, roll: SuspectedRoll, suspicion: Suspicion) -> Finding:
        first, last = suspicion.members[0], suspicion.members[-1]
        seen = [n for n in sorted(self.scorer.aggregates.stolen) if self.items[n].lot == roll.lot]
        members = tuple(n for n in seen if first <= self.items[n].index <= last)
        details = {"lot": roll.lot, "first": first, "last": last, "surfaced": len(members)}
        subject = RollSubject(self.owner_org, roll.lot, roll.number)
        return self._many(assessed.ROLL, Kind.EARLY, subject, suspicion, details, members)

    def _of_many(
        self, rule: str, kind: Kind, subject: Subject, suspicion: Suspicion, details: Mapping[str, Any]
    ) -> Finding:
        more = {"units": len(suspicion.members)}
        return self._many(rule, kind, subject, suspicion, {**details, **more}, suspicion.members)

    def _many(
        self,
        rule: str,
        kind: Kind,
        subject: Subject,
        suspicion: Suspicion,
        details: Mapping[str, Any],
        members: Sequence[int],
    ) -> Finding:
        """A finding about many items: the first scan of each is its evidence."""
        goods = [self.items[item] for item in members]
        first = {item.item_id: item.evidence.scans[0] for item in goods}
        events = [item.events[item.evidence.scans[0][:2]] for item in goods]
        return Finding(
            rule=rule,
            kind=kind,
            level=Level.ALERT,
            subject=str(subject),
            occurred_at=max(scan.at for scan in first.values()),
            confidence=round(suspicion.probability if suspicion.probability is not None else 0.95, 4),
            events=tuple(sorted(events)[:MAX_MEMBERS]),
            details={**details, "items": sorted(first)[:MAX_MEMBERS]},
        )

    def _of_device(self, rule: str, kind: Kind, subject: Subject, suspicion: Suspicion) -> Finding:
        details = {name: round(value, 1) for name, value in sorted(suspicion.details.items())}
        return Finding(rule, kind, Level.ALERT, str(subject), suspicion.detected_at, 0.95, (), details)


def _distances(reading: Reading, terms: Sequence[Term]) -> dict[str, float]:
    """By name of a term the greatest distance of the phones behind it in km, where any is known."""
    far: dict[tuple[str, str], float] = {}
    for place in reading.places[:1]:
        if place.fix is not Fix.NONE:
            far["distance", place.scan.handset] = far["before_sale", place.scan.handset] = place.km
    for link in reading.links:
        if link.fix is not Fix.NONE:
            far["another_handset", link.scan.handset] = far["before_sale", link.scan.handset] = link.km
    km: dict[str, float] = {}
    for term in terms:
        own = far.get((term.name, term.handsets[0])) if term.handsets and term.log_odds > 0 else None
        if own is not None:
            km[term.name] = max(km.get(term.name, 0.0), own)
    return km


def _witnesses(weight: Weight) -> dict[str, int]:
    """How many networks, regions and days of strangers' looks stand behind the accusation, its lane's among them."""
    found = weight.witnesses
    return {"networks": networks(found.scans), "regions": found.regions, "days": days_apart(found.scans)}


def _silent_without(terms: Sequence[Term], score: float, limit: float) -> list[str]:
    """The fewest kinds of evidence, the strongest first, without which the score would stay below the limit."""
    log_odds: dict[str, float] = {}
    for term in terms:
        log_odds[term.name] = log_odds.get(term.name, 0.0) + term.log_odds
    gone: list[str] = []
    for name, value in sorted(log_odds.items(), key=lambda term: (-term[1], term[0])):
        if score < limit:
            break
        gone.append(name)
        score -= value
    return gone


def posterior(weight: Weight, share: float) -> dict[str, float]:
    """The probability of each cause: ``share`` is that of anything but benign causes, shared out by the evidence.

    What is benign is a reader's fault by its own evidence, and else the usual benign cause of the strongest term
    (travel behind distance), or chance.
    """
    causes = weight.posterior()
    guilty = {cause: causes.get(cause, 0.0) for cause in _RULE_OF_CAUSE}
    total = sum(guilty.values()) or 1.0
    found = {str(cause): share * value / total for cause, value in guilty.items()}
    terms = max(weight.terms[weight.cause], key=lambda term: (term.log_odds, term.name), default=None)
    usual = _BENIGN_OF_TERM.get(terms.name, "genuine") if terms is not None else "genuine"
    innocent = causes[Cause.GENUINE] + causes[Cause.DEVICE]
    device = causes[Cause.DEVICE] / innocent if innocent > 0 else 0.0
    found |= {usual: (1 - share) * (1 - device), "device": (1 - share) * device}
    return {name: round(value, 5) for name, value in sorted(found.items())}
