"""Rows that goods are judged on, written by SQL: a maker with a product and a batch, sites, markets, readers.

For tests, chaos cases and benches, which have no need of the resolver's API to begin with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import code
from schemas.gs1 import check_digit
from schemas.keys import seal_key
from schemas.serial import Sealer
from schemas.topics import Address

MAKER = "maker"
PREFIX = "9521234"  # GS1's range for examples
BATCH = 1
KID = b"k1"
COMMISSIONED = datetime(2025, 1, 1, tzinfo=UTC)


def gtin_of(item_reference: str) -> str:
    """The GTIN-14 of a product of the maker's: indicator 0, company prefix, ``item_reference``, check digit."""
    body = f"0{PREFIX}{item_reference}"
    return f"{body}{check_digit(body)}"


GTIN = gtin_of("00001")


@dataclass(frozen=True, slots=True)
class Device:
    """A reader that may send."""

    address: Address
    key: Ed25519PrivateKey


def register_maker(
    owner: psycopg.Connection,
    *,
    quantity: int = 1000,
    batch_number: int = BATCH,
    lot: str = "LOT1",
    territory: Sequence[str] = (),
    expires_on: date | None = None,
) -> None:
    """A maker with one product and a batch of ``quantity`` units, all commissioned at the beginning of 2025.

    ``territory`` names markets; without any the batch may be sold everywhere. Called again, it adds another batch.
    """
    _add_organisation(owner, MAKER, "Maker", "厂家", "maker")
    owner.execute("INSERT INTO suyuan.company_prefix VALUES (%s, %s) ON CONFLICT DO NOTHING", [PREFIX, MAKER])
    owner.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0) ON CONFLICT DO NOTHING", [MAKER])
    owner.execute(
        "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'Tea', '茶') ON CONFLICT DO NOTHING",
        [GTIN, MAKER],
    )
    owner.execute(
        "INSERT INTO suyuan.batch (org_id, batch_number, gtin, lot, quantity, key_number, grade, produced_on,"
        " expires_on, territory) VALUES (%s, %s, %s, %s, %s, 0, 'sealed', '2025-01-01', %s, %s)",
        [MAKER, batch_number, GTIN, lot, quantity, expires_on, list(territory)],
    )
    owner.execute(
        "INSERT INTO suyuan.commissioning (org_id, batch_number, indexes, commissioned_at)"
        " VALUES (%s, %s, int8range(0, %s), %s)",
        [MAKER, batch_number, quantity, COMMISSIONED],
    )


def enrol_reader(
    owner: psycopg.Connection,
    org_id: str,
    reader_id: str,
    public_key: bytes,
    kid: bytes,
    site_id: str | None = None,
    reader_class: str = "edge",
) -> None:
    """A reader with its key; its organisation, a dealer, where that is new."""
    _add_organisation(owner, org_id, org_id, org_id, "dealer")
    owner.execute(
        "INSERT INTO suyuan.reader (org_id, reader_id, site_id, class) VALUES (%s, %s, %s, %s)",
        [org_id, reader_id, site_id, reader_class],
    )
    owner.execute(
        "INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key) VALUES (%s, %s, %s, %s)",
        [org_id, reader_id, kid, public_key],
    )


def enrol_new_reader(owner: psycopg.Connection, reader_id: str, reader_class: str = "edge") -> Device:
    """A reader of the maker's, with a new key."""
    device = Device(Address(MAKER, reader_id), Ed25519PrivateKey.generate())
    public_key = device.key.public_key().public_bytes_raw()
    enrol_reader(owner, MAKER, reader_id, public_key, KID, reader_class=reader_class)
    return device


def add_site(owner: psycopg.Connection, site_id: str, kind: str, latitude: float, longitude: float) -> None:
    """A site of the maker's; ``kind`` as in a registration (plant, dc, dealer, shop)."""
    owner.execute(
        "INSERT INTO suyuan.site VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [site_id, MAKER, site_id, site_id, kind, latitude, longitude],
    )


def add_market(owner: psycopg.Connection, market_id: str, latitude: float, longitude: float, radius_km: float) -> None:
    """A market: a circle of ``radius_km`` around a point."""
    owner.execute(
        "INSERT INTO suyuan.market VALUES (%s, %s, %s, %s, %s, %s)",
        [market_id, market_id, market_id, latitude, longitude, radius_km],
    )


def _add_organisation(owner: psycopg.Connection, org_id: str, name: str, name_zh: str, kind: str) -> None:
    owner.execute(
        "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [org_id, name, name_zh, kind],
    )


def maker_sealer(seal_root: bytes) -> Sealer:
    """What seals the serials of the maker's batches."""
    return Sealer(seal_key(seal_root, MAKER, 0), 0)


class Units:
    """Genuine sealed codes of a batch, by index."""

    def __init__(self, seal_root: bytes, batch_number: int = BATCH) -> None:
        self._sealer, self._batch_number = maker_sealer(seal_root), batch_number

    def path(self, index: int) -> str:
        """The code as a path, as readers may report it."""
        return code.uri("", GTIN, self._sealer.seal(GTIN, self._batch_number, index))


def sscc_path(number: int) -> str:
    """The path of a pallet's SSCC: extension digit 3, company prefix, ``number`` of nine digits, check digit."""
    body = f"3{PREFIX}{number:09}"
    return f"/00/{body}{check_digit(body)}"
