"""The verdict: one word, why, from which events, how surely, and what the person who holds the item should do. Pure.

Proofs come before history and facts before suspicion. Only a failed proof says that the maker did not make a code;
what statistics suggest is told as what was seen. A watch is silent: it never reaches this page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from resolver.text import formats
from resolver.text.formats import Language, Name, Value
from resolver.text.places import rough_place
from resolver.text.reasons import say
from resolver.verdict.chain import ProvenanceChain, build_chain
from resolver.verdict.facts import Batch, FindingRow, HistoryRow, UnitFacts
from schemas.assessed import ASSESSED
from schemas.code import Checked, Proof
from schemas.geodesy import Position, certain_distance_km, distance_km, least_travel_hours
from schemas.subject import LaneSubject, parse_subject

CERTAIN = 1.0
UNSEEN_COPY = 0.05
"""What "genuine" always leaves open: a copy that nobody has scanned elsewhere leaves no trace. A judgement."""
GAPS = 0.05
"""What missing steps leave open besides. A judgement too."""
LANE_SHARE = 2 / 3
"""A lane is in alert from three times what travel explains: at least two of three items there were diverted."""
_SOMEWHERE = Name(en="at a place not recorded", zh="未记录的地点")


class Verdict(StrEnum):
    """The seven words."""

    GENUINE = "genuine"
    COPIED = "copied"
    DIVERTED = "diverted"
    RECALLED = "recalled"
    EXPIRED = "expired"
    FORGED = "forged"
    UNKNOWN = "unknown"


_ACTIONS = {
    Verdict.GENUINE: ("compare_serial", "trust_your_eyes"),
    Verdict.COPIED: ("do_not_use", "compare_serial", "keep_evidence", "ask_maker", "report_here"),
    Verdict.DIVERTED: ("ask_service", "report_here", "buy_official"),
    Verdict.RECALLED: ("stop_using", "return_to_seller", "keep_evidence"),
    Verdict.EXPIRED: ("do_not_eat_expired", "return_to_seller", "report_here"),
    Verdict.FORGED: ("scan_again", "do_not_use", "keep_evidence", "ask_maker", "call_12315"),
    Verdict.UNKNOWN: ("scan_again", "keep_evidence", "report_here"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One statement: the slug of its text, the values in it, and the ids of the events that it rests on."""

    slug: str
    params: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[str, ...] = ()

    def to_json(self, language: Language) -> dict[str, Any]:
        """The statement for programs, with its text."""
        return {
            "reason": self.slug.partition(".")[2],
            "text": say(self.slug, language, self.params),
            "params": {name: formats.as_json(value) for name, value in self.params.items()},
            "events": list(self.events),
        }


@dataclass(frozen=True, slots=True)
class VerdictResult:
    """A verdict and what it rests on.

    ``reasons`` carry the word (the first ones) and whatever else holds of the item; ``notes`` are facts that accuse
    nobody. ``confidence`` (0 to 1) is how surely the word follows from what is known. ``actions`` are slugs of advice.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    confidence: float
    actions: tuple[str, ...]

    def to_json(self, language: Language) -> dict[str, Any]:
        """The verdict for programs; texts in ``language``."""
        return {
            "verdict": self.verdict.value,
            "title": say(f"verdict.{self.verdict}", language),
            "summary": say(f"summary.{self.verdict}", language),
            "confidence": self.confidence,
            "reasons": [reason.to_json(language) for reason in self.reasons],
            "notes": [note.to_json(language) for note in self.notes],
            "actions": [{"action": slug, "text": say(f"action.{slug}", language)} for slug in self.actions],
            "language": language,
        }


def judge(checked: Checked, facts: UnitFacts | None, chain: ProvenanceChain | None = None) -> VerdictResult:
    """The verdict on a checked code. ``facts`` is None when the store was not asked or knows nothing of the code.

    Rows and findings may come in any order. ``chain`` is the one that the facts' history tells, when it is built yet.
    """
    if checked.proof in (Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY):
        return _result(Verdict.FORGED, [_failed_proof(checked)], [], CERTAIN)
    doubt = _cannot_confirm(checked, facts)
    if facts is None or doubt is not None:
        return _result(Verdict.UNKNOWN, [doubt or Reason("reason.batch_unknown")], [], CERTAIN)
    chain = build_chain(facts.history) if chain is None else chain
    bases = [basis for basis in (_recall(facts), _copies(facts), _expiry(facts), _diversion(facts)) if basis]
    notes = _notes(facts, chain)
    if not bases:
        early = any(note.slug == "note.seen_early" for note in notes)
        confidence = 0.5 if early else 1 - UNSEEN_COPY - (GAPS if chain.unexplained else 0)
        return _result(Verdict.GENUINE, _genuine(checked, facts, chain), notes, confidence)
    word, _, confidence = bases[0]
    return _result(word, [reason for _, reasons, _ in bases for reason in reasons], notes, confidence)


_Basis = tuple[Verdict, list[Reason], float]


def _result(word: Verdict, reasons: list[Reason], notes: list[Reason], confidence: float) -> VerdictResult:
    return VerdictResult(word, tuple(reasons), tuple(notes), round(confidence, 4), _ACTIONS[word])


def _failed_proof(checked: Checked) -> Reason:
    if checked.proof is Proof.BAD_SIGNATURE:
        return Reason("reason.signature_invalid")
    if checked.proof is Proof.UNKNOWN_KEY:
        return Reason("reason.signature_key_unknown")
    return Reason("reason.serial_not_sealed", {"gtin": _key_value(checked)})


def _key_value(checked: Checked) -> str:
    return checked.item_id.split("/")[1]


def _cannot_confirm(checked: Checked, facts: UnitFacts | None) -> Reason | None:
    """Why nothing can be said of the unit, or None when it is one that the maker registered and released."""
    if checked.proof is Proof.FOREIGN:
        whole = "/21/" in checked.item_id
        return Reason("reason.foreign_code", {"gtin": _key_value(checked)}) if whole else Reason("reason.no_unit")
    if checked.proof is Proof.REVOKED_KEY:
        return Reason("reason.key_revoked")
    if facts is None or facts.batch is None:
        return Reason("reason.batch_unknown")
    if not facts.registered:
        return Reason("reason.unit_unregistered", {"lot": facts.batch.lot})
    if facts.batch.revoked_at is not None and facts.batch.revoked_at <= facts.now:
        return _revoked(facts.batch, facts.batch.revoked_at)
    since = _commissioned_at(facts)
    return Reason("reason.not_commissioned") if since is None or since > facts.now else None


def _revoked(batch: Batch, at: datetime) -> Reason:
    params: dict[str, Value] = {"lot": batch.lot, "on": formats.china_day(at)}
    english, chinese = batch.revocation_reason, batch.revocation_reason_zh
    if not (english or chinese):
        return Reason("reason.batch_revoked", params)
    because = Name(en=english or chinese or "", zh=chinese or english or "")
    return Reason("reason.batch_revoked_because", params | {"why": because})


def _commissioned_at(facts: UnitFacts) -> datetime | None:
    """When the unit was put into use: as the maker said, or else as the maker's own reader saw it."""
    seen = [
        row.occurred_at
        for row in facts.history
        if row.biz_step == "commissioning" and row.via is None and row.reader_org == row.owner_org
    ]
    return facts.commissioned_at or min(seen, default=None)


def _recall(facts: UnitFacts) -> _Basis | None:
    batch = facts.batch
    if batch is None or batch.recalled_at is None or batch.recalled_at > facts.now:
        return None
    params: dict[str, Value] = {"lot": batch.lot, "on": formats.china_day(batch.recalled_at)}
    english, chinese = batch.recall_reason, batch.recall_reason_zh
    if english or chinese:
        because = Name(en=english or chinese or "", zh=chinese or english or "")
        return Verdict.RECALLED, [Reason("reason.recalled_because", params | {"why": because})], CERTAIN
    return Verdict.RECALLED, [Reason("reason.recalled", params)], CERTAIN


def _copies(facts: UnitFacts) -> _Basis | None:
    found = _sorted(each for each in facts.findings if each.kind in ("copied", "ended") and each.level == "alert")
    if not found:
        return None
    rows = {str(row.event_id): row for row in facts.history}
    shown, others = (found[:1] + found[1:][-1:]), found[1:-1]
    reasons = [_copy_reason(each, rows) for each in shown]
    if others:
        events = tuple(str(event) for each in others for event in each.evidence.get("events", ()))
        reasons.append(Reason("reason.more_evidence", {"count": len(others)}, events))
    return Verdict.COPIED, reasons, max(each.confidence for each in found)


def _copy_reason(found: FindingRow, rows: Mapping[str, HistoryRow]) -> Reason:
    events = tuple(str(event) for event in found.evidence.get("events", ()))
    seen = sorted((rows[event] for event in events if event in rows), key=lambda row: (row.occurred_at, row.event_id))
    general = Reason("reason.suspected_copy", {"on": formats.china_day(found.occurred_at)}, events)
    if len(seen) < 2 or found.rule in ASSESSED:
        return general
    first, second = seen[0], seen[-1]
    times: dict[str, Value] = {"first_at": first.occurred_at, "second_at": second.occurred_at}
    if found.kind == "ended":
        twice = first.biz_step == second.biz_step == "retail_selling"
        return Reason("reason.sold_twice" if twice else "reason.seen_after_end", times, events)
    here, there = _where(first), _where(second)
    if here is None or there is None:
        return general
    return Reason(
        "reason.impossible_travel",
        times
        | {
            "first_place": rough_place(here) or _SOMEWHERE,
            "second_place": rough_place(there) or _SOMEWHERE,
            "distance_km": formats.about_km(distance_km(here, there)),
            "apart": second.occurred_at - first.occurred_at,
            "needed": timedelta(hours=least_travel_hours(certain_distance_km(here, there))),
        },
        events,
    )


def _where(row: HistoryRow) -> Position | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Position(row.latitude, row.longitude, row.radius_m or 0.0)


def _expiry(facts: UnitFacts) -> _Basis | None:
    if facts.batch is None or facts.batch.expires_on is None:
        return None
    # A best-before date counts to the end of its day, in the calendar that it was printed in.
    if formats.china_day(facts.now) <= facts.batch.expires_on:
        return None
    return Verdict.EXPIRED, [Reason("reason.expired", {"on": facts.batch.expires_on})], CERTAIN


def _diversion(facts: UnitFacts) -> _Basis | None:
    found = _sorted(
        each
        for each in facts.findings
        if each.kind == "diverted" and not isinstance(parse_subject(each.subject), LaneSubject)
    )
    if not found or not facts.lane_incident:
        return None
    last = found[-1]
    events = tuple(str(event) for event in last.evidence.get("events", ()))
    reason = Reason("reason.off_territory_somewhere", {}, events)
    first, batch = facts.first_scan, facts.batch
    if first is not None and first.market is not None and batch is not None and batch.territory:
        params: dict[str, Value] = {
            "territory": formats.joined([formats.names(market) for market in batch.territory]),
            "market": formats.names(first.market),
            "on": formats.china_day(first.occurred_at),
        }
        reason = Reason("reason.off_territory", params, events)
    return Verdict.DIVERTED, [reason, Reason("reason.lane_excess")], max(LANE_SHARE, last.confidence)


def _genuine(checked: Checked, facts: UnitFacts, chain: ProvenanceChain) -> list[Reason]:
    maker = formats.names(facts.maker) if facts.maker else Name(en="the maker", zh="品牌方")
    reasons = [Reason("reason.signed" if checked.proof is Proof.SIGNED else "reason.sealed", {"maker": maker})]
    since = _commissioned_at(facts)
    if facts.batch is not None and since is not None:
        reasons.append(Reason("reason.commissioned", {"lot": facts.batch.lot, "on": formats.china_day(since)}))
    if chain.steps:
        params: dict[str, Value] = {"count": len(chain.steps)}
        events = tuple(str(step.event_id) for step in chain.steps)
        if chain.unexplained:
            params["gaps"] = len(chain.unexplained)
            reasons.append(Reason("reason.history_gaps", params, events))
        else:
            reasons.append(Reason("reason.history_whole", params, events))
    return reasons


def _notes(facts: UnitFacts, chain: ProvenanceChain) -> list[Reason]:
    notes = []
    early = _sorted(each for each in facts.findings if each.kind == "early" and each.level == "alert")
    if early:
        events = tuple(str(event) for event in early[0].evidence.get("events", ()))
        notes.append(Reason("note.seen_early", {"on": formats.china_day(early[0].occurred_at)}, events))
    count = max(facts.scans, len(chain.scans))
    if count == 0:
        notes.append(Reason("note.first_look"))
    elif chain.scans:
        first = chain.scans[0]
        params: dict[str, Value] = {"count": count, "first_at": first.occurred_at}
        place = rough_place(first.where)
        slug = "note.looked_at"
        if place is not None:
            slug, params = "note.looked_at_near", params | {"place": place}
        notes.append(Reason(slug, params, (str(first.event_id),)))
    return notes


def _sorted(found: Iterable[FindingRow]) -> list[FindingRow]:
    return sorted(found, key=lambda each: (each.occurred_at, each.finding_id))
