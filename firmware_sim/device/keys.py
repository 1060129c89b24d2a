"""Readers' private keys in a folder: ``{org}/{reader}/{kid}.pem``, Ed25519 in PKCS #8."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from schemas.errors import Misconfigured
from schemas.topics import NAME, Address


@dataclass(frozen=True, slots=True)
class ReaderKey:
    """A reader's name, key id and private key."""

    address: Address
    kid: bytes
    key: Ed25519PrivateKey


def save_key(folder: Path, reader: ReaderKey) -> Path:
    """Write a key to its file (mode 0600); gives the path.

    :raises FileExistsError: there is one of this name; a key is never overwritten.
    """
    path = folder / reader.address.org_id / reader.address.reader_id / f"{reader.kid.decode()}.pem"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(reader.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file.

    :raises Misconfigured: the file can't be read, or has no Ed25519 private key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(f"{path}: no readable private key: {str(error).splitlines()[0][:120]}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path}: not an Ed25519 key")
    return key


def load_keys(folder: Path) -> list[ReaderKey]:
    """The newest key (the last by name) of each reader in the folder, by organisation and reader.

    :raises Misconfigured: the folder has no keys, or a file in it is not such a key.
    """
    newest: dict[Address, ReaderKey] = {}
    for path in sorted(folder.glob("*/*/*.pem")):
        address = Address(path.parent.parent.name, path.parent.name)
        if not (NAME.fullmatch(address.org_id) and NAME.fullmatch(address.reader_id)):
            raise Misconfigured(
                f"{path}: expected {{org}}/{{reader}}/{{kid}}.pem with lower-case letters, digits, hyphens"
            )
        newest[address] = ReaderKey(address, path.stem.encode(), load_key(path))
    if not newest:
        raise Misconfigured(f"{folder}: no keys; expected files {{org}}/{{reader}}/{{kid}}.pem")
    return list(newest.values())
