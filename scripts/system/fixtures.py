"""The least that must be registered before goods are judged: a maker with a batch, and readers. By SQL, for trials."""

from dataclasses import dataclass
from datetime import UTC, datetime

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

_BODY = f"0{PREFIX}00001"
GTIN = _BODY + str(check_digit(_BODY))


@dataclass(frozen=True, slots=True)
class Device:
    """A reader that may send."""

    address: Address
    key: Ed25519PrivateKey


def register_maker(owner: psycopg.Connection, quantity: int) -> None:
    """One maker with one product and one batch of ``quantity`` units that may be sold anywhere."""
    owner.execute(
        "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, 'Maker', '厂家', 'maker')", [MAKER]
    )
    owner.execute("INSERT INTO suyuan.company_prefix VALUES (%s, %s)", [PREFIX, MAKER])
    owner.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0)", [MAKER])
    owner.execute(
        "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'Tea', '茶')", [GTIN, MAKER]
    )
    owner.execute(
        "INSERT INTO suyuan.batch (org_id, batch_number, gtin, lot, quantity, key_number, grade, produced_on)"
        " VALUES (%s, %s, %s, 'LOT1', %s, 0, 'sealed', '2025-01-01')",
        [MAKER, BATCH, GTIN, quantity],
    )
    owner.execute(
        "INSERT INTO suyuan.commissioning (org_id, batch_number, indexes, commissioned_at)"
        " VALUES (%s, %s, int8range(0, %s), %s)",
        [MAKER, BATCH, quantity, COMMISSIONED],
    )


def enrol(owner: psycopg.Connection, reader_id: str) -> Device:
    """A reader of the maker's, with a new key."""
    device = Device(Address(MAKER, reader_id), Ed25519PrivateKey.generate())
    owner.execute("INSERT INTO suyuan.reader (org_id, reader_id) VALUES (%s, %s)", [MAKER, reader_id])
    owner.execute(
        "INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key) VALUES (%s, %s, %s, %s)",
        [MAKER, reader_id, KID, device.key.public_key().public_bytes_raw()],
    )
    return device


class Units:
    """Genuine sealed codes of the batch, by index."""

    def __init__(self, seal_root: bytes) -> None:
        self._sealer = Sealer(seal_key(seal_root, MAKER, 0), 0)

    def path(self, index: int) -> str:
        """The code as a path, as readers may report it."""
        return code.uri("", GTIN, self._sealer.seal(GTIN, BATCH, index))


def pallet(number: int) -> str:
    """The path of an SSCC."""
    body = f"3{PREFIX}{number:09}"
    return f"/00/{body}{check_digit(body)}"
