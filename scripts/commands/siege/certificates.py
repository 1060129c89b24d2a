"""A certificate for this machine from an authority of its own, as files."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scripts.commands.broker_access.certificate_authority import make_authority, server_certificate
from scripts.system.embedded.port import LOOPBACK
from scripts.system.embedded.secret import write_private


class Certificates:
    """PEM files in ``folder``: ``authority``, ``certificate``, ``key``; made at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.authority, self.certificate, self.key = (folder / name for name in ("authority", "certificate", "key"))
        now = datetime.now(UTC)
        authority_key, authority = make_authority("siege", now)
        key, certificate = server_certificate(authority_key, authority, [LOOPBACK], now)
        write_private(self.authority, authority.public_bytes(Encoding.PEM).decode())
        write_private(self.certificate, certificate.public_bytes(Encoding.PEM).decode())
        write_private(self.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    def trusting(self) -> ssl.SSLContext:
        """What a client has that trusts the authority, and nobody else."""
        return ssl.create_default_context(cafile=str(self.authority))
