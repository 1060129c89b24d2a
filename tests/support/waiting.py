"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable

_PAUSE_S = 0.02


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Return once ``condition()`` is true; AssertionError when it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(_PAUSE_S)
