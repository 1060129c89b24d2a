"""Weighs an item: its evidence term by term, and a posterior over named causes (docs/detection.md#weighing)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, log

from gateway.evidence.features import Reading, State, Zone
from gateway.evidence.item import Fix, Scan, Suspected
from gateway.evidence.model import Model
from gateway.evidence.price_evidence import CHEAP_COPIED, ReportEvidence
from gateway.evidence.rates import MAX_LLR, MAX_PLACE_LLR
from gateway.evidence.strangers import Witnesses, borne_out, bounded, ceiling, witnesses


class Cause(StrEnum):
    """What may be behind an item's evidence."""

    GENUINE = "genuine"
    COPIED = "copied"
    DIVERTED = "diverted"
    REFILLED = "refilled"
    DEVICE = "device"


PRIOR: Mapping[Cause, float] = {
    Cause.COPIED: 1e-3,
    Cause.DIVERTED: 1e-3,
    Cause.REFILLED: 1e-4,
    Cause.DEVICE: 1e-3,
}
"""Before anything is seen; the rest is genuine. [assumed: of the order of the crimes in docs/detection.md#worlds]"""

_ACCUSING = (Cause.COPIED, Cause.DIVERTED, Cause.REFILLED)

MAX_POOLED_LLR = 6.0
"""A lane raises its members by no more than this."""

MAX_VOICE_LLR = MAX_PLACE_LLR
"""What one network says of an item, in all: no more than the strongest single fact (a first place) may say."""

ATTESTED = frozenset({"second_sale", "inner_code"})
"""Terms that rest on more than strangers' words: a till of an enrolled reader, a code that only the goods have."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the item: how much people travel and share now, its lanes' excess, its readers' faults.

    ``pooled`` is log(observed / expected) of the lane that a scan belongs to, by handset; ``shared`` the same of its
    dealer's home market. ``faulty``: the share of its custody marks that come from readers with an open fault.
    """

    travel: float = 1.0
    sharing: float = 1.0
    pooled: Mapping[str, float] = field(default_factory=dict)
    shared: float = 0.0
    diverting: bool = False
    """The lane's pattern is that of whole cases, not of copies."""
    venue: bool = False
    ring: float = 0.0
    """log(observed / expected) of scans after opening at the item's venue."""
    faulty: float = 0.0
    reports: ReportEvidence | None = None
    """What consumers' reports say of the item."""
    sold_abroad: bool = True
    """Whether the item may have been sold outside its dealer's markets: at home a low price diverts nothing."""
    standing: Mapping[str, float] = field(default_factory=dict)
    """By handset what its evidence is multiplied by, where that isn't 1 (:mod:`gateway.evidence.handsets`)."""
    pool: Witnesses = Witnesses()
    """The looks behind the lane, home market or venue that raises the item."""


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of evidence: its log odds for the cause, the handsets behind it, and whose voice adds it, if one's."""

    name: str
    log_odds: float
    handsets: tuple[str, ...] = ()
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """An item's evidence: log odds of each cause against genuine, with the terms of the strongest one."""

    log_odds: Mapping[Cause, float]
    terms: Mapping[Cause, tuple[Term, ...]]
    voices: frozenset[str] = frozenset()
    """Whose looks accuse the item (:attr:`gateway.evidence.item.Scan.voice`)."""
    witnesses: Witnesses = Witnesses()
    """What stands behind the strongest cause, of this item's looks and of those of the pool that raises it."""

    @property
    def cause(self) -> Cause:
        """The strongest cause that accuses the goods."""
        return max(_ACCUSING, key=lambda cause: (self.log_odds.get(cause, 0.0), cause))

    @property
    def withheld(self) -> bool:
        """Whether a fault of the readers explains the evidence as well as any crime does: goods aren't accused then."""
        return self.log_odds.get(Cause.DEVICE, 0.0) >= max(self.score, 1e-9)

    @property
    def score(self) -> float:
        """The log odds of the strongest cause."""
        return self.log_odds.get(self.cause, 0.0)

    def posterior(self, prior: Mapping[Cause, float] = PRIOR) -> dict[Cause, float]:
        """The probability of each cause (Bayes); they add up to 1."""
        odds = {cause: prior[cause] * exp(min(log_odds, 50.0)) for cause, log_odds in self.log_odds.items()}
        odds[Cause.GENUINE] = 1 - sum(prior.values())
        odds.setdefault(Cause.DEVICE, prior[Cause.DEVICE])
        total = sum(odds.values())
        return {cause: value / total for cause, value in odds.items()}


def weigh(reading: Reading, model: Model, context: Context) -> Weight:
    """The weight of an item. The sum does not depend on the order in which anything arrived."""
    copied = _copied(reading, model, context)
    refilled = _refilled(reading, model, context)
    diverted = _diverted(reading, model, context)
    device = (Term("faulty_reader", log(1 + 50 * context.faulty)),) if context.faulty else ()
    found = {Cause.COPIED: copied, Cause.REFILLED: refilled, Cause.DIVERTED: diverted}
    alert = model.thresholds["alert"]
    terms = {cause: _bounded(each, reading, context, alert) for cause, each in found.items()}
    terms[Cause.DEVICE] = device
    log_odds = {cause: sum(term.log_odds for term in each) for cause, each in terms.items()}
    strongest = max(_ACCUSING, key=lambda cause: (log_odds[cause], cause))
    accusing = (*_accusing(terms[strongest], reading), *reading.mismatches)
    voices = frozenset(scan.voice for scan in accusing)
    behind = witnesses(_accusing(found[strongest], reading)).joined(_pool(found[strongest], context))
    return Weight(log_odds, terms, voices, behind)


def _pool(terms: tuple[Term, ...], context: Context) -> Witnesses:
    """The looks of other items that stand behind ``terms``."""
    pooled = any(term.name in _POOLED and term.log_odds > 0 for term in terms)
    return context.pool if pooled else Witnesses()


def _bounded(terms: tuple[Term, ...], reading: Reading, context: Context, alert: float) -> tuple[Term, ...]:
    """The terms with more, where a network, or strangers alone, would say more than they may (:mod:`.strangers`)."""
    terms = (*terms, *_beyond_a_voice(terms))
    claimed = sum(term.log_odds for term in terms if term.name not in ATTESTED)
    less = bounded(claimed, ceiling(alert)) - claimed if claimed > 0 else 0.0
    if less == 0 or borne_out(_accusing(terms, reading), _pool(terms, context)):
        return terms
    return (*terms, Term("strangers", less))


def _beyond_a_voice(terms: tuple[Term, ...]) -> list[Term]:
    """What each network says beyond :data:`MAX_VOICE_LLR`, taken off: it may state a place, an opening and a code."""
    said: dict[str, float] = {}
    for term in terms:
        if term.voice and term.log_odds > 0:
            said[term.voice] = said.get(term.voice, 0.0) + term.log_odds
    return [
        Term("one_network", MAX_VOICE_LLR - log_odds)
        for _, log_odds in sorted(said.items())
        if log_odds > MAX_VOICE_LLR
    ]


_POOLED = frozenset({"lane", "dealer", "ring"})


def _accusing(terms: tuple[Term, ...], reading: Reading) -> list[Scan]:
    """The looks that bear out an accusation by strangers: all but those where a buyer is looked for."""
    if not any(term.log_odds > 0 and term.handsets and term.name not in ATTESTED for term in terms):
        return []
    scans = [place.scan for place in reading.places if not place.expected]
    if reading.reuse is not None and reading.reuse.scan not in scans:
        scans.append(reading.reuse.scan)
    return scans


def _copied(reading: Reading, model: Model, context: Context) -> tuple[Term, ...]:
    found: list[Term] = []
    if reading.places:
        first = reading.places[0]
        name = "before_sale" if first.state is State.BEFORE else "distance"
        log_odds = _standing(model.place_llr(first, context.travel), first.scan, context)
        found.append(Term(name, log_odds, (first.scan.handset,), first.scan.voice))
    for link in reading.links:
        before = link.zone in (Zone.BEFORE_FAR, Zone.BEFORE_NEAR)
        log_odds = _standing(model.link_llr(link, context.travel, context.sharing), link.scan, context)
        name = "before_sale" if before else "another_handset" if link.fix < Fix.ROUGH else "another_unplaced"
        found.append(Term(name, log_odds, (link.scan.handset, link.other.handset), link.scan.voice))
    if reading.impossible is not None:
        a, b = reading.impossible
        found.append(Term("impossible_travel", 3.0, (a.handset, b.handset), b.voice))
    if reading.second_sale is not None:
        found.append(Term("second_sale", 5.0))
    found += _inner(reading)
    if not context.diverting:
        found += _pooled(reading, context)
    if not reading.burst:  # everybody who saw the photo may report it
        found += _reported(context, Suspected.COUNTERFEIT, CHEAP_COPIED)
    return tuple(found)


def _standing(log_odds: float, scan: Scan, context: Context) -> float:
    """What a phone says, by its standing: one without any accuses less, and acquits as before."""
    return log_odds * context.standing.get(scan.handset, 1.0) if log_odds > 0 else log_odds


def _refilled(reading: Reading, model: Model, context: Context) -> tuple[Term, ...]:
    found: list[Term] = []
    if reading.reuse is not None:
        log_odds = _standing(model.reuse_llr(reading.reuse, venue=context.venue), reading.reuse.scan, context)
        pair = reading.reuse.scan.handset, reading.reuse.opening.handset
        found.append(Term("after_opening", log_odds, pair, reading.reuse.scan.voice))
        if context.ring > 0 and log_odds > 0:
            found.append(Term("ring", min(context.ring, MAX_POOLED_LLR), pair))
    reported_terms = _reported(context, Suspected.TAMPERED)
    return (*found, *_inner(reading), *reported_terms) if found else tuple(reported_terms)


def _diverted(reading: Reading, model: Model, context: Context) -> tuple[Term, ...]:
    """One object in the wrong market: a far first scan counts, further phones elsewhere speak against it."""
    reported_terms = _reported(context, Suspected.DIVERTED, 1.0 if context.sold_abroad else 0.0)
    if not reading.places or not context.diverting:
        return tuple(reported_terms)
    first = reading.places[0]
    log_odds = _standing(model.place_llr(first, context.travel), first.scan, context)
    found = [Term("distance", log_odds, (first.scan.handset,))]
    if reading.links:
        found.append(Term("another_handset", -1.0 * len(reading.links)))
    return (*found, *_pooled(reading, context), *reported_terms)


def _reported(context: Context, suspected: Suspected, of_price: float = 0.0) -> list[Term]:
    """What consumers' reports say: bounded so that it never makes an alert, nor a watch, by itself."""
    reports = context.reports
    if reports is None:
        return []
    both = ("reported", reports.reported.get(suspected, 0.0)), ("low_price", reports.cheap * of_price)
    return [Term(name, log_odds) for name, log_odds in both if log_odds > 0]


def _pooled(reading: Reading, context: Context) -> list[Term]:
    best = max(
        ((context.pooled.get(place.scan.handset, 0.0), place.scan.handset) for place in reading.places), default=(0, "")
    )
    if best[0] > 0:
        return [Term("lane", min(best[0], MAX_POOLED_LLR), (best[1],))]
    unrelated = [link for link in reading.links if link.fix < Fix.ROUGH]
    if context.shared > 0 and unrelated:
        return [Term("dealer", min(context.shared, MAX_POOLED_LLR), (unrelated[0].scan.handset,))]
    return []


def _inner(reading: Reading) -> list[Term]:
    if reading.mismatches:
        # Whoever bought one package can hold its inner code against others': one network's word is a stranger's.
        handsets = tuple(scan.handset for scan in _handsets(reading.mismatches))
        voices = {scan.voice for scan in reading.mismatches}
        if len(voices) > 1:
            return [Term("inner_code", MAX_LLR, handsets)]
        return [Term("inner_code_once", MAX_LLR, handsets, voices.pop())]
    if reading.matches:
        return [Term("inner_code", -2.0)]
    return []


def _handsets(scans: tuple[Scan, ...]) -> list[Scan]:
    return list({scan.handset: scan for scan in scans}.values())
