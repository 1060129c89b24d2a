"""The issuer: the only holder of the private keys of signed codes, and where codes are minted."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.mint.mint import Layer, Mint, Recipe
from schemas import base32
from schemas.errors import Misconfigured
from schemas.keys import KEY_ID_LENGTH, RootKey, TagKeys, inner_key, seal_key, tag_keys

OPEN_TO_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class BatchToMint:
    """What minting needs to know of a batch. ``kid`` None: sealed codes."""

    org_id: str
    batch_number: int
    gtin: str
    key_number: int
    kid: str | None


class Issuer:
    """Makes mints. ``root`` is the sealing root; private keys are files ``{kid}.pem`` in ``key_dir``."""

    def __init__(self, root: RootKey | bytes, key_dir: Path, base_url: str) -> None:
        self._root = root
        self._key_dir = key_dir
        self.base_url = base_url

    def holds(self, kid: str) -> bool:
        """True when the private key of ``kid`` is here."""
        return self._path(kid).is_file()

    def mint(self, batch: BatchToMint, layer: Layer = Layer.OUTER, base_url: str | None = None) -> Mint:
        """What makes a batch's codes of one layer; ``base_url`` stands in for the platform's present one.

        :raises Misconfigured: the batch is signed and its private key is not here.
        """
        derive = seal_key if layer is Layer.OUTER else inner_key
        kid = batch.kid if layer is Layer.OUTER else None
        return Mint(
            Recipe(
                layer=layer,
                gtin=batch.gtin,
                batch_number=batch.batch_number,
                key_number=batch.key_number,
                base_url=base_url or self.base_url,
                seal_key=derive(self._root, batch.org_id, batch.key_number),
                kid=kid,
                signing_key=None if kid is None else self._private_key(kid).private_bytes_raw(),
            )
        )

    def tag_keys(self, org_id: str, uid: bytes) -> TagKeys:
        """The keys of one of an organisation's dynamic tags."""
        return tag_keys(self._root, org_id, uid)

    def _path(self, kid: str) -> Path:
        return self._key_dir / f"{kid}.pem"

    def _private_key(self, kid: str) -> Ed25519PrivateKey:
        path = self._path(kid)
        try:
            if path.stat().st_mode & OPEN_TO_OTHERS:
                raise Misconfigured(f"others can read {path}; run: chmod 600 {path}")
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise Misconfigured(
                f"can't read signing key {path}: {error}; put the PEM file of key {kid} there"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Misconfigured(f"{path} is not an Ed25519 key")
        return key


def new_key_id() -> str:
    """A random key id; the store says whether it is free."""
    return base32.encode(secrets.randbits(5 * KEY_ID_LENGTH), KEY_ID_LENGTH)


def keep_private_key(key_dir: Path, kid: str, key: Ed25519PrivateKey) -> None:
    """Write a new private key, readable by its owner only, to the disk itself.

    :raises FileExistsError: there is a key of that id.
    :raises Misconfigured: the folder can't be written.
    """
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        key_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(key_dir / f"{kid}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise Misconfigured(f"SUYUAN_SIGNING_KEY_DIR: can't write {key_dir} ({error.strerror})") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def forget_private_key(key_dir: Path, kid: str) -> None:
    """Remove a key that was never registered."""
    (key_dir / f"{kid}.pem").unlink(missing_ok=True)
