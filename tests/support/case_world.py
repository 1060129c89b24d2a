"""A resolver over HTTP with a maker, a dealer, a rival and an authority; incidents are the gateway's own."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import psycopg

from gateway.store import findings
from gateway.store.connection import connect
from gateway.store.incidents import regroup
from resolver.access.token_scope import SCOPES
from resolver.app import create_app
from resolver.registry import store as registry_store
from resolver.registry import tokens as registry_tokens
from resolver.services import Services
from resolver.store import OPERATOR
from schemas.finding import Finding, Kind, Level
from schemas.gs1 import check_digit
from schemas.subject import LaneSubject
from tests.support.observed import observe
from tests.support.served import resolver_services, served

MAKER, RIVAL, DEALER, OTHER_DEALER, AUTHORITY, PLATFORM = "huadu", "rival", "depot", "depot-2", "samr", "platform"
KINDS = {
    MAKER: "maker",
    RIVAL: "maker",
    DEALER: "dealer",
    OTHER_DEALER: "dealer",
    AUTHORITY: "regulator",
    PLATFORM: "operator",
}
GTIN = "0952123400001" + str(check_digit("0952123400001"))
SITE, MARKET = "depot-chengdu", "shanghai"
LANE = str(LaneSubject(MAKER, SITE, MARKET))
T0 = 1_780_000_000_000_000


def item(serial: str) -> str:
    return f"01/{GTIN}/21/{serial:0>20}"


@dataclass
class Room:
    """The parties' tokens, the store as owner and as gateway, and the API."""

    client: httpx.Client
    owner: psycopg.Connection
    gateway: psycopg.Connection
    services: Services
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, org: str, method: str, path: str, status: int = 200, **more):
        answer = self.client.request(method, path, headers=self.tokens[org] | more.pop("headers", {}), **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def case(self, org: str, case_id: str, status: int = 200) -> dict:
        return self.ask(org, "GET", f"/api/v1/cases/{case_id}", status).json()

    def move(self, org: str, case_id: str, state: str, status: int = 200, **more) -> dict:
        return self.ask(org, "POST", f"/api/v1/cases/{case_id}/state", status, json={"state": state, **more}).json()

    def case_of(self, subject: str, kind: str) -> str | None:
        """The case that alerts about ``subject`` are, or were last, part of."""
        where = "SELECT case_id FROM suyuan.incident_member WHERE subject = %s AND kind = %s"
        row = self.owner.execute(where, [subject, kind]).fetchone()
        return None if row is None else str(row[0])

    def conclude(self, subject: str, *found: Finding) -> None:
        with self.gateway.transaction():
            changed: set[str] = set()
            findings.conclude(self.gateway, [subject], [(MAKER, each) for each in found], changed)
            regroup(self.gateway, changed)

    def travel(self, serial: str, *, rule: str = "impossible_travel", seconds: int = 0) -> tuple[str, str | None]:
        """Raise an alert about a unit; returns its subject and its case."""
        subject = item(serial)
        self.conclude(subject, alert(subject, rule=rule, seconds=seconds))
        return subject, self.case_of(subject, "copied")


def alert(
    subject: str, *, rule: str = "impossible_travel", kind: Kind = Kind.COPIED, seconds: int = 0, dealer: str = ""
) -> Finding:
    """An alert about a unit. By default no other unit's shares its cause."""
    details = {"km": 1660.0, "hours": 0.5, "least_hours": 4.45}
    details["dealer"] = dealer or f"dealer of {subject}"
    at = T0 + seconds * 1_000_000
    return Finding(rule, kind, Level.ALERT, subject, at, 0.95, (f"event-{seconds}",), details)


def lane_alert() -> Finding:
    details = {"dealer": SITE, "market": MARKET, "observed": 52, "expected": 0.3, "scans": 400, "p": 1e-40}
    details["handsets"] = ["a handset that the dealer must not see"]
    return Finding("lane_excess", Kind.DIVERTED, Level.ALERT, LANE, T0, 0.95, (), details)


@contextmanager
def case_room(database, folder: Path, **more: str):
    services = resolver_services(database, folder, **more)
    with (
        psycopg.connect(database.owner_dsn, autocommit=True) as owner,
        connect(database.gateway_dsn) as gateway,
        served(create_app(services)) as client,
    ):
        room = Room(client, owner, gateway, services)
        for org, kind in KINDS.items():
            prefixes = {MAKER: ("9521234",), RIVAL: ("9527777",)}.get(org, ())
            with services.store.transaction(OPERATOR) as cursor:
                registry_store.add_organisation(cursor, org_id=org, name=org, name_zh=org, kind=kind, prefixes=prefixes)
            made = registry_tokens.issue_token(
                services.store, org_id=org, role=None, label=f"{org} desk", expires_at=None, scopes=SCOPES
            )
            room.tokens[org] = {"Authorization": f"Bearer {made['token']}", "Accept": "application/json"}
        owner.execute(
            "INSERT INTO suyuan.site VALUES (%s, %s, 'Depot', '成都仓', 'dealer', 30.66, 104.06)", [SITE, DEALER]
        )
        owner.execute("INSERT INTO suyuan.market VALUES (%s, 'Shanghai', '上海', 31.23, 121.47, 60)", [MARKET])
        owner.execute(
            "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'Baijiu', '白酒')", [GTIN, MAKER]
        )
        yield room


def seen(owner: psycopg.Connection, subject: str, at: datetime) -> None:
    observe(owner, subject, at, owner_org=MAKER, reader_org=MAKER, step="receiving", read_point=SITE)
