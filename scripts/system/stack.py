"""The whole system on one machine from wheels: PostgreSQL, broker, migrations, gateway, resolver.

All state lives in one folder, secrets among it (0600, made at random the first time). Each part can be started, stopped
and killed by itself, which is what the tests do.
"""

import json
import os
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from schemas import topics
from scripts.environment import ROOT
from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker
from scripts.system.embedded.port import LOOPBACK, free_port, require_free
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.embedded.process import Process
from scripts.system.embedded.secret import new_private_key_pem, stored_password, write_private
from scripts.system.migrate import ROLES, migrate

GATEWAY_USER = "gateway"
ALERTS_USER = "alerts"
READERS_USER = "readers"
"""The embedded broker has one account for all readers; signatures, not passwords, authenticate each."""


class Program(NamedTuple):
    """What runs as a process of its own: its name in the state folder and in messages, ``python -m module command``."""

    name: str
    module: str
    command: str


GATEWAY = Program("gateway", "gateway", "run")
CAPTURE = Program("capture", "gateway", "capture")
NOTIFIER = Program("notifier", "gateway", "notify")
ASSESSOR = Program("assessor", "gateway", "assess")
RESOLVER = Program("resolver", "resolver", "serve")


class Stack:
    """Everything, in ``state``. Ports given as None are free ones."""

    def __init__(
        self,
        state: Path,
        *,
        http_port: int | None = None,
        mqtt_port: int | None = None,
        postgres_port: int | None = None,
        fsync: bool = True,
        die_with_parent: bool = True,
        store: BorrowedPostgres | None = None,
    ) -> None:
        self.state = state.absolute()
        self._secrets = self.state / "secrets"
        self._secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.http_port = http_port or free_port()
        self.metrics_port = free_port()
        self.capture_port = free_port()
        self.postgres: EmbeddedPostgres | BorrowedPostgres = store or EmbeddedPostgres(
            self.state / "postgres", postgres_port, fsync=fsync, die_with_parent=die_with_parent
        )
        self.broker = EmbeddedBroker(
            self.state / "broker", self._broker_users(), mqtt_port, sync=fsync, die_with_parent=die_with_parent
        )
        self.gateway, self.capture, self.notifier, self.assessor, self.resolver = (
            Process(
                f"the {program.name}",
                self.state / program.name,
                self.state / program.name / f"{program.name}.log",
                die_with_parent=die_with_parent,
            )
            for program in (GATEWAY, CAPTURE, NOTIFIER, ASSESSOR, RESOLVER)
        )

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start every part, in the order in which they need each other."""
        self.start_store()
        self.broker.start()
        self.start_gateway()
        self.start_resolver()

    def stop(self) -> None:
        """End every part in order, the store last; nothing happens to what does not run."""
        for part in (
            self.resolver,
            self.notifier,
            self.assessor,
            self.capture,
            self.gateway,
            self.broker,
            self.postgres,
        ):
            part.stop()

    def start_store(self) -> list[str]:
        """Start PostgreSQL and bring its schema up to date; returns the steps that were applied."""
        self.postgres.start()
        return migrate(
            self.postgres.owner_dsn,
            passwords={role: self.secret(role) for role in ROLES},
        )

    def start_gateway(self, *, seconds: float = 30, **settings: str) -> None:
        """Start the gateway and wait until broker and store answer it. ``settings``: SUYUAN_… by their short names."""
        self._start(self.gateway, GATEWAY, self.gateway_environment() | _prefixed(settings))
        self.gateway.wait_until(lambda: answers_ready(f"http://{LOOPBACK}:{self.metrics_port}/ready"), seconds)

    def start_capture(self, *, seconds: float = 30, **settings: str) -> None:
        """Start the gateway's HTTP capture, which is off otherwise, and wait until it answers."""
        require_free("the capture", self.capture_port)
        self._start_beside_gateway(self.capture, CAPTURE, {"capture_port": str(self.capture_port)} | settings)
        self.capture.wait_until(lambda: answers_ready(f"{self.capture_url}/health"), seconds)

    def start_notifier(self, **settings: str) -> None:
        """Start the notifier; notices wait in the store until it runs."""
        own = _prefixed({"metrics_port": "0"} | settings)
        self._start(self.notifier, NOTIFIER, self.notifier_environment() | own)

    def start_assessor(self, **settings: str) -> None:
        """Start the assessor; the queue of items to assess waits in the store until it runs."""
        self._start_beside_gateway(self.assessor, ASSESSOR, settings)

    def start_resolver(self, *, seconds: float = 30, **settings: str) -> None:
        """Start the resolver and wait until it answers."""
        require_free("the resolver", self.http_port)
        self._start(self.resolver, RESOLVER, self.resolver_environment() | _prefixed(settings))
        self.resolver.wait_until(lambda: answers_ready(f"{self.base_url}/ready"), seconds)

    def start_process(self, process: Process, module: str, arguments: list[str], settings: dict[str, str]) -> None:
        """Start ``python -m module`` with these settings and no others."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
        environment |= settings | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with process.claim():
            process.start([sys.executable, "-m", module, *arguments], environment)

    def _start(self, process: Process, program: Program, environment: dict[str, str]) -> None:
        self.start_process(process, program.module, [program.command], environment)

    def _start_beside_gateway(self, process: Process, program: Program, settings: dict[str, str]) -> None:
        """Start what reads the gateway's settings too; it has no metrics unless ``settings`` give it a port."""
        own = _prefixed({"metrics_port": "0"} | settings)
        self._start(process, program, self.gateway_environment() | own)

    def _broker_users(self) -> list[BrokerUser]:
        every = f"{topics.ROOT}/+/+/"
        return [
            BrokerUser(
                GATEWAY_USER,
                self.secret("mqtt-gateway"),
                publish=(every + topics.RECEIPT, every + topics.SETTINGS, every + topics.ALERTS),
                subscribe=(every + topics.EVENTS, every + topics.STATUS),
            ),
            BrokerUser(ALERTS_USER, self.secret("mqtt-alerts"), publish=(), subscribe=(topics.ALL_ALERTS,)),
            BrokerUser(
                READERS_USER,
                self.secret("mqtt-readers"),
                publish=(every + topics.EVENTS, every + topics.STATUS),
                subscribe=(every + topics.RECEIPT, every + topics.SETTINGS),
            ),
        ]

    @property
    def base_url(self) -> str:
        """Where the resolver answers; printed into codes as well."""
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def capture_url(self) -> str:
        """Where event batches are captured by HTTP, with the page for phones."""
        return f"http://{LOOPBACK}:{self.capture_port}"

    @property
    def gateway_dsn(self) -> str:
        """The store as the gateway sees it."""
        return self._dsn("suyuan_gateway")

    @property
    def resolver_dsn(self) -> str:
        """The store as the resolver's API sees it."""
        return self._dsn("suyuan_resolver")

    @property
    def public_dsn(self) -> str:
        """The store as the resolver sees it for whoever asks without a token."""
        return self._dsn("suyuan_public")

    @property
    def notifier_dsn(self) -> str:
        """The store as the notifier sees it."""
        return self._dsn("suyuan_notifier")

    def _dsn(self, role: str) -> str:
        return self.postgres.dsn(role, self.secret(role))

    def secret(self, name: str) -> str:
        """The secret of this name, made at random the first time."""
        return stored_password(self._secrets / name)

    def gateway_environment(self) -> dict[str, str]:
        """The gateway's settings. Secrets are passed as files, so that no process list shows them."""
        return {
            "SUYUAN_DATABASE_URL_FILE": self._written("gateway-database-url", self.gateway_dsn),
            "SUYUAN_SEAL_ROOT_FILE": self._random("seal-root", 32),
            "SUYUAN_MQTT_HOST": LOOPBACK,
            "SUYUAN_MQTT_PORT": str(self.broker.mqtt_port),
            "SUYUAN_MQTT_USERNAME": GATEWAY_USER,
            "SUYUAN_MQTT_PASSWORD_FILE": str(self._secrets / "mqtt-gateway"),
            "SUYUAN_METRICS_PORT": str(self.metrics_port),
        }

    def notifier_environment(self) -> dict[str, str]:
        """The notifier's settings: it goes out, so that it has the root of webhooks and not that of seals."""
        settings = self.gateway_environment()
        del settings["SUYUAN_SEAL_ROOT_FILE"]
        return settings | {
            "SUYUAN_DATABASE_URL_FILE": self._written("notifier-database-url", self.notifier_dsn),
            "SUYUAN_WEBHOOK_ROOT_FILE": self._random("webhook-root", 32),
        }

    def resolver_environment(self) -> dict[str, str]:
        """The resolver's settings."""
        signing = self._secrets / "signing"
        signing.mkdir(mode=0o700, exist_ok=True)
        return {
            "SUYUAN_DATABASE_URL_FILE": self._written("resolver-database-url", self.resolver_dsn),
            "SUYUAN_PUBLIC_DATABASE_URL_FILE": self._written("public-database-url", self.public_dsn),
            "SUYUAN_SEAL_ROOT_FILE": self._random("seal-root", 32),
            "SUYUAN_SIGNING_KEY_DIR": str(signing),
            "SUYUAN_PEPPER_FILE": self._random("pepper", 32),
            "SUYUAN_WEBHOOK_ROOT_FILE": self._random("webhook-root", 32),
            "SUYUAN_ANSWER_KEY_FILE": self._private_key("answer-key"),
            "SUYUAN_BASE_URL": self.base_url,
            "SUYUAN_HTTP_PORT": str(self.http_port),
        }

    def seal_root(self) -> bytes:
        """The root of all seal keys, as gateway and resolver have it."""
        return bytes.fromhex(Path(self._random("seal-root", 32)).read_text(encoding="ascii"))

    def _random(self, name: str, size: int) -> str:
        path = self._secrets / name
        if not path.exists():
            write_private(path, secrets.token_hex(size) + "\n")
        return str(path)

    def _private_key(self, name: str) -> str:
        path = self._secrets / name
        if not path.exists():
            write_private(path, new_private_key_pem())
        return str(path)

    def _written(self, name: str, text: str) -> str:
        path = self._secrets / name
        write_private(path, text + "\n")
        return str(path)


@contextmanager
def temporary_stack() -> Iterator[Stack]:
    """A stack without fsync in a temporary folder. Nothing is started yet; at the end it is stopped and deleted."""
    with tempfile.TemporaryDirectory(prefix="suyuan-") as folder:
        stack = Stack(Path(folder) / "state", fsync=False)
        try:
            yield stack
        finally:
            stack.stop()


def answers_ready(url: str) -> bool:
    """Whether a /ready page says that everything behind it answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- a loopback URL of our own
            return bool(json.load(answer).get("ready", True))
    except (OSError, ValueError, urllib.error.URLError):
        return False


def _prefixed(settings: dict[str, str]) -> dict[str, str]:
    return {f"SUYUAN_{name.upper()}": value for name, value in settings.items()}
