"""Judging: the touched items' whole histories through every rule, inside the transaction that stored the events.

Nothing here depends on the order of arrival: items are locked first, rules see events in event time, and what the rules
no longer say is withdrawn.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from gateway.rules import UNIT_RULES
from gateway.rules.history import History, Market, Unit
from gateway.rules.territory import FirstScan, first_scan, lane_excess, off_territory
from gateway.store import dossier, findings
from gateway.store.connection import Connection
from gateway.store.intake import Growth
from schemas.code import Checked
from schemas.finding import Finding, lane_subject

_log = logging.getLogger(__name__)

RuleFailed = Callable[[str], None]
"""Called with a rule's name when it raised: the event is stored all the same, and the failure counted."""


def judge(
    connection: Connection, growths: Sequence[Growth], checked: Mapping[str, Checked], rule_failed: RuleFailed
) -> None:
    """Judge every item that gained events, and what is inside the containers among them."""
    if not growths:
        return
    containers = [growth.item_id for growth in growths if not growth.item_id.startswith("01/")]
    contents = dossier.scanned_contents(connection, containers)
    dossier.lock(connection, growths, checked, contents)
    items = sorted({growth.item_id for growth in growths} | set(contents))
    known = dossier.markets(connection)
    histories = dossier.histories(connection, items)
    concluded: list[tuple[str, Finding]] = []
    scans: list[tuple[str, str, FirstScan]] = []
    for unit in dossier.units(connection, items, known):
        history = histories[unit.item_id]
        concluded += [(unit.owner_org, finding) for finding in apply_rules(unit, history, rule_failed)]
        scan = first_scan(unit, history, tuple(known.values()))
        if scan is not None:
            scans.append((unit.item_id, unit.owner_org, scan))
            concluded += [(unit.owner_org, finding) for finding in off_territory(unit, scan)]
    findings.conclude(connection, items, concluded)
    for owner_org, dealer_id in sorted(findings.note_first_scans(connection, scans)):
        _judge_lanes(connection, owner_org, dealer_id, known)


def apply_rules(unit: Unit, history: History, rule_failed: RuleFailed) -> list[Finding]:
    """What the rules say of one unit. A rule that raises says nothing, and is reported."""
    found: list[Finding] = []
    for rule in UNIT_RULES:
        try:
            found += rule.judge(unit, history)
        except Exception:  # noqa: BLE001 -- whatever a rule does wrong, the event must be stored
            _log.exception("rule %s failed on %s", rule.card.name, unit.item_id)
            rule_failed(rule.card.name)
    return found


def _judge_lanes(connection: Connection, owner_org: str, dealer_id: str, known: Mapping[str, Market]) -> None:
    scans, counts = findings.lane_counts(connection, owner_org, dealer_id)
    subjects = [lane_subject(owner_org, dealer_id, market) for market in sorted(known)]
    excess = [(owner_org, finding) for finding in lane_excess(owner_org, dealer_id, scans, counts)]
    findings.conclude(connection, subjects, excess)
