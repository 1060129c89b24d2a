"""Key material as values: who may seal, who may sign, and what has been withdrawn.

Sealing keys are derived, never stored: HKDF-SHA256 (RFC 5869) from one root secret. Signing keys are Ed25519
(RFC 8032); only their public half appears here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas import base32
from schemas.serial import Sealer

ROOT_BYTES = 32
KEY_ID_LENGTH = 2
"""Base-32 characters of a signing key's id in a code: 1,024 keys a platform."""


class RootKey(Protocol):
    """The one secret that every other symmetric key follows from, wherever it is kept."""

    def derive(self, info: bytes) -> bytes:
        """The 32 bytes that HKDF-SHA256 without salt gives for ``info``."""


@dataclass(frozen=True, slots=True)
class SecretRoot:
    """A root secret in memory, as a file gave it.

    :raises ValueError: it has fewer than 32 bytes.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < ROOT_BYTES:
            raise ValueError(f"a sealing root has at least {ROOT_BYTES} bytes, not {len(self.secret)}")

    def derive(self, info: bytes) -> bytes:
        """As :meth:`RootKey.derive`."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.secret)


@dataclass(frozen=True, slots=True)
class DeviceRoot:
    """A root inside a key service or an HSM, which lends us HMAC-SHA256 and never its key.

    One block of HKDF's output is ``HMAC(PRK, info | 0x01)`` (RFC 5869, section 2.3). A device whose HMAC key is the
    extracted key PRK therefore derives the same keys as :class:`SecretRoot` does from the secret that PRK came from.
    ``mac`` is that one call: ``C_Sign`` with CKM_SHA256_HMAC of PKCS#11, or a key service's "generate MAC".
    """

    mac: Callable[[bytes], bytes]

    def derive(self, info: bytes) -> bytes:
        """As :meth:`RootKey.derive`."""
        return self.mac(info + b"\x01")


def seal_key(root: RootKey | bytes, org_id: str, key_number: int) -> bytes:
    """The 32-byte sealing key of an organisation's key number.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    return _derived(root, f"seal/{org_id}/{key_number}")


def inner_key(root: RootKey | bytes, org_id: str, key_number: int) -> bytes:
    """As :func:`seal_key`, for the covert codes inside the pack: another domain, so that neither code tells the other.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    return _derived(root, f"inner/{org_id}/{key_number}")


@dataclass(frozen=True, slots=True)
class TagKeys:
    """The two AES-128 keys of a dynamic tag (:mod:`schemas.sun`): the first is one for all tags of an organisation."""

    meta_read: bytes = field(repr=False)
    file_read: bytes = field(repr=False)


def tag_keys(root: RootKey | bytes, org_id: str, uid: bytes) -> TagKeys:
    """The keys of the tag ``uid``: whoever reads one tag out by force has learnt nothing of the others' messages.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    meta, file = _derived(root, f"tag/{org_id}"), _derived(root, f"tag/{org_id}/{uid.hex()}")
    return TagKeys(meta[:16], file[:16])


def webhook_key(root: RootKey | bytes, subscription_id: str, number: int) -> bytes:
    """The 32 bytes under which a subscription's webhooks are signed; ``number`` counts the renewals.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    return _derived(root, f"webhook/{subscription_id}/{number}")


def _derived(root: RootKey | bytes, purpose: str) -> bytes:
    source = SecretRoot(root) if isinstance(root, bytes) else root
    return source.derive(f"suyuan/v1/{purpose}".encode())


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
    """An organisation that issues codes: its sealers by key number, and the key numbers that were revoked.

    ``inner`` are the sealers of the covert codes inside the pack, under the same key numbers.
    """

    org_id: str
    sealers: tuple[Sealer, ...]
    revoked: frozenset[int] = frozenset()
    inner: tuple[Sealer, ...] = ()


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


@dataclass(frozen=True, slots=True)
class SealKey:
    """One sealing key number of an organisation, as the store knows it."""

    org_id: str
    key_number: int
    revoked: bool = False


def build_keyring(
    root: RootKey | bytes,
    prefixes: Iterable[tuple[str, str]],
    seal_keys: Iterable[SealKey],
    signing_keys: Iterable[SigningKey],
) -> Keyring:
    """The keyring of a store's rows. ``prefixes`` are pairs of company prefix and organisation.

    ``seal_keys`` come newest first within an organisation: most codes carry the newest, which is then tried first.
    """
    outer: dict[str, list[Sealer]] = defaultdict(list)
    inner: dict[str, list[Sealer]] = defaultdict(list)
    revoked: dict[str, set[int]] = defaultdict(set)
    for each in seal_keys:
        outer[each.org_id].append(Sealer(seal_key(root, each.org_id, each.key_number), each.key_number))
        inner[each.org_id].append(Sealer(inner_key(root, each.org_id, each.key_number), each.key_number))
        if each.revoked:
            revoked[each.org_id].add(each.key_number)
    issuers = {
        org_id: Issuer(org_id, tuple(sealers), frozenset(revoked[org_id]), tuple(inner[org_id]))
        for org_id, sealers in outer.items()
    }
    return Keyring(
        {prefix: issuers[org_id] for prefix, org_id in prefixes if org_id in issuers},
        {key.kid: key for key in signing_keys},
    )
