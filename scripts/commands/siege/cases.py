"""A case between maker A and dealer C, and alerts, as the gateway's rules make them."""

import time
from uuid import UUID

from gateway.store import findings
from gateway.store.connection import connect
from gateway.store.incidents import regroup
from schemas.finding import Finding, Kind, Level
from schemas.subject import LaneSubject
from scripts.commands.siege.attack import needed
from scripts.commands.siege.stage import DEPOT, MAKER, Stage, item_of


def open_case(stage: Stage, market: str = "chengdu") -> UUID:
    """The case of dealer C's lane to a market, which accuses it; the same each time.

    :raises NotCarriedOut: no case was opened.
    """
    lane = str(LaneSubject(MAKER, DEPOT, market))
    details = {"dealer": DEPOT, "market": market, "observed": 52, "expected": 0.3, "scans": 400, "p": 1e-40}
    found = Finding("lane_excess", Kind.DIVERTED, Level.ALERT, lane, _now(), 0.95, (), details)
    _conclude(stage, MAKER, lane, found)
    rows = stage.query("SELECT case_id FROM suyuan.incident_member WHERE subject = %s", lane)
    needed(rows, "no case was opened")
    return UUID(str(rows[0][0]))


def raise_alert(stage: Stage, owner: str, code: str) -> None:
    """An alert about a unit: a case of its own, of which its owner is notified."""
    subject = item_of(code)
    details = {"km": 1660.0, "hours": 0.5, "least_hours": 4.45, "dealer": f"dealer of {subject}"}
    found = Finding(
        "impossible_travel", Kind.COPIED, Level.ALERT, subject, _now(), 0.95, (f"event-{subject}",), details
    )
    _conclude(stage, owner, subject, found)


def _conclude(stage: Stage, owner: str, subject: str, found: Finding) -> None:
    with connect(stage.stack.gateway_dsn) as gateway, gateway.transaction():
        changed: set[str] = set()
        findings.conclude(gateway, [subject], [(owner, found)], changed)
        regroup(gateway, changed)


def _now() -> int:
    return time.time_ns() // 1000
