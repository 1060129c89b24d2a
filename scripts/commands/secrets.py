"""Secrets of a deployment: random values in files, and files derived from them. Needs the standard library only.

Every file has mode 0444 in a folder of mode 0700: on the host only the owner gets into the folder, and docker-compose,
which mounts a secret with the mode that it has here, shows each container its own files, whatever its user.
"""

import argparse
import hashlib
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path

from scripts.environment import ROOT

FOLDER = ROOT / "var" / "secrets"

ROLES = {
    "owner": "suyuan_owner",
    "gateway": "suyuan_gateway",
    "notifier": "suyuan_notifier",
    "resolver": "suyuan_resolver",
    "public": "suyuan_public",
}
"""Whose connection to the store: the database role."""

GATEWAY_USER = "suyuan-gateway"

_PKCS8_OF_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes of a private key in its PKCS #8 form."""

READER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?/[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

# What mosquitto_passwd takes as well. The passwords have 192 random bits, so a slow hash would protect nothing more,
# and the broker works it out in the one thread that serves everybody.
ITERATIONS = 101
SALT_BYTES = 12


class _Folder:
    """Files of one value each; ``written`` names those that were made or changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written: list[str] = []

    def existing_or(self, name: str, value: str) -> str:
        """The content of the file, which is made with ``value`` if it is missing."""
        if not (self._path / name).exists():
            self._write(name, value)
        return self.text(name)

    def replace(self, name: str, value: str) -> None:
        """Write ``value`` unless it is the content already."""
        if self.text(name) != value:
            self._write(name, value)

    def text(self, name: str) -> str:
        """The content of the file; empty if it is missing."""
        path = self._path / name
        return path.read_text(encoding="ascii").strip() if path.exists() else ""

    def _write(self, name: str, value: str) -> None:
        path = self._path / name
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        os.write(file, f"{value}\n".encode("ascii"))
        os.fsync(file)
        os.close(file)
        fresh.chmod(0o444)  # whatever the umask took away
        fresh.replace(path)
        self.written.append(name)


def make(folder: Path, readers: tuple[str, ...] = ()) -> list[str]:
    """Make what is missing in ``folder``, and broker accounts for ``readers`` ("org/reader").

    Returns the names of the files that were written: none when everything was there.

    :raises ValueError: a reader's name is not one.
    """
    for reader in readers:
        if not READER.fullmatch(reader):
            raise ValueError(f"reader {reader!r}: use org/reader, each of lower-case letters, digits and hyphens")
    for place in (folder, folder / "readers"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
    files = _Folder(folder)
    files.existing_or("seal-root", secrets.token_hex(32))
    files.existing_or("pepper", secrets.token_hex(32))
    files.existing_or("webhook-root", secrets.token_hex(32))
    files.existing_or("answer-key", ed25519_pem(secrets.token_bytes(32)))
    for name, role in ROLES.items():
        password = files.existing_or(f"{name}-password", secrets.token_urlsafe(24))
        files.replace(f"{name}-database-url", f"postgresql://{role}:{password}@store:5432/suyuan")
    accounts = {GATEWAY_USER: files.existing_or("mqtt-gateway-password", secrets.token_urlsafe(24))}
    for reader in readers:
        files.existing_or(f"readers/{reader.replace('/', '.')}", secrets.token_urlsafe(24))
    for path in sorted((folder / "readers").iterdir()):
        accounts[path.name.replace(".", "/")] = files.text(f"readers/{path.name}")
    files.replace("mqtt-passwords", _password_file(files.text("mqtt-passwords"), accounts))
    return files.written


def ed25519_pem(seed: bytes) -> str:
    """An Ed25519 private key of 32 bytes as PKCS #8 in PEM (RFC 8410, section 10.3; RFC 7468)."""
    text = b64encode(_PKCS8_OF_ED25519 + seed).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----"


def mosquitto_hash(password: str, salt: bytes) -> str:
    """A password as Mosquitto 2 stores it: PBKDF2 (RFC 8018) with HMAC-SHA-512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def _password_file(present: str, accounts: dict[str, str]) -> str:
    """Mosquitto's password file; the salts of present accounts are reused, so that an unchanged file stays the same."""
    salts = {line.partition(":")[0]: b64decode(line.split("$")[3]) for line in present.splitlines()}
    return "\n".join(
        f"{name}:{mosquitto_hash(password, salts.get(name) or secrets.token_bytes(SALT_BYTES))}"
        for name, password in accounts.items()
    )


def main(arguments: Sequence[str]) -> int:
    """Command line of `scripts/secrets`; 0 when all secrets are there."""
    parser = argparse.ArgumentParser(
        prog="scripts/secrets",
        description="Make the secrets of a docker-compose deployment. Those that are there already stay as they are.",
        epilog="docs/operations.md says which of them must be backed up, and how to change one.",
    )
    parser.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="ORG/READER",
        help="also make a broker account for this reader; its password is in readers/ORG.READER",
    )
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER", help="make them elsewhere")
    options = parser.parse_args(arguments)
    try:
        written = make(options.into, tuple(options.reader))
    except ValueError as error:
        parser.error(str(error))
    for name in written:
        print(f"written: {options.into / name}")
    print("restart the broker to let it know" if options.reader and written else "all secrets are there")
    return 0
