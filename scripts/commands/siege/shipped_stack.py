"""The product as it is shipped: every service of the deployment's files, each under its own memory limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from scripts.commands import secrets
from scripts.commands.siege.certificates import Certificates
from scripts.commands.siege.memory_limit import MemoryLimit, deployed_limits, resident_bytes
from scripts.commands.siege.shipped_broker import ShippedBroker
from scripts.commands.siege.shipped_proxy import ShippedProxy
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.embedded.process import Process
from scripts.system.stack import Stack

PUBLIC_URL = "https://id.example.com"
"""What codes are printed with. People come by the proxy, whatever they call it."""


_LIFTED = dict.fromkeys(("network_rate", "code_rate", "session_rate", "api_rate", "org_rate"), "0") | {
    "private_targets": "yes"
}
"""The resolver's settings without limits."""


@dataclass(slots=True)
class Part:
    """One process (with its children), the limit of its service, and how it is started."""

    name: str
    process: Process
    limit: MemoryLimit
    start: Callable[[], object]
    kills_seen: int = 0

    def begin(self) -> None:
        """Start it, under its limit."""
        self.start()
        self.limit.add(self.process.pid)

    def resident(self) -> int:
        """Its resident memory in bytes."""
        return resident_bytes(self.process.pid)

    def failure(self) -> str:
        """Why it is not as it was: ended, ended by the kernel for its memory; "" when nothing happened."""
        kills, self.kills_seen = self.limit.kills() - self.kills_seen, self.limit.kills()
        if kills:
            return f"{self.name} exceeded its {self.limit.most >> 20} MB"
        return "" if self.process.running else f"{self.name} ended"


class ShippedStack(Stack):
    """The stack with Mosquitto and nginx as they are shipped, two gateways, and a limit on each process.

    ``readers`` ("org/reader") get accounts at the broker. Writes are flushed, as they are shipped. ``lifted``: without
    the limits that settings can lift, to see that attacks find what is then open.
    """

    def __init__(self, state: Path, readers: Sequence[str], *, lifted: bool = False) -> None:
        super().__init__(state)
        self.certificates = Certificates(self.state / "certificates")
        self.mosquitto = ShippedBroker(self.state / "mosquitto", readers, self.certificates, lifted=lifted)
        self.proxy = ShippedProxy(self.state / "nginx", self.http_port, self.certificates)
        self.second = Process("the second gateway", self.state / "second", self.state / "second" / "gateway.log")
        self.notifier_settings: dict[str, str] = {"private_webhooks": "yes"} if lifted else {}
        self._resolver_settings = _LIFTED if lifted else {}
        if not isinstance(self.postgres, EmbeddedPostgres):
            raise TypeError("the siege needs a store of its own")
        limits = deployed_limits()
        self.parts = [
            Part(name, process, MemoryLimit(name, limits[service]), start)
            for name, service, process, start in (
                ("store", "store", self.postgres.process, self.start_store),
                ("broker", "broker", self.mosquitto.process, self.mosquitto.start),
                ("gateway", "gateway", self.gateway, self.start_gateway),
                ("gateway-2", "gateway", self.second, self._start_second),
                ("capture", "capture", self.capture, self.start_capture),
                ("notifier", "notifier", self.notifier, self._start_notifier),
                ("assessor", "assessor", self.assessor, self.start_assessor),
                ("resolver", "resolver", self.resolver, self._start_resolver),
                ("proxy", "proxy", self.proxy.process, self.proxy.start),
            )
        ]

    @override
    def start(self) -> None:
        for part in self.parts:
            part.begin()

    @override
    def stop(self) -> None:
        self.proxy.stop()
        self.second.stop()
        self.gateway.stop()
        self.capture.stop()
        self.notifier.stop()
        self.mosquitto.stop()
        super().stop()
        for part in self.parts:
            part.limit.close()

    def part(self, name: str) -> Part:
        """The part of this name."""
        return next(part for part in self.parts if part.name == name)

    @override
    def gateway_environment(self) -> dict[str, str]:
        return super().gateway_environment() | {
            "SUYUAN_MQTT_PORT": str(self.mosquitto.mqtt_port),
            "SUYUAN_MQTT_USERNAME": secrets.GATEWAY_USER,
            "SUYUAN_MQTT_PASSWORD_FILE": str(self.mosquitto.password_file(secrets.GATEWAY_USER)),
            "SUYUAN_MQTT_PROTOCOL": "5",
        }

    def _start_second(self) -> None:
        environment = self.gateway_environment() | {"SUYUAN_METRICS_PORT": "0"}
        self.start_process(self.second, "gateway", ["run"], environment)
        self.second.wait_until(lambda: "connected" in self.second.output(), 30)

    def _start_notifier(self) -> None:
        self.start_notifier(**self.notifier_settings)

    def _start_resolver(self) -> None:
        self.start_resolver(seconds=60, base_url=PUBLIC_URL, trusted_proxies="127.0.0.1", **self._resolver_settings)
