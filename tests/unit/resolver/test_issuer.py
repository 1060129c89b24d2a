"""Minting signed codes: the private key's file, and who may read it."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.mint.issuer import BatchToMint, Issuer
from resolver.mint.signing_key import save_signing_key
from schemas.code import Proof, check
from schemas.digital_link import parse
from schemas.errors import Misconfigured
from schemas.keys import Issuer as CodeIssuer
from schemas.keys import Keyring, SigningKey, seal_key
from schemas.serial import Sealer

ROOT = b"\x11" * 32


GTIN = "09521234000013"


def keyring(signing):
    issuer = CodeIssuer("huadu", (Sealer(seal_key(ROOT, "huadu", 3), 3),))
    return Keyring({"9521234": issuer}, signing)


def test_signed_codes_need_the_private_key_which_nobody_else_may_read(tmp_path):
    issuer = Issuer(ROOT, tmp_path / "keys", "https://id.example.com")
    batch = BatchToMint("huadu", 9, GTIN, 3, "7K")
    with pytest.raises(Misconfigured, match="put the PEM file of key 7K there"):
        issuer.mint(batch)

    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    save_signing_key(tmp_path / "keys", "7K", key)
    with pytest.raises(FileExistsError):
        save_signing_key(tmp_path / "keys", "7K", key)
    path = tmp_path / "keys" / "7K.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    public = SigningKey(
        "7K", "huadu", key.public_key(), datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    )
    (minted,) = issuer.mint(batch).codes(range(1))
    assert check(parse(minted.uri), keyring({"7K": public})).proof is Proof.SIGNED

    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        issuer.mint(batch)
