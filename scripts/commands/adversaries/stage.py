"""The platform under attack: a whole stack with a maker, its dealer, a rival, a regulator and a hostile dealer."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx
import psycopg

from firmware_sim.adversary.crowd import Crowd
from firmware_sim.adversary.reader import KID, HostileReader
from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from resolver.access.token_scope import SCOPES
from schemas.event import Event
from schemas.topics import Address
from scripts.system.api_client import Client
from scripts.system.operator import operator_token
from scripts.system.stack import Stack, temporary_stack

MAKER, RIVAL, DEALER, MALLORY, REGULATOR = "huadu", "rival", "dealer-b", "mallory", "authority"
PLANT, DC, DEPOT, SHOP, LAIR = "plant-1", "dc-1", "dealer-b-depot", "dealer-b-shop", "mallory-depot"
GTIN = "09521234000013"
LOT = "L1"
UNITS = 400

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

_ORGANISATIONS: Sequence[tuple[str, str, list[str]]] = (
    (MAKER, "maker", ["9521234"]),
    (RIVAL, "maker", ["9521235"]),
    (DEALER, "dealer", []),
    (MALLORY, "dealer", []),
    (REGULATOR, "regulator", []),
)
_SITES = (
    (PLANT, MAKER, "plant", 30.66, 104.06),
    (DC, MAKER, "dc", 30.60, 104.10),
    (DEPOT, DEALER, "dealer", 30.70, 104.00),
    (SHOP, DEALER, "shop", 30.67, 104.05),
    (LAIR, MALLORY, "dealer", 45.80, 126.53),
)
_MARKETS = (("chengdu", 30.66, 104.06), ("harbin", 45.80, 126.53), ("shanghai", 31.23, 121.47))
_SETTLED_S = 60.0


@dataclass(slots=True)
class Stage:
    """Parties with their tokens and readers, and genuine units with an honest history, each used by one attack."""

    stack: Stack
    seed: int
    tokens: dict[str, str] = field(default_factory=dict)
    readers: dict[str, HostileReader] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    inner_codes: list[str] = field(default_factory=list)
    """The codes under the caps of some units that no attack uses: bottles that a liar has bought."""
    now: int = 0
    rng: Random = field(default_factory=Random)
    _next_unit: "count[int]" = field(default_factory=count)
    _next_network: "count[int]" = field(default_factory=lambda: count(1))

    def unit(self) -> str:
        """The code of a genuine unit that the dealer's shop sold ten days ago, and that nobody has looked at since."""
        return self.codes[next(self._next_unit)]

    def units(self, number: int) -> list[str]:
        """So many of them."""
        return [self.unit() for _ in range(number)]

    def scan(self, crowd: Crowd, *codes: str) -> int:
        """Let a crowd scan each code, over the last days; returns how many of its scans were taken."""
        # Networks of their own: what one attack's networks did says nothing of another's.
        crowd = replace(crowd, first_network=next(self._next_network) * 2048)
        with self.http(self.tokens["operator"]) as client:
            answers = [
                client.post("/scans", json=scan) for code in codes for scan in crowd.scans(code, self.now, self.rng)
            ]
        return sum(answer.is_success for answer in answers)

    def http(self, token: str | None = None, address: str | None = None) -> httpx.Client:
        """A client of the resolver; ``address``: of the loopback network, to be another network to the resolver."""
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        transport = httpx.HTTPTransport(local_address=address) if address else None
        return httpx.Client(base_url=self.stack.base_url, headers=headers, timeout=60, transport=transport)

    def settle(self) -> None:
        """Return when all that was sent is stored and judged, and what strangers' scans say together is assessed."""
        deadline = time.monotonic() + _SETTLED_S
        while self.query("SELECT 1 FROM suyuan.outbox LIMIT 1"):
            if time.monotonic() > deadline:
                raise TimeoutError("the gateway did not take the scans from the outbox")
            time.sleep(0.1)
        pace = Pace(turn_s=0.1, batch=10_000, share=100, window=timedelta(days=400))
        AssessmentWorker(self.stack.gateway_dsn, pace, AssessMetrics()).run_once()

    def verdict(self, code: str) -> dict[str, Any]:
        """What the page says to the next person."""
        with self.http() as client:
            found: dict[str, Any] = client.get(path_of(code)).raise_for_status().json()
        return found

    def accusation(self, code: str, *, expected: str = "genuine") -> str:
        """How the unit is accused: by the page's word or by an alert; "" when it is not."""
        word = self.verdict(code)["verdict"]
        if word != expected:
            return f"the page says {word}"
        alerts = self.alerts(item_of(code))
        return f"alert {alerts[0]}" if alerts else ""

    def alerts(self, subject: str) -> list[str]:
        """The rules whose alerts about a subject stand."""
        rows = self.query(
            "SELECT DISTINCT rule FROM suyuan.finding WHERE subject = %s AND level = 'alert' AND withdrawn_at IS NULL"
            " ORDER BY rule",
            subject,
        )
        return [rule for (rule,) in rows]

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the store, as its owner sees them."""
        with psycopg.connect(self.stack.postgres.owner_dsn, autocommit=True) as connection:
            return connection.execute(text, values).fetchall()


def path_of(code: str) -> str:
    """The path of a code's URL."""
    return "/" + code.split("/", 3)[3]


def item_of(code: str) -> str:
    """The item id of a code's URL: 01/GTIN/21/serial."""
    path = path_of(code).partition("?")[0].strip("/").split("/")
    return "/".join([*path[:2], *path[path.index("21") :][:2]])


@contextmanager
def opened(seed: int) -> Iterator[Stage]:
    """A stage with its stack running; both end with the context."""
    with temporary_stack() as stack:
        stack.start()
        stack.start_capture()
        stage = Stage(stack, seed, now=time.time_ns() // 1000, rng=Random(seed))  # noqa: S311 -- repeatable
        _register(stage)
        _sell(stage)
        yield stage


def _register(stage: Stage) -> None:
    stage.tokens["operator"] = operator_token(stage.stack)
    with Client(stage.stack.base_url, stage.tokens["operator"]) as operator:
        for org_id, kind, prefixes in _ORGANISATIONS:
            names = {"org_id": org_id, "name": org_id, "name_zh": org_id}
            operator.post("/api/v1/organisations", {**names, "kind": kind, "prefixes": prefixes})
            stage.tokens[org_id] = operator.post(
                "/api/v1/tokens", {"org_id": org_id, "label": "stage", "scopes": [*SCOPES]}
            )["token"]
        for market_id, latitude, longitude in _MARKETS:
            names = {"market_id": market_id, "name": market_id, "name_zh": market_id}
            place = {"latitude": latitude, "longitude": longitude, "radius_km": 60}
            operator.post("/api/v1/markets", names | place)
        for site_id, org_id, kind, latitude, longitude in _SITES:
            names = {"site_id": site_id, "org_id": org_id, "name": site_id, "name_zh": site_id, "kind": kind}
            operator.post("/api/v1/sites", {**names, "latitude": latitude, "longitude": longitude})
        for name, org_id, site_id in (("maker", MAKER, DC), ("dealer", DEALER, DEPOT), ("mallory", MALLORY, LAIR)):
            reader = HostileReader(stage.stack.capture_url, Address(org_id, f"{name}-1"))
            stage.readers[name] = reader
            enrolled = {"org_id": org_id, "reader_id": f"{name}-1", "site_id": site_id, "kid": KID.hex()}
            operator.post("/api/v1/readers", {**enrolled, "public_key": reader.public_key.hex()})
    with Client(stage.stack.base_url, stage.tokens[MAKER]) as maker:
        maker.post("/api/v1/products", {"gtin": GTIN, "name": "Baijiu", "name_zh": "白酒"})
        produced = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
        batch = {"gtin": GTIN, "lot": LOT, "quantity": UNITS, "grade": "sealed", "produced_on": produced}
        maker.post("/api/v1/batches", {**batch, "territory": ["chengdu"]})
        issue = maker.post(f"/api/v1/batches/{LOT}/issues", {"first": 0, "count": UNITS})
        lines = maker.lines(f"/api/v1/batches/{LOT}/codes", issue=issue["issue_id"])
        stage.codes = [line["uri"] for line in lines]
        bought = {"first": UNITS - 4, "count": 4, "layer": "inner"}
        inner = maker.post(f"/api/v1/batches/{LOT}/issues", bought)["issue_id"]
        stage.inner_codes = [line["uri"] for line in maker.lines(f"/api/v1/batches/{LOT}/codes", issue=inner)]
        commissioned = datetime.fromtimestamp((stage.now - 40 * DAY_US) / 1e6, UTC).isoformat()
        maker.post(f"/api/v1/batches/{LOT}/commissioning", {"at": commissioned})


def _sell(stage: Stage) -> None:
    """Every unit's honest history: shipped by the maker to the dealer, received there, sold by its shop."""
    start = stage.now - 30 * DAY_US
    maker, dealer = stage.readers["maker"], stage.readers["dealer"]
    _accepted(
        maker.send(
            *(Event(code, start, "shipping", read_point=DC, destination=DEPOT) for code in stage.codes),
        )
    )
    _accepted(dealer.send(*(Event(code, start + DAY_US, "receiving", read_point=DEPOT) for code in stage.codes)))
    sold = start + 20 * DAY_US
    _accepted(
        dealer.send(
            *(
                Event(code, sold + number * 1_000_000, "retail_selling", read_point=SHOP, disposition="retail_sold")
                for number, code in enumerate(stage.codes)
            )
        )
    )


def _accepted(answers: Sequence[object]) -> None:
    for answer in answers:
        if getattr(answer, "rejected", 1):
            raise RuntimeError(f"the stage could not be set: {answer}")
