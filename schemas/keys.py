"""Key material as values: who may seal, who may sign, and what has been withdrawn.

Sealing keys are derived, never stored: HKDF-SHA256 (RFC 5869) from one root secret. Signing keys are Ed25519
(RFC 8032); only their public half appears here.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas import base32
from schemas.serial import Sealer

ROOT_BYTES = 32
KEY_ID_LENGTH = 2
"""Base-32 characters of a signing key's id in a code: 1,024 keys a platform."""


def seal_key(root: bytes, org_id: str, key_number: int) -> bytes:
    """The 32-byte sealing key of an organisation's key number.

    :raises ValueError: ``root`` has fewer than 32 bytes.
    """
    if len(root) < ROOT_BYTES:
        raise ValueError(f"a sealing root has at least {ROOT_BYTES} bytes, not {len(root)}")
    info = f"suyuan/v1/seal/{org_id}/{key_number}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The public half of a code-signing key. Times bound when it may sign; a revoked key proves nothing."""

    kid: str
    org_id: str
    public_key: Ed25519PublicKey
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if len(self.kid) != KEY_ID_LENGTH or any(c not in base32.ALPHABET for c in self.kid):
            raise ValueError(f"key id {self.kid!r} is not {KEY_ID_LENGTH} base-32 characters")


@dataclass(frozen=True, slots=True)
class Issuer:
    """An organisation that issues codes: its sealers by key number, and the key numbers that were revoked."""

    org_id: str
    sealers: tuple[Sealer, ...]
    revoked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Keyring:
    """All that checking a code needs: issuers by GS1 company prefix, signing keys by key id."""

    prefixes: dict[str, Issuer]
    signing: dict[str, SigningKey]

    def issuer_of(self, gtin: str) -> Issuer | None:
        """Who issues codes for a 14-digit GTIN: the longest registered company prefix behind its indicator digit."""
        for length in range(12, 3, -1):
            issuer = self.prefixes.get(gtin[1 : 1 + length])
            if issuer is not None:
                return issuer
        return None
