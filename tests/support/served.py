"""A resolver for tests: its settings, its services, and an app on a free port over real HTTP, in a thread."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import httpx
import uvicorn

from resolver.services import Services, build_services
from resolver.settings import Settings
from scripts.system.embedded.secret import new_private_key_pem

BASE_URL = "https://id.example.com"
SEAL_ROOT = b"\x11" * 32
WEBHOOK_ROOT = b"\x22" * 32
PEPPER = b"a pepper that nobody knows"


class Logins(Protocol):
    """A store, and how a resolver logs in to it."""

    @property
    def resolver_dsn(self) -> str: ...

    @property
    def public_dsn(self) -> str: ...


NOWHERE = SimpleNamespace(
    resolver_dsn="postgresql://nobody:x@127.0.0.1:1/none", public_dsn="postgresql://nobody:x@127.0.0.1:1/none"
)
"""A store that nobody reaches."""


def resolver_environment(database: Logins, folder: Path, **settings: str) -> dict[str, str]:
    """A resolver's settings for ``database``, its secrets in ``folder``; ``settings``: more by short name."""
    (folder / "root").write_text(SEAL_ROOT.hex())
    (folder / "pepper").write_text(PEPPER.hex())
    (folder / "webhook-root").write_text(WEBHOOK_ROOT.hex())
    (folder / "answer-key").write_text(new_private_key_pem())
    return {
        "SUYUAN_DATABASE_URL": database.resolver_dsn,
        "SUYUAN_PUBLIC_DATABASE_URL": database.public_dsn,
        "SUYUAN_SEAL_ROOT_FILE": str(folder / "root"),
        "SUYUAN_SIGNING_KEY_DIR": str(folder / "keys"),
        "SUYUAN_PEPPER_FILE": str(folder / "pepper"),
        "SUYUAN_WEBHOOK_ROOT_FILE": str(folder / "webhook-root"),
        "SUYUAN_ANSWER_KEY_FILE": str(folder / "answer-key"),
        "SUYUAN_BASE_URL": BASE_URL,
    } | {f"SUYUAN_{name.upper()}": value for name, value in settings.items()}


def resolver_services(database: Logins, folder: Path, **settings: str) -> Services:
    """What a resolver with `resolver_environment` works with; nothing is connected yet."""
    return build_services(Settings.from_env(resolver_environment(database, folder, **settings)))


@contextmanager
def served(app):
    """A client of ``app``, which runs until the block ends."""
    # Without uvicorn's own configuration of logs, which would outlive the test.
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < end, "the server did not start in time"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=15)
