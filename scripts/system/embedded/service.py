"""A server in a child process: started, stopped, killed, restarted. The base of all embedded servers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scripts.system.embedded.process import Process


class Service(ABC):
    """A server in `process`. Use it as a context manager, or call `start` and `stop`."""

    process: Process

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Start it and return when it is usable, on the same ports each time.

        Raises Unavailable, PortTaken, StateInUse, StateUnusable or StartFailed.
        """

    def stop(self) -> None:
        """End it in order, with everything flushed; nothing happens if it does not run."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL for the server and every process of it: what a crash leaves behind."""
        self.process.kill()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self.process.running
