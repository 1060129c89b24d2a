"""The resident memory of each process, sampled while something happens."""

import time
from collections.abc import Sequence
from threading import Event, Thread
from typing import Self

from scripts.commands.siege.shipped_stack import Part

_EVERY_S = 0.1


class Watch:
    """Use it as a context manager; ``peaks`` are in bytes, by the name of the part."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self.peaks: dict[str, int] = dict.fromkeys((part.name for part in parts), 0)
        self._ending = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def failures(self) -> list[str]:
        """What exceeded its limit where the kernel does not enforce it, and what the kernel or itself ended."""
        over = [
            f"{part.name} took {self.peaks[part.name] >> 20} MB of {part.limit.most >> 20}"
            for part in self._parts
            if not part.limit.enforced and self.peaks[part.name] > part.limit.most
        ]
        return over + [failure for part in self._parts if (failure := part.failure())]

    def worst(self) -> tuple[str, int]:
        """The part that came closest to its limit, and its peak in bytes."""
        part = max(self._parts, key=lambda part: self.peaks[part.name] / part.limit.most)
        return part.name, self.peaks[part.name]

    def _run(self) -> None:
        while not self._ending.is_set():
            for part in self._parts:
                self.peaks[part.name] = max(self.peaks[part.name], part.resident())
            time.sleep(_EVERY_S)
