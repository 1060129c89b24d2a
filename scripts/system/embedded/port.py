"""Ports of 127.0.0.1."""

from __future__ import annotations

import errno
import socket

from scripts.system.embedded.errors import PortTaken

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(service: str, port: int) -> None:
    """Raise PortTaken if `port` of 127.0.0.1 is in use; OSError if it can't be bound at all."""
    with socket.socket() as probe:
        # Connections in TIME_WAIT after a restart are no reason to refuse: the servers reuse too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(service, port) from None
            raise


def answers(port: int) -> bool:
    """Whether something accepts TCP connections at `port` of 127.0.0.1."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
