"""The store's signal that notices were committed: one connection of the process listens, however many streams wait."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

_log = logging.getLogger(__name__)

RETRY_S = 2.0
WAKE_S = 1.0
"""How often the listening thread looks whether it shall end."""


class NoticeSignal:
    """Sets the events of whoever waits. It connects when somebody waits for the first time."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set whenever there may be notices; its owner clears it."""
        event, loop = asyncio.Event(), asyncio.get_running_loop()
        with self._lock:
            self._waiting[event] = loop
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="notices", daemon=True)
                self._thread.start()
        try:
            yield event
        finally:
            with self._lock:
                del self._waiting[event]

    def stop(self) -> None:
        """Let go of the connection."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._database_url, autocommit=True, connect_timeout=3) as connection:
                    connection.execute("LISTEN suyuan_notice")
                    self._set()  # what was committed before nobody heard of
                    while not self._stopping.is_set():
                        for _ in connection.notifies(timeout=WAKE_S, stop_after=1):
                            self._set()
            except psycopg.OperationalError as error:
                _log.warning("notices are not heard of: %s", str(error).strip().partition("\n")[0])
                self._stopping.wait(RETRY_S)

    def _set(self) -> None:
        with self._lock:
            for event, loop in self._waiting.items():
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(event.set)
