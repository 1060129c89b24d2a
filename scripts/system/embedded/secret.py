"""Secrets in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` with mode 0600; a reader sees the old text or the new, never a part."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    # Created 0600, not narrowed afterwards: there is no moment in which others may open it.
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - the descriptor carries the mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def stored_password(path: Path) -> str:
    """The password in `path`; if there is none yet, a new one of 192 bits is stored there."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(24)
        write_private(path, password + "\n")
        return password


def new_private_key_pem() -> str:
    """A new Ed25519 private key as PKCS #8 in PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
