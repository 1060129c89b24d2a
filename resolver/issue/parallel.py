"""Making many codes or labels on all cores, in order, a bounded number of portions ahead of whoever takes them."""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from resolver.label import export
from resolver.label.export import Drawing, Look, Text
from resolver.mint.mint import Mint, Recipe

AHEAD = 2
"""Portions that wait, finished or not, for each worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is made of a portion of units: its records, or a file of its labels. Small enough to send each time."""

    recipe: Recipe
    look: Look
    form: Text | Drawing
    title: str = ""

    def make(self, indexes: range) -> bytes:
        """The portion's bytes.

        :raises ValueError: a label does not fit the page (PDF).
        """
        codes = Mint(self.recipe).codes(indexes)
        if isinstance(self.form, Text):
            return export.records(self.form, self.look, codes)
        return export.part(self.form, self.look, codes, title=self.title)


class Work(Protocol):
    """Anything that makes bytes of a portion of units, and can be sent to another process."""

    def make(self, indexes: range) -> bytes:
        """The portion's bytes."""


def portions(indexes: range, size: int) -> Iterator[range]:
    """A range in portions of ``size``."""
    for first in range(indexes.start, indexes.stop, size):
        yield range(first, min(first + size, indexes.stop))


def made(job: Work, ranges: Iterable[range], *, workers: int) -> Iterator[tuple[range, bytes]]:
    """Each portion with its bytes, in the order of ``ranges``. One worker means this process itself.

    Memory holds at most ``AHEAD`` portions a worker, however slowly they are taken.
    """
    if workers <= 1:
        yield from ((indexes, job.make(indexes)) for indexes in ranges)
        return
    waiting: deque[tuple[range, Future[bytes]]] = deque()
    # spawn: a copy of this process would share its connections to the store
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        for indexes in ranges:
            waiting.append((indexes, pool.submit(job.make, indexes)))
            if len(waiting) >= AHEAD * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
