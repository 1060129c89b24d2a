"""The product under siege: two makers, a dealer and an operator with their goods, and honest people at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.conninfo import make_conninfo

from firmware_sim.adversary.reader import KID, HostileReader
from resolver.access.token_scope import SCOPES
from schemas.event import Event
from schemas.topics import Address
from scripts.commands.siege.shipped_stack import ShippedStack
from scripts.system.api_client import Client
from scripts.system.embedded.postgres import DATABASE
from scripts.system.operator import operator_token

MAKER, RIVAL, DEALER = "maker-a", "maker-b", "dealer-c"
GTINS = {MAKER: "09521234000013", RIVAL: "09521235000012"}
PREFIXES = {MAKER: "9521234", RIVAL: "9521235"}
PLANTS = {MAKER: "plant-a", RIVAL: "plant-b"}
DEPOT = "depot-c"
UNITS = 300
HONEST_UNITS = 200
"""The first units of maker A are those of honest people; attacks use the others."""

HTTP_READER, MQTT_READER, SPARE_READER = Address(MAKER, "line-1"), Address(MAKER, "line-2"), Address(MAKER, "line-3")
HOSTILE_READER = Address(DEALER, "mallory-1")
READERS = (HTTP_READER, MQTT_READER, SPARE_READER, HOSTILE_READER)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(slots=True)
class Stage:
    """Parties with tokens and readers, genuine codes, and ways in for attackers."""

    stack: ShippedStack
    tokens: dict[str, str] = field(default_factory=dict)
    readers: dict[Address, HostileReader] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    _next_unit: "count[int]" = field(default_factory=lambda: count(HONEST_UNITS))
    _next_network: "count[int]" = field(default_factory=count)

    def unit(self) -> str:
        """The code of a genuine unit of maker A that nobody else uses."""
        return self.codes[MAKER][next(self._next_unit)]

    def network(self) -> str:
        """An address in a network that nobody else comes from."""
        number = next(self._next_network)
        return f"127.{64 + number // 250}.{number % 250}.7"

    def http(self, token: str | None = None, address: str | None = None) -> httpx.Client:
        """A client of the resolver by the proxy, as the whole Internet has it; ``token``: whose."""
        transport = httpx.HTTPTransport(verify=self.stack.certificates.trusting(), local_address=address)
        return self._client(self.stack.proxy.base_url, token, transport)

    def direct(self, token: str | None = None, address: str | None = None) -> httpx.Client:
        """A client beside the proxy: what somebody has who is on the same machine, or where no proxy stands."""
        return self._client(self.stack.base_url, token, httpx.HTTPTransport(local_address=address))

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the store, as its superuser sees them."""
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    @property
    def superuser_dsn(self) -> str:
        """The store without row-level security, to see what an attack has left."""
        return make_conninfo(self.stack.postgres.superuser_dsn, dbname=DATABASE)

    @staticmethod
    def _client(base_url: str, token: str | None, transport: httpx.HTTPTransport) -> httpx.Client:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return httpx.Client(base_url=base_url, headers=headers, timeout=30, transport=transport)


def path_of(code: str) -> str:
    """The path of a code's URL."""
    return "/" + code.split("/", 3)[3]


def item_of(code: str) -> str:
    """The item id of a code's URL."""
    return path_of(code).strip("/").partition("?")[0]


_EVERY_RIGHT = """
DO $$ DECLARE each text; BEGIN
    GRANT ALL ON ALL TABLES IN SCHEMA suyuan TO suyuan_resolver, suyuan_gateway;
    FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'suyuan'::regnamespace AND relrowsecurity LOOP
        EXECUTE format('ALTER TABLE suyuan.%I DISABLE ROW LEVEL SECURITY', each);
    END LOOP;
END $$
"""


@contextmanager
def opened(folder: Path, *, lifted: bool = False) -> Iterator[Stage]:
    """A stage with its stack running, its state in ``folder``; everything ends with the context.

    ``lifted``: without the limits that can be lifted, and with every right in the store for the resolver.
    """
    stack = ShippedStack(folder / "state", [f"{each.org_id}/{each.reader_id}" for each in READERS], lifted=lifted)
    try:
        stack.start()
        stage = Stage(stack)
        _register(stage)
        _produce(stage)
        if lifted:
            stage.query(_EVERY_RIGHT)
        yield stage
    finally:
        stack.stop()


def _register(stage: Stage) -> None:
    stage.tokens["operator"] = operator_token(stage.stack)
    with Client(stage.stack.base_url, stage.tokens["operator"]) as operator:
        for org_id, kind in ((MAKER, "maker"), (RIVAL, "maker"), (DEALER, "dealer")):
            prefixes = [PREFIXES[org_id]] if org_id in PREFIXES else []
            names = {"org_id": org_id, "name": org_id, "name_zh": org_id}
            operator.post("/api/v1/organisations", {**names, "kind": kind, "prefixes": prefixes})
            stage.tokens[org_id] = operator.post(
                "/api/v1/tokens", {"org_id": org_id, "label": "siege", "scopes": [*SCOPES]}
            )["token"]
        place = {"latitude": 30.66, "longitude": 104.06}
        for market_id, latitude, longitude in (("chengdu", 30.66, 104.06), ("shanghai", 31.23, 121.47)):
            market = {"market_id": market_id, "name": market_id, "name_zh": market_id, "radius_km": 60}
            operator.post("/api/v1/markets", {**market, "latitude": latitude, "longitude": longitude})
        sites = [(PLANTS[MAKER], MAKER, "plant"), (PLANTS[RIVAL], RIVAL, "plant"), (DEPOT, DEALER, "dealer")]
        for site_id, org_id, kind in sites:
            names = {"site_id": site_id, "org_id": org_id, "name": site_id, "name_zh": site_id, "kind": kind}
            operator.post("/api/v1/sites", {**names, **place})
        for address in READERS:
            reader = HostileReader(stage.stack.capture_url, address, Ed25519PrivateKey.generate())
            stage.readers[address] = reader
            site = DEPOT if address.org_id == DEALER else PLANTS[address.org_id]
            enrolled = {"org_id": address.org_id, "reader_id": address.reader_id, "site_id": site, "kid": KID.hex()}
            operator.post("/api/v1/readers", enrolled | {"public_key": reader.public_key.hex()})


def _produce(stage: Stage) -> None:
    for org_id, gtin in GTINS.items():
        with Client(stage.stack.base_url, stage.tokens[org_id]) as maker:
            maker.post("/api/v1/products", {"gtin": gtin, "name": "Tea", "name_zh": "茶"})
            produced = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
            batch = {"gtin": gtin, "lot": "L1", "quantity": UNITS, "grade": "sealed", "produced_on": produced}
            maker.post("/api/v1/batches", batch)
            issue = maker.post("/api/v1/batches/L1/issues", {"first": 0, "count": UNITS})["issue_id"]
            stage.codes[org_id] = [line["uri"] for line in maker.lines("/api/v1/batches/L1/codes", issue=issue)]
            commissioned = (datetime.now(UTC) - timedelta(days=40)).isoformat()
            maker.post("/api/v1/batches/L1/commissioning", {"at": commissioned})
    start = time.time_ns() // 1000 - 30 * DAY_US
    shipped = [
        Event(code, start, "shipping", read_point=PLANTS[MAKER], destination=DEPOT) for code in stage.codes[MAKER]
    ]
    for answer in stage.readers[SPARE_READER].send(*shipped):
        if getattr(answer, "rejected", 1):
            raise RuntimeError(f"the stage could not be set: {answer}")
