import json
from dataclasses import replace

from schemas.finding import Finding, Kind, Level

FINDING = Finding("impossible_travel", Kind.COPIED, Level.ALERT, "01/x/21/y", 1, 0.9, ("b", "a"), {"km": 1067})


def test_a_findings_identity_is_its_rule_subject_and_evidence():
    assert len(FINDING.finding_id) == 16
    assert replace(FINDING, rule="second_sale").finding_id != FINDING.finding_id
    assert replace(FINDING, subject="01/x/21/z").finding_id != FINDING.finding_id
    assert replace(FINDING, events=("a", "b", "c")).finding_id != FINDING.finding_id


def test_judging_again_in_another_order_is_the_same_finding():
    again = replace(FINDING, events=("a", "b"), details={"km": 1067.2}, confidence=0.8, occurred_at=2)
    assert again.finding_id == FINDING.finding_id


def test_the_evidence_is_json():
    assert json.loads(json.dumps(FINDING.evidence())) == {"events": ["b", "a"], "details": {"km": 1067}}


def test_the_kinds_and_levels_are_the_ones_that_pages_and_rules_know():
    assert set(Kind) == set("forged unknown early copied ended diverted recalled expired guessed device".split())
    assert set(Level) == {"fact", "watch", "alert"}
