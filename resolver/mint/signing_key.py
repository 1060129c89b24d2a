"""The private keys of signed codes: Ed25519, one file ``{kid}.pem`` (PKCS #8, mode 0600) in one folder."""

import os
import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import base32
from schemas.errors import Misconfigured
from schemas.keys import KEY_ID_LENGTH

OPEN_TO_OTHERS = 0o077


class WrittenKey(NamedTuple):
    """The public half of a key that was written: its key id, and the public key (RFC 8032, 32 bytes)."""

    kid: str
    public_key: bytes


def write_signing_key(key_dir: Path) -> WrittenKey:
    """Make a key under a random key id and write it to the disk, readable by its owner only.

    :raises FileExistsError: there is a key of that id; another attempt takes another id.
    :raises Misconfigured: the folder can't be written.
    """
    kid, key = base32.encode(secrets.randbits(5 * KEY_ID_LENGTH), KEY_ID_LENGTH), Ed25519PrivateKey.generate()
    save_signing_key(key_dir, kid, key)
    return WrittenKey(kid, key.public_key().public_bytes_raw())


def save_signing_key(key_dir: Path, kid: str, key: Ed25519PrivateKey) -> None:
    """Write a new private key, readable by its owner only, and sync it to the disk.

    :raises FileExistsError: there is a key of that id.
    :raises Misconfigured: the folder can't be written.
    """
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        key_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(signing_key_path(key_dir, kid), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise Misconfigured(f"SUYUAN_SIGNING_KEY_DIR: can't write {key_dir} ({error.strerror})") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def remove_signing_key(key_dir: Path, kid: str) -> None:
    """Remove the file of a key that was never registered."""
    signing_key_path(key_dir, kid).unlink(missing_ok=True)


def signing_key_path(key_dir: Path, kid: str) -> Path:
    """The file of the private key ``kid``."""
    return key_dir / f"{kid}.pem"


def read_signing_key(path: Path, kid: str) -> Ed25519PrivateKey:
    """The private key in a file of :func:`save_signing_key`.

    :raises Misconfigured: it is not there, is no Ed25519 key, or others can read it.
    """
    try:
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise Misconfigured(f"others can read {path}; run: chmod 600 {path}")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"can't read signing key {path}: {error}; put the PEM file of key {kid} there") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is not an Ed25519 key")
    return key
