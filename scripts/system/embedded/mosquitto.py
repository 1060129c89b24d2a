"""The Mosquitto broker of the operating system: MQTT 5 and shared subscriptions for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from scripts.system.embedded.errors import Unavailable
from scripts.system.embedded.port import LOOPBACK, answers, free_port, require_free
from scripts.system.embedded.process import Process, program
from scripts.system.embedded.secret import write_private
from scripts.system.embedded.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.system.embedded.permission import BrokerUser

MAX_PAYLOAD = 8 * 1024 * 1024  # bytes, as the embedded broker's
HINT = "install Mosquitto (Debian: apt-get install mosquitto)"


class MosquittoBroker(Service):
    """Mosquitto with the shape of `broker.EmbeddedBroker`.

    Persistence is Mosquitto's default: written every half hour and at an orderly stop, so `kill -9`
    loses the messages in its memory. Tests need that: readers resend what has no receipt, so that no event is lost.
    A client that publishes outside of its filters is disconnected. A subscription outside of them
    is granted in the SUBACK, but receives nothing.
    """

    def __init__(
        self,
        state: Path,
        users: Iterable[BrokerUser],
        mqtt_port: int | None = None,
        *,
        die_with_parent: bool = True,
    ) -> None:
        self.state = state.absolute()
        self.users = tuple(users)
        self.host = LOOPBACK
        self.mqtt_port = free_port() if mqtt_port is None else mqtt_port
        self.process = Process("Mosquitto", self.state, self.state / "mosquitto.log", die_with_parent=die_with_parent)

    @override
    def start(self, seconds: float = 30) -> None:
        server = _program("mosquitto")
        with self.process.claim():
            require_free("Mosquitto", self.mqtt_port)
            self._write_users()
            write_private(self.state / "mosquitto.conf", self._settings())
            self.process.start([server, "-c", str(self.state / "mosquitto.conf")])
        self.process.wait_until(lambda: answers(self.mqtt_port), seconds)

    def reload(self, users: Iterable[BrokerUser], seconds: float = 10) -> None:
        """Make `users` the users; StartFailed if the broker does not take them within `seconds`."""
        self.users = tuple(users)
        self._write_users()
        if not self.process.reload("Reloading config", seconds):
            raise self.process.failure("Mosquitto did not take its new users")

    def _settings(self) -> str:
        lines = [
            f"listener {self.mqtt_port} {self.host}",
            "allow_anonymous false",
            f"password_file {self.state / 'passwords'}",
            f"acl_file {self.state / 'acl'}",
            "persistence true",
            f"persistence_location {self.state}/",
            f"max_packet_size {MAX_PAYLOAD}",
            "max_queued_messages 0",  # without end: the default of 1000 drops silently
            "log_dest stderr",
        ]
        if os.geteuid() == 0:
            # Otherwise it becomes the user "mosquitto", who can't read the files of ours.
            lines.append("user root")
        return "\n".join(lines) + "\n"

    def _write_users(self) -> None:
        acl: list[str] = []
        for user in self.users:
            acl.append(f"user {user.name}")
            acl += [f"topic write {topic_filter}" for topic_filter in user.publish]
            acl += [f"topic read {topic_filter}" for topic_filter in user.subscribe]
        write_private(self.state / "acl", "\n".join(acl) + "\n")
        passwords = self.state / "passwords"
        write_private(passwords, "".join(f"{user.name}:{user.password}\n" for user in self.users))
        # Hashes the file in place; a password on the command line would show in the process list.
        subprocess.run([_program("mosquitto_passwd"), "-U", str(passwords)], check=True, capture_output=True)


def available() -> bool:
    """Whether Mosquitto is installed."""
    try:
        _program("mosquitto")
        _program("mosquitto_passwd")
    except Unavailable:
        return False
    return True


def _program(name: str) -> str:
    # Debian puts the broker in /usr/sbin, which is not on an ordinary user's PATH.
    return program(name, Path("/usr/sbin"), Path("/usr/local/sbin"), hint=HINT)
