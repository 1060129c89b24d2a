"""The rules: pure functions of one unit's history sorted by event time, so that judging again changes nothing."""

from gateway.rules import lifecycle, proof, travel
from gateway.rules.rule import Rule

UNIT_RULES: tuple[Rule, ...] = proof.RULES + lifecycle.RULES + travel.RULES
