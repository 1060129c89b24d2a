"""What can go wrong with an embedded service, split by what the caller can do.

EmbeddedError
├── Unavailable     a program or right is missing: install it, or run as another user
├── PortTaken       choose another port, or stop the process that has it
├── StateInUse      the same state folder is served by another process: stop that one
├── StateUnusable   the state folder can't be used as it is: the message says what to move
└── StartFailed     the service ran and gave up: the message ends with its own last words

The text of each begins with one line that is complete on its own.
"""

from __future__ import annotations


class EmbeddedError(Exception):
    """Base of all errors of the embedded services."""


class Unavailable(EmbeddedError):
    """Raised when a program, package or right that the service needs is missing."""


class PortTaken(EmbeddedError):
    """Raised when the wanted port of 127.0.0.1 is in use by another process."""

    def __init__(self, service: str, port: int) -> None:
        super().__init__(
            f"port {port} of 127.0.0.1, wanted by {service}, is taken: "
            f"stop the process that has it (`ss -ltnp` shows which), or choose another port"
        )
        self.port = port


class StateInUse(EmbeddedError):
    """Raised when another process serves the same state folder."""


class StateUnusable(EmbeddedError):
    """Raised when the files of a state folder belong to another version, user or password."""


class StartFailed(EmbeddedError):
    """Raised when a service ended, or did not answer in time, while it was being started."""
