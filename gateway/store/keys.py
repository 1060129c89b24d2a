"""Keys from the store: the keyring that codes are checked with, and readers' public keys."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.message.decoding import ReaderKey, ReaderKeys, ReaderProfile
from gateway.store.connection import Connection
from schemas.keys import Keyring, SealKey, SigningKey, build_keyring
from schemas.topics import Address


def key_epoch(connection: Connection) -> int:
    """A number that every change of issuers' keys or prefixes increases."""
    row = connection.execute("SELECT epoch FROM suyuan.key_epoch").fetchone()
    return 0 if row is None else int(row[0])


def load_keyring(connection: Connection, root: bytes) -> Keyring:
    """The keyring that codes are checked with; ``root`` is the secret that sealing keys are derived from."""
    prefixes = connection.execute("SELECT prefix, org_id FROM suyuan.company_prefix").fetchall()
    seal_keys = connection.execute(
        "SELECT org_id, key_number, revoked_at IS NOT NULL FROM suyuan.seal_key ORDER BY org_id, key_number DESC"
    ).fetchall()
    signing = connection.execute(
        "SELECT kid, org_id, public_key, not_before, not_after, revoked_at FROM suyuan.signing_key"
    ).fetchall()
    return build_keyring(
        root,
        prefixes,
        [SealKey(*row) for row in seal_keys],
        [
            SigningKey(kid, org, Ed25519PublicKey.from_public_bytes(public), *rest)
            for kid, org, public, *rest in signing
        ],
    )


def reader_keys(connection: Connection, addresses: Iterable[Address]) -> ReaderKeys:
    """The keys of these readers, never cached; a reader that is not enrolled is absent."""
    wanted = sorted({(address.org_id, address.reader_id) for address in addresses})
    keys: dict[Address, dict[bytes, ReaderKey]] = {}
    rows = connection.execute(
        """
        SELECT r.org_id, r.reader_id, k.kid, k.public_key, (k.revoked_at IS NOT NULL OR r.revoked_at IS NOT NULL),
               r.site_id, r.class
        FROM unnest(%s::text[], %s::text[]) AS wanted (org_id, reader_id)
        JOIN suyuan.reader AS r USING (org_id, reader_id)
        JOIN suyuan.reader_key AS k USING (org_id, reader_id)
        """,
        [[org for org, _ in wanted], [reader for _, reader in wanted]],
    )
    for org_id, reader_id, kid, public_key, revoked, *profile in rows:
        key = ReaderKey(Ed25519PublicKey.from_public_bytes(public_key), revoked, ReaderProfile(*profile))
        keys.setdefault(Address(org_id, reader_id), {})[kid] = key
    return keys
