"""Keys and prefixes: what the keyring is built from, and new keys."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, Invalid
from schemas.keys import SealKey, SigningKey
from schemas.serial import KEY_NUMBERS


def epoch(cursor: Cursor) -> int:
    """A number that grows with every change of keys or prefixes."""
    row = cursor.execute("SELECT epoch FROM suyuan.key_epoch").fetchone()
    return 0 if row is None else int(row["epoch"])


def prefixes(cursor: Cursor) -> list[tuple[str, str]]:
    """All company prefixes, each with its organisation."""
    rows = cursor.execute("SELECT prefix, org_id FROM suyuan.company_prefix").fetchall()
    return [(row["prefix"], row["org_id"]) for row in rows]


def seal_keys(cursor: Cursor) -> list[SealKey]:
    """All sealing key numbers, newest first within an organisation."""
    rows = cursor.execute(
        "SELECT org_id, key_number, revoked_at FROM suyuan.seal_key ORDER BY org_id, created_at DESC, key_number DESC"
    ).fetchall()
    return [SealKey(row["org_id"], row["key_number"], row["revoked_at"] is not None) for row in rows]


def signing_keys(cursor: Cursor) -> list[SigningKey]:
    """All signing keys, by key id."""
    rows = cursor.execute(
        "SELECT kid, org_id, public_key, not_before, not_after, revoked_at FROM suyuan.signing_key ORDER BY kid"
    ).fetchall()
    return [
        SigningKey(**row | {"public_key": Ed25519PublicKey.from_public_bytes(bytes(row["public_key"]))}) for row in rows
    ]


def usable_signing_keys(cursor: Cursor, org_id: str, now: datetime) -> list[str]:
    """The organisation's key ids that may sign at ``now``, the one that lasts longest first."""
    rows = cursor.execute(
        "SELECT kid FROM suyuan.signing_key WHERE org_id = %s AND revoked_at IS NULL"
        " AND not_before <= %s AND not_after > %s ORDER BY not_after DESC, kid",
        [org_id, now, now],
    ).fetchall()
    return [row["kid"] for row in rows]


def newest_seal_key(cursor: Cursor, org_id: str) -> int | None:
    """The key number under which the organisation's next batch is sealed, None when it has none."""
    row = cursor.execute(
        "SELECT key_number FROM suyuan.seal_key WHERE org_id = %s AND revoked_at IS NULL"
        " ORDER BY created_at DESC, key_number DESC LIMIT 1",
        [org_id],
    ).fetchone()
    return None if row is None else int(row["key_number"])


def add_signing_key(
    cursor: Cursor, *, kid: str, org_id: str, public_key: bytes, not_before: datetime, not_after: datetime
) -> bool:
    """Register a public key. False when the key id is taken.

    :raises LookupError: there is no such organisation.
    """
    try:
        added = cursor.execute(
            "INSERT INTO suyuan.signing_key (kid, org_id, public_key, not_before, not_after)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (kid) DO NOTHING",
            [kid, org_id, public_key, not_before, not_after],
        )
    except errors.ForeignKeyViolation:
        raise LookupError(org_id) from None
    return added.rowcount == 1


def keys_of(cursor: Cursor, org_id: str) -> dict[str, list[Row]]:
    """An organisation's keys as it may see them: ``seal_keys`` by number, ``signing_keys`` by key id."""
    seal = cursor.execute(
        "SELECT key_number, created_at, revoked_at, revocation_reason,"
        " (SELECT count(*) FROM suyuan.batch WHERE batch.org_id = k.org_id AND batch.key_number = k.key_number)"
        " AS batches FROM suyuan.seal_key AS k WHERE org_id = %s ORDER BY key_number",
        [org_id],
    ).fetchall()
    signing = cursor.execute(
        "SELECT kid, not_before, not_after, revoked_at, revocation_reason FROM suyuan.signing_key"
        " WHERE org_id = %s ORDER BY not_before, kid",
        [org_id],
    ).fetchall()
    return {"seal_keys": seal, "signing_keys": signing}


def add_seal_key(cursor: Cursor, org_id: str) -> int:
    """Add the organisation's next sealing key number: batches registered from now on carry it.

    :raises Conflict: when all numbers are used.
    :raises Invalid: when the organisation is no maker.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('suyuan/seal_key/' || %s, 0))", [org_id])
    row = cursor.execute("SELECT kind FROM suyuan.organisation WHERE org_id = %s", [org_id]).fetchone()
    if row is None or row["kind"] != "maker":
        raise Invalid("no_maker", f"{org_id!r} is no maker.", "Name an organisation that makes goods.")
    last = cursor.execute(
        "SELECT coalesce(max(key_number), -1) AS last FROM suyuan.seal_key WHERE org_id = %s", [org_id]
    ).fetchone()
    number = 0 if last is None else int(last["last"]) + 1
    if number >= KEY_NUMBERS:
        raise Conflict(
            "no_key_number",
            f"All {KEY_NUMBERS} key numbers of {org_id} are used; a serial has room for no more.",
            "Register a new organisation for the maker's next products.",
        )
    cursor.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, %s)", [org_id, number])
    return number


NEW_SEAL_KEYS, NEW_SIGNING_KEYS = 2, 4
"""Keys that an organisation may make over HTTP within 30 days: one token that leaked can't use up what there is."""
RESERVED_NUMBERS = 4
"""The last sealing key numbers are the operator's to give."""


def require_room(cursor: Cursor, org_id: str, kind: str, *, operator: bool) -> None:
    """Refuse one more key of ``kind`` (``seal``, ``signing``) now. Others who ask meanwhile wait for the transaction.

    :raises Conflict: enough were made of late, or what is left is reserved.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('suyuan/seal_key/' || %s, 0))", [org_id])
    row = cursor.execute(
        "SELECT (SELECT count(*) FROM suyuan.seal_key WHERE org_id = %(org)s AND key_number > 0"
        " AND created_at > now() - interval '30 days') AS seal,"
        " (SELECT count(*) FROM suyuan.signing_key WHERE org_id = %(org)s"
        " AND not_before > now() - interval '30 days') AS signing,"
        " (SELECT coalesce(max(key_number), -1) + 1 FROM suyuan.seal_key WHERE org_id = %(org)s) AS next",
        {"org": org_id},
    ).fetchone()
    if row is None or row[kind] >= (NEW_SEAL_KEYS if kind == "seal" else NEW_SIGNING_KEYS):
        raise Conflict("keys_made_often", "Enough keys were made within 30 days.", "The operator's command line can.")
    if kind == "seal" and not operator and row["next"] >= KEY_NUMBERS - RESERVED_NUMBERS:
        raise Conflict("reserved_numbers", f"The last {RESERVED_NUMBERS} numbers are reserved.", "Ask the operator.")


def fault_of_keys(cursor: Cursor, batch: Row, now: datetime) -> tuple[str, str] | None:
    """Why a batch's codes must not be issued now: a slug and a sentence; None when its keys are good."""
    row = cursor.execute(
        "SELECT s.revoked_at IS NOT NULL AS seal_revoked, k.revoked_at IS NOT NULL AS signing_revoked,"
        " k.not_before, k.not_after FROM suyuan.seal_key AS s LEFT JOIN suyuan.signing_key AS k ON k.kid = %s"
        " WHERE s.org_id = %s AND s.key_number = %s",
        [batch["kid"], batch["org_id"], batch["key_number"]],
    ).fetchone()
    if row is None or row["seal_revoked"]:
        return "revoked_key", f"Sealing key number {batch['key_number']} has been revoked."
    if batch["kid"] is None:
        return None
    if row["signing_revoked"]:
        return "revoked_key", f"Signing key {batch['kid']} has been revoked."
    if not row["not_before"] <= now < row["not_after"]:
        return "expired_key", f"Signing key {batch['kid']} may sign only until {row['not_after']:%Y-%m-%d}."
    return None
