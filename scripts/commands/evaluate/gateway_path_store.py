"""The store of a played world: an embedded PostgreSQL with the product's schema, and all that is registered in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from firmware_sim.population.columns import Ints
from firmware_sim.population.network import DC, DEALER, PLANT, SHOP
from firmware_sim.population.world import World
from schemas.moment import to_datetime
from scripts.commands.evaluate.judge_protocol import Registry
from scripts.system.embedded.postgres import DATABASE, EmbeddedPostgres
from scripts.system.fixtures import MAKER, PREFIX, gtin_of
from scripts.system.migrate import migrate

KINDS = {PLANT: "plant", DC: "dc", DEALER: "dealer", SHOP: "shop"}
_TEMPLATE = sql.Identifier(DATABASE)
_PASSWORDS = {"suyuan_gateway": "played-gateway"}


def site_id(site: int) -> str:
    """The id of a site, by its index."""
    return f"{site:04x}"


def market_id(market: int) -> str:
    """The id of a market, by its index: in order of ids they are in order of indexes."""
    return f"m{market:04}"


class Alarm(NamedTuple):
    """A finding as it was stored, withdrawn or not."""

    subject: str
    rule: str
    kind: str
    level: str
    confidence: float
    details: dict[str, object]
    standing: bool


class PlayedStore:
    """A migrated database for one world: how the gateway reaches it, and what only its owner may do."""

    def __init__(self, owner_dsn: str, gateway_dsn: str) -> None:
        self.gateway_dsn = gateway_dsn
        self._owner = psycopg.connect(owner_dsn, autocommit=True)

    def close(self) -> None:
        """Close the owner's connection."""
        self._owner.close()

    def register(self, world: World, registry: Registry, *, mandates: bool) -> None:
        """What the world's makers, dealers and operators have registered: nothing that only the truth would tell.

        ``mandates``: the maker lets its dealers speak of the custody of its goods. Else custody passes by shipments
        that name them, and what a dealer says of goods whose shipment no reader saw is a claim.
        """
        with self._owner.transaction():
            self._register_organisations(world, mandates=mandates)
            self._register_places(world)
            self._register_goods(registry)

    def _register_organisations(self, world: World, *, mandates: bool) -> None:
        dealers = [dealer_org(number) for number in range(len(world.sites.of_kind(DEALER)))]
        for org, kind in [(MAKER, "maker"), *((dealer, "dealer") for dealer in dealers)]:
            self._owner.execute(
                "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, %s, %s, %s)",
                [org, org, org, kind],
            )
        for dealer in dealers if mandates else ():
            self._owner.execute(
                "INSERT INTO suyuan.mandate (owner_org, org_id, verbs, since)"
                " VALUES (%s, %s, '{custody}', '2020-01-01')",
                [MAKER, dealer],
            )
        self._owner.execute("INSERT INTO suyuan.company_prefix VALUES (%s, %s)", [PREFIX, MAKER])
        self._owner.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0)", [MAKER])

    def _register_places(self, world: World) -> None:
        sites = world.sites
        columns = zip(sites.kind.tolist(), sites.lat.tolist(), sites.lon.tolist(), strict=True)
        with self._owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO suyuan.site (site_id, org_id, name, name_zh, kind, latitude, longitude)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    (site_id(site), site_org(world, site), site_id(site), site_id(site), KINDS[kind], lat, lon)
                    for site, (kind, lat, lon) in enumerate(columns)
                ],
            )
            lats, lons = sites.markets()
            cursor.executemany(
                "INSERT INTO suyuan.market (market_id, name, name_zh, latitude, longitude, radius_km)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    (market_id(number), market_id(number), market_id(number), lat, lon, sites.registered_km)
                    for number, (lat, lon) in enumerate(zip(lats.tolist(), lons.tolist(), strict=True))
                ],
            )

    def _register_goods(self, registry: Registry) -> None:
        gtins = sorted(set(registry.gtin.tolist()))
        lots = range(int(registry.lot.max()) + 1)
        with self._owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'Goods', '商品')",
                [(gtin_text(gtin), MAKER) for gtin in gtins],
            )
            for lot in lots:
                own = np.flatnonzero(registry.lot == lot)
                made = registry.made[own]
                expires = int(registry.expires[own[0]])
                began = to_datetime(int(made.min())).date()
                cursor.execute(
                    "INSERT INTO suyuan.batch (org_id, batch_number, gtin, lot, quantity, key_number, grade,"
                    " produced_on, expires_on) VALUES (%s, %s, %s, %s, %s, 0, 'sealed', %s, %s)",
                    [
                        MAKER,
                        lot,
                        gtin_text(int(registry.gtin[own[0]])),
                        f"L{lot}",
                        len(own),
                        began,
                        None if expires == Registry.NEVER else to_datetime(expires).date(),
                    ],
                )
                for first, last in _runs(np.flatnonzero(made != Registry.NEVER)):
                    cursor.execute(
                        "INSERT INTO suyuan.commissioning (org_id, batch_number, indexes, commissioned_at)"
                        " VALUES (%s, %s, int8range(%s, %s), %s)",
                        [MAKER, lot, first, last + 1, to_datetime(int(made[first]))],
                    )

    def deliver(self, scans: Sequence[dict[str, object]]) -> None:
        """Consumers' scans and clues into the outbox, as the resolver writes them."""
        with self._owner.cursor() as cursor:
            cursor.executemany("INSERT INTO suyuan.outbox (scan) VALUES (%s)", [[Jsonb(scan)] for scan in scans])

    def open(self, openings: Sequence[tuple[object, ...]]) -> None:
        """Openings of packs, as the resolver keeps them: the first one of each unit, and how many came later."""
        with self._owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO suyuan.opening AS o (owner_org, batch_number, unit_index, item_id, opening_id, opened_at,"
                " last_at, handset, network, operator, latitude, longitude, radius_m, source, matched)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (owner_org, batch_number, unit_index) DO UPDATE SET"
                " later = o.later + 1, last_at = greatest(o.last_at, excluded.last_at)",
                openings,
            )

    def received(self, arrivals: Sequence[tuple[str, datetime, str, datetime]]) -> None:
        """The true moments of arrival (item, time, event, arrival), where a transaction took many arrivals at once."""
        with self._owner.transaction(), self._owner.cursor() as cursor:
            cursor.execute(
                'CREATE TEMP TABLE IF NOT EXISTS arrival (item_id text COLLATE "C", occurred_at timestamptz,'
                " event_id uuid, received timestamptz) ON COMMIT DELETE ROWS"
            )
            with cursor.copy("COPY arrival FROM STDIN") as copy:
                for row in arrivals:
                    copy.write_row(row)
            cursor.execute("ANALYZE arrival")
            cursor.execute(
                "UPDATE suyuan.event AS e SET recorded_at = a.received FROM (SELECT item_id, occurred_at, event_id,"
                " min(received) AS received FROM arrival GROUP BY 1, 2, 3) AS a WHERE e.item_id = a.item_id"
                " AND e.occurred_at = a.occurred_at AND e.event_id = a.event_id"
            )

    def alarms(self) -> list[Alarm]:
        """All findings above a fact, whether they still stand or not."""
        rows = self._owner.execute(
            "SELECT subject, rule, kind, level, confidence, evidence -> 'details', withdrawn_at IS NULL"
            " FROM suyuan.finding WHERE level <> 'fact' ORDER BY subject, rule, finding_id"
        )
        return [Alarm(*row) for row in rows]

    def incidents(self) -> int:
        """How many incidents were ever opened."""
        row = self._owner.execute("SELECT count(*) FROM suyuan.incident").fetchone()
        return 0 if row is None else int(row[0])

    def claims(self) -> int:
        """How many statements about goods were not their speakers' to make."""
        row = self._owner.execute("SELECT count(*) FROM suyuan.claim").fetchone()
        return 0 if row is None else int(row[0])

    def stored(self) -> set[str]:
        """The ids of all events."""
        return {event_id for (event_id,) in self._owner.execute("SELECT event_id::text FROM suyuan.event")}


def dealer_org(dealer: int) -> str:
    """The organisation of a dealer, by its number."""
    return f"dealer-{dealer:03}"


def site_org(world: World, site: int) -> str:
    """Whose a site is: plants and distribution centres are the maker's, shops their dealer's."""
    sites = world.sites
    kind = int(sites.kind[site])
    if kind in (PLANT, DC):
        return MAKER
    dealer = site if kind == DEALER else int(sites.parent[site])
    return dealer_org(dealer - sites.first_dealer)


def gtin_text(gtin: int) -> str:
    """The GTIN of a product, by its number."""
    return gtin_of(f"{gtin:05}")


def _runs(indexes: Ints) -> Iterator[tuple[int, int]]:
    """The first and last of each run of consecutive numbers."""
    if len(indexes):
        for run in np.split(indexes, np.flatnonzero(np.diff(indexes) > 1) + 1):
            yield int(run[0]), int(run[-1])


class PlayedStores:
    """A server of its own, without fsync, with a fresh database for each world."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server, self._made = server, 0

    @contextmanager
    def fresh(self) -> Iterator[PlayedStore]:
        """A database with the product's schema and no rows; it is deleted in the end."""
        self._made += 1
        name = f"world_{self._made}"
        with psycopg.connect(self._server.superuser_dsn, autocommit=True) as superuser:
            superuser.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), _TEMPLATE))
        gateway_dsn = self._server.dsn("suyuan_gateway", _PASSWORDS["suyuan_gateway"], name)
        store = PlayedStore(make_conninfo(self._server.owner_dsn, dbname=name), gateway_dsn)
        try:
            yield store
        finally:
            store.close()
            with psycopg.connect(self._server.superuser_dsn, autocommit=True) as superuser:
                superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def played_stores() -> Iterator[PlayedStores]:
    """A server for as many worlds as one likes, one after the other."""
    with (
        TemporaryDirectory(prefix="suyuan-evaluate-") as folder,
        EmbeddedPostgres(Path(folder), fsync=False) as server,
    ):
        migrate(server.owner_dsn, passwords=_PASSWORDS)
        yield PlayedStores(server)
