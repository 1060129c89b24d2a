"""The verdict and the provenance chain for programs. Every verdict has the same members, whatever is known."""

from datetime import datetime
from typing import Any

from resolver.text.formats import Language, china_day, name_of
from resolver.verdict.chain import ProvenanceChain
from resolver.verdict.facts import Batch, UnitFacts
from resolver.verdict.inspection import Inspection


def verdict_json(result: Inspection, scan_id: str | None, language: Language, at: datetime) -> dict[str, Any]:
    """The verdict, answered at ``at``; texts and names in ``language``. The chain step by step is the provenance."""
    facts = result.facts
    return {
        "scan_id": scan_id,
        "item": result.checked.item_id,
        "proof": result.checked.proof.value,
        "answered_at": at,
        **result.verdict.to_json(language),
        "product": None if facts is None else facts.product,
        "maker": None if facts is None else facts.maker,
        "batch": None if facts is None else facts.batch,
        "commissioned_at": None if facts is None else facts.commissioned_at,
        "scans": None if facts is None else facts.scans,
        "first_seen": None if facts is None else facts.first_seen,
        "last_seen": None if facts is None else facts.last_seen,
        "recall": _recall(facts),
        "expiry": _expiry(facts),
        "custody": custody_json(result.chain, language),
    }


def provenance_json(result: Inspection, language: Language, at: datetime) -> dict[str, Any]:
    """The unit's history alone, each step with what is known of its signature."""
    return {
        "item": result.checked.item_id,
        "answered_at": at,
        "custody": custody_json(result.chain, language),
        "chain": result.chain.to_json(language, result.signatures),
        "language": language,
    }


def custody_json(chain: ProvenanceChain, language: Language) -> dict[str, Any]:
    """Through whose hands the unit went, in order, and how whole the record is."""
    hands: list[dict[str, Any]] = []
    for step in chain.steps:
        if not step.is_custody:
            continue
        org_id = step.who.org_id if step.who else step.org_id
        if not hands or hands[-1]["organisation_id"] != org_id:
            name = name_of(step.who, language) if step.who else step.org_id
            hands.append({"organisation_id": org_id, "organisation": name, "since": step.occurred_at})
    return {
        "steps": len(chain.steps),
        "gaps": len(chain.gaps),
        "unexplained_gaps": len(chain.unexplained),
        "hands": hands,
        "last_step_at": chain.steps[-1].occurred_at if chain.steps else None,
    }


def _batch(facts: UnitFacts | None) -> Batch | None:
    return None if facts is None else facts.batch


def _recall(facts: UnitFacts | None) -> dict[str, Any]:
    batch = _batch(facts)
    at = None if batch is None or facts is None or batch.recalled_at is None else batch.recalled_at
    if batch is None or facts is None or at is None or at > facts.now:
        return {"recalled": None if batch is None else False, "at": None, "reason": None, "reason_zh": None}
    return {"recalled": True, "at": at, "reason": batch.recall_reason, "reason_zh": batch.recall_reason_zh}


def _expiry(facts: UnitFacts | None) -> dict[str, Any]:
    batch = _batch(facts)
    if facts is None or batch is None or batch.expires_on is None:
        return {"expires_on": None, "expired": None}
    return {"expires_on": batch.expires_on, "expired": china_day(facts.now) > batch.expires_on}
