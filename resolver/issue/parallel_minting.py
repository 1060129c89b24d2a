"""Minting on all cores: the portions of a range, made by a pool of processes, taken in order, boundedly ahead."""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from resolver.label import export
from resolver.label.export import Drawing, Text
from resolver.label.style import LabelStyle
from resolver.mint.mint import Mint, Recipe

AHEAD = 2
"""Portions that wait, finished or not, for each worker."""


@dataclass(frozen=True, slots=True)
class ExportTask:
    """Makes of a range of units its records, or a file of its labels. Small enough to be pickled for each range."""

    recipe: Recipe
    style: LabelStyle
    form: Text | Drawing
    title: str = ""

    def make(self, indexes: range) -> bytes:
        """The records or labels of the units ``indexes``.

        :raises ValueError: a label does not fit the page (PDF).
        """
        codes = Mint(self.recipe).codes(indexes)
        if isinstance(self.form, Text):
            return export.records(self.form, self.style, codes)
        return export.part(self.form, self.style, codes, title=self.title)


class RangeTask(Protocol):
    """Anything that makes bytes of a range of units, and can be pickled for another process."""

    def make(self, indexes: range) -> bytes:
        """The bytes of the units ``indexes``."""


def portions(indexes: range, size: int) -> Iterator[range]:
    """``indexes`` in portions of at most ``size``."""
    for first in range(indexes.start, indexes.stop, size):
        yield range(first, min(first + size, indexes.stop))


def map_ordered(task: RangeTask, ranges: Iterable[range], *, workers: int) -> Iterator[tuple[range, bytes]]:
    """Each of ``ranges`` with its bytes, in their order. One worker means this process itself.

    Memory has at most ``AHEAD`` portions a worker, however slowly the caller takes them.
    """
    if workers <= 1:
        yield from ((indexes, task.make(indexes)) for indexes in ranges)
        return
    waiting: deque[tuple[range, Future[bytes]]] = deque()
    # spawn: a copy of this process would share its connections to the store
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        for indexes in ranges:
            waiting.append((indexes, pool.submit(task.make, indexes)))
            if len(waiting) >= AHEAD * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
