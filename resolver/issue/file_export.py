"""Writing what a task makes of a range into a file that can be resumed, on all cores."""

import math
import time
from collections.abc import Iterator, Mapping

from resolver.issue.parallel_minting import ExportTask, map_ordered, portions
from resolver.issue.resumable_file import ResumableFile
from resolver.label import export
from resolver.label.export import Drawing, Text
from resolver.label.zip_stream import zipped

PORTION = 5_000
"""Records made in one piece."""
SAVE_INTERVAL_S = 1.0
"""How much work a crash may cost."""


def write_range(
    file: ResumableFile, task: ExportTask, indexes: range, *, workers: int, request: Mapping[str, str]
) -> Iterator[int]:
    """Write the units ``indexes``; gives the next index after each portion.

    Records are saved every second under ``request``. A ZIP can't be resumed: its end lists all its parts.
    """
    if isinstance(task.form, Text):
        return _write_records(file, task, task.form, indexes, workers, request)
    return _write_zip(file, task, task.form, indexes, workers)


def _write_records(
    file: ResumableFile, task: ExportTask, form: Text, indexes: range, workers: int, request: Mapping[str, str]
) -> Iterator[int]:
    if file.position == 0:
        file.write(export.begin(form))
    saved_at = -math.inf
    for portion, data in map_ordered(task, portions(indexes, PORTION), workers=workers):
        file.write(data)
        if time.monotonic() - saved_at > SAVE_INTERVAL_S:
            file.save(request, portion.stop)
            saved_at = time.monotonic()
        yield portion.stop


def _write_zip(file: ResumableFile, task: ExportTask, drawing: Drawing, indexes: range, workers: int) -> Iterator[int]:
    suffix = "pdf" if drawing is Drawing.PDF else "zip"
    reached = indexes.start

    def entries() -> Iterator[tuple[str, bytes]]:
        nonlocal reached
        for portion, data in map_ordered(task, portions(indexes, export.LABELS_PER_PART), workers=workers):
            yield f"labels-{portion.start:010}-{portion[-1]:010}.{suffix}", data
            reached = portion.stop

    for piece in zipped(entries(), compress=False):
        file.write(piece)
        yield reached
    yield indexes.stop
