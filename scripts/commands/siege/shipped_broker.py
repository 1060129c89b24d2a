"""Mosquitto with the configuration that is shipped, moved to ports and folders of this machine."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from scripts.commands import secrets
from scripts.commands.siege.certificates import Certificates
from scripts.environment import ROOT
from scripts.system.embedded.mosquitto import HINT
from scripts.system.embedded.port import LOOPBACK, answers, free_port
from scripts.system.embedded.process import Process, program
from scripts.system.embedded.service import Service

_SHIPPED = ROOT / "deploy" / "mosquitto"


class ShippedBroker(Service):
    """``mqtt_port`` is the gateways' listener, ``readers_port`` that of the readers ("org/reader"), with TLS.

    ``lifted``: readers choose their client ids, as without our setting.
    """

    def __init__(
        self, state: Path, readers: Sequence[str], certificates: Certificates, *, lifted: bool = False
    ) -> None:
        self.state, self._readers, self._certificates = state.absolute(), tuple(readers), certificates
        self._lifted = lifted
        self.mqtt_port, self.readers_port = free_port(), free_port()
        self.process = Process("Mosquitto", self.state, self.state / "mosquitto.log")

    @override
    def start(self, seconds: float = 30) -> None:
        with self.process.claim():
            self._configure()
            server = program("mosquitto", Path("/usr/sbin"), Path("/usr/local/sbin"), hint=HINT)
            self.process.start([server, "-c", str(self.state / "mosquitto.conf")])
        self.process.wait_until(lambda: answers(self.mqtt_port) and answers(self.readers_port), seconds)

    def password_file(self, user: str) -> Path:
        """The file with the password of a reader ("org/reader") or of the gateways."""
        gateway = user == secrets.GATEWAY_USER
        return self.state / "secrets" / ("mqtt-gateway-password" if gateway else f"readers/{user.replace('/', '.')}")

    def password(self, user: str) -> str:
        """What stands in that file."""
        return self.password_file(user).read_text(encoding="ascii").strip()

    def _configure(self) -> None:
        secrets.make(self.state / "secrets", self._readers)
        run, data, listeners = self.state / "run", self.state / "data", self.state / "listeners"
        for place in (run, data, listeners):
            place.mkdir(exist_ok=True)
        shutil.copyfile(self.state / "secrets" / "mqtt-passwords", run / "passwords")
        shutil.copyfile(_SHIPPED / "acl", run / "acl")
        shutil.copyfile(self._certificates.key, run / "broker-key")
        moved = _replaced(
            (_SHIPPED / "mosquitto.conf").read_text(encoding="utf-8"),
            ("listener 1883", f"listener {self.mqtt_port} {LOOPBACK}"),
            ("/run/mosquitto/", f"{run}/"),
            ("/mosquitto/data/", f"{data}/"),
            ("/mosquitto/config/listeners", str(listeners)),
        )
        if os.geteuid() == 0:
            moved += "\nuser root\n"  # otherwise it becomes the user "mosquitto", who can't read the files of ours
        (self.state / "mosquitto.conf").write_text(moved, encoding="utf-8")
        readers = _replaced(
            (ROOT / "deploy" / "tls" / "listener.conf").read_text(encoding="utf-8"),
            ("listener 8883", f"listener {self.readers_port} {LOOPBACK}"),
            ("/run/secrets/broker-certificate", str(self._certificates.certificate)),
            ("/run/mosquitto/", f"{run}/"),
        )
        if self._lifted:
            readers = _replaced(readers, ("use_username_as_clientid true", "use_username_as_clientid false"))
        (listeners / "readers.conf").write_text(readers, encoding="utf-8")


def _replaced(text: str, *changes: tuple[str, str]) -> str:
    for shipped, here in changes:
        if shipped not in text:
            raise ValueError(f"the shipped configuration has no {shipped!r} any more")
        text = text.replace(shipped, here)
    return text
