"""Who gets into the broker: certificates or passwords for the readers that are enrolled, and nobody else.

``scripts/broker-access tls`` is for Mosquitto with mutual TLS, ``scripts/broker-access passwords`` for Mosquitto or
NATS with an account for each reader. Both may be run again at any time: what is there stays, what was revoked goes.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from schemas import topics
from schemas.topics import Address
from scripts.commands import secrets
from scripts.commands.broker_access import certificate_authority
from scripts.system.embedded.broker import accounts
from scripts.system.embedded.permission import BrokerUser
from scripts.system.embedded.secret import write_private

RENEW = timedelta(days=60)
"""A certificate that expires so soon is replaced."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One key of an enrolled reader. ``revoked``: the key or the reader is."""

    address: Address
    kid: bytes
    public_key: bytes
    revoked: bool

    @property
    def name(self) -> str:
        """The broker's user, and the certificate's common name."""
        return f"{self.address.org_id}/{self.address.reader_id}"


def enrolled(database_url: str) -> list[Enrolled]:
    """Every key of every reader in the store; the role must see all readers, as the gateway's does."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT org_id, reader_id, kid, public_key, k.revoked_at IS NOT NULL OR r.revoked_at IS NOT NULL"
            " FROM suyuan.reader AS r JOIN suyuan.reader_key AS k USING (org_id, reader_id)"
            " ORDER BY org_id, reader_id, kid"
        ).fetchall()
    return [Enrolled(Address(org, reader), kid, key, revoked) for org, reader, kid, key, revoked in rows]


def reader_user(address: Address, password: str) -> BrokerUser:
    """The account of one reader: its own topics, and no others."""
    return BrokerUser(
        f"{address.org_id}/{address.reader_id}",
        password,
        publish=(address.topic(topics.EVENTS), address.topic(topics.STATUS)),
        subscribe=(address.topic(topics.RECEIPT), address.topic(topics.SETTINGS)),
    )


def gateway_user(password: str) -> BrokerUser:
    """The account of the gateways."""
    every = f"{topics.ROOT}/+/+/"
    return BrokerUser(
        secrets.GATEWAY_USER,
        password,
        publish=(every + topics.RECEIPT, every + topics.SETTINGS),
        subscribe=(every + topics.EVENTS, every + topics.STATUS),
    )


def make_passwords(folder: Path, keys: Sequence[Enrolled]) -> list[str]:
    """Accounts in ``folder``, as ``scripts/secrets`` lays it out, and the same for NATS; names the files written.

    Accounts of readers without a key that is good go.
    """
    good = {key.name for key in keys if not key.revoked}
    for name in {key.name for key in keys} - good:
        (folder / "readers" / name.replace("/", ".")).unlink(missing_ok=True)
    written = secrets.make(folder, tuple(sorted(good)))
    users = [gateway_user((folder / "mqtt-gateway-password").read_text(encoding="ascii").strip())]
    for path in sorted((folder / "readers").iterdir()):
        address = Address(*path.name.split(".", 1))
        users.append(reader_user(address, path.read_text(encoding="ascii").strip()))
    text = json.dumps({"users": accounts(users, ())}, indent=2) + "\n"
    place = folder / "nats-authorization.json"
    if not place.exists() or place.read_text(encoding="ascii") != text:
        write_private(place, text)
        written.append(place.name)
    return written


def make_certificates(folder: Path, keys: Sequence[Enrolled], hosts: Sequence[str], now: datetime) -> list[str]:
    """Authority, broker's certificate, one certificate for each good key, and the list of the revoked; names the new.

    :raises ValueError: a reader's name is too long for a certificate.
    """
    for place in (folder, folder / "readers", folder / "revoked"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[str] = []
    key, authority = _authority(folder, now, written)
    if _ends_soon(folder / "server.pem", now) or _hosts_of(folder / "server.pem") != sorted(hosts):
        own, certificate = certificate_authority.server_certificate(key, authority, hosts, now)
        _write_key(folder / "server-key.pem", own)
        # As the other secrets of a deployment: nobody gets into the folder, and a container reads what it is shown.
        (folder / "server-key.pem").chmod(0o444)
        _write(folder / "server.pem", certificate, written)
    for each in keys:
        _settle(folder, each, key, authority, now, written)
    revoked = [x509.load_pem_x509_certificate(path.read_bytes()) for path in (folder / "revoked").glob("*.pem")]
    revocations = certificate_authority.revocation_list(key, authority, revoked, now)
    (folder / "revoked.crl").write_bytes(revocations.public_bytes(Encoding.PEM))
    (folder / "listener.conf").write_text(listener(folder), encoding="utf-8")
    return written


def listener(folder: Path, port: int = 8883) -> str:
    """Mosquitto's settings of a listener that asks for a certificate, and takes its common name for the user."""
    return "\n".join(
        [
            f"listener {port}",
            f"cafile {folder / 'ca.pem'}",
            f"certfile {folder / 'server.pem'}",
            f"keyfile {folder / 'server-key.pem'}",
            f"crlfile {folder / 'revoked.crl'}",
            "require_certificate true",
            "use_identity_as_username true",
            "use_username_as_clientid true",
            "",
        ]
    )


def _authority(folder: Path, now: datetime, written: list[str]) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    if (folder / "ca-key.pem").exists():
        key = load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ValueError(f"{folder / 'ca-key.pem'} is no key of this command's: move it away")
        return key, x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    key, authority = certificate_authority.make_authority("Suyuan readers", now)
    _write(folder / "ca.pem", authority, written)
    _write_key(folder / "ca-key.pem", key)
    return key, authority


def _settle(
    folder: Path,
    each: Enrolled,
    key: EllipticCurvePrivateKey,
    authority: x509.Certificate,
    now: datetime,
    written: list[str],
) -> None:
    """The certificate of one key: made, renewed, or put among the revoked."""
    name = f"{each.address.org_id}.{each.address.reader_id}.{each.kid.hex()}.pem"
    place = folder / "readers" / name
    if each.revoked:
        if place.exists():
            place.rename(folder / "revoked" / name)
            written.append(f"revoked/{name}")
    elif _ends_soon(place, now):
        certificate = certificate_authority.reader_certificate(key, authority, each.name, each.public_key, now)
        _write(place, certificate, written)


def _ends_soon(place: Path, now: datetime) -> bool:
    if not place.exists():
        return True
    return x509.load_pem_x509_certificate(place.read_bytes()).not_valid_after_utc - now < RENEW


def _hosts_of(place: Path) -> list[str]:
    names = x509.load_pem_x509_certificate(place.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return sorted(str(each.value) for each in names.value)


def _write(place: Path, certificate: x509.Certificate, written: list[str]) -> None:
    place.write_bytes(certificate.public_bytes(Encoding.PEM))
    written.append(str(Path(*place.parts[-2:]) if place.parent.name == "readers" else place.name))


def _write_key(place: Path, key: EllipticCurvePrivateKey) -> None:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(place, text.decode("ascii"))


def main(arguments: Sequence[str]) -> int:
    """Command line of `scripts/broker-access`; 2 with one line when it can't be done."""
    parser = argparse.ArgumentParser(prog="scripts/broker-access", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    passwords = commands.add_parser("passwords", help="an account for each reader, for Mosquitto and for NATS")
    tls = commands.add_parser("tls", help="mutual TLS for Mosquitto: an authority, certificates, revocations")
    for each in (passwords, tls):
        each.add_argument(
            "--database-url-file",
            type=Path,
            required=True,
            metavar="FILE",
            help="connection of a role that sees readers",
        )
    passwords.add_argument("--into", type=Path, default=secrets.FOLDER, metavar="FOLDER", help="default: var/secrets")
    tls.add_argument("--host", action="append", required=True, help="a name or address of the broker; may be repeated")
    tls.add_argument(
        "--into",
        type=Path,
        default=secrets.FOLDER / "broker-tls",
        metavar="FOLDER",
        help="default: var/secrets/broker-tls",
    )
    options = parser.parse_args(arguments)
    try:
        keys = enrolled(options.database_url_file.read_text(encoding="utf-8").strip())
        if options.command == "tls":
            written = make_certificates(options.into.absolute(), keys, options.host, datetime.now(UTC))
        else:
            written = make_passwords(options.into, keys)
    except (OSError, ValueError, psycopg.Error) as error:
        print(f"broker-access: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return 2
    for name in written:
        print(f"written: {options.into / name}")
    print("restart the broker to let it know" if written else "nothing has changed")
    return 0
