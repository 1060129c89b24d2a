"""``python -m resolver mint``: issue a range of codes or labels into a file, on all cores, with progress."""

import argparse
import math
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text as Words

from resolver.batch import store as batch_store
from resolver.batch.reference import the_one
from resolver.issue import store as issue_store
from resolver.issue.claim import Run, claim, issued_run
from resolver.issue.models import NewIssue
from resolver.issue.parallel import Job, made, portions
from resolver.issue.resumable_file import OutputFile
from resolver.label import export
from resolver.label.export import Drawing, Look, Text
from resolver.label.label import MODULE_MM
from resolver.label.symbol import Carrier
from resolver.label.zip_stream import zipped
from resolver.mint.issuer import Issuer
from resolver.mint.mint import Layer
from resolver.settings import Settings, seal_root
from resolver.store import Row, Scope, Store
from schemas.errors import Misconfigured

FORMATS = (*Text, *(f"zip-{drawing}" for drawing in Drawing))
PORTION = 5_000
KEPT_EVERY_S = 1.0
"""How much work a crash may cost."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--org", required=True, help="the maker")
    parser.add_argument("--batch", required=True, help="the batch's lot, or its number")
    parser.add_argument("--gtin", help="tells batches of the same lot apart")
    parser.add_argument("--first", type=int, default=0, help="the first unit's index (default 0)")
    parser.add_argument("--count", type=int, help="how many units; all that follow, when left out")
    parser.add_argument("--layer", type=Layer, choices=list(Layer), default=Layer.OUTER, help="outer, or inner: covert")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="default csv")
    parser.add_argument("--carrier", type=Carrier, choices=list(Carrier), default=Carrier.QR, help="default qr")
    parser.add_argument("--module-mm", type=float, default=MODULE_MM, help=f"size of a module (default {MODULE_MM})")
    parser.add_argument("--dpi", type=int, default=203, help="of ZPL: the print head's dots an inch (default 203)")
    parser.add_argument("--issue", help="an id of your own for this issue; random when left out")
    parser.add_argument("--reissue", metavar="REASON", help="issue units again, and say why")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--output", type=Path, required=True, help="the file; the same command continues it")


def run(parsed: argparse.Namespace, settings: Settings, store: Store) -> int:
    """Issue, write, and say where the ledger has it.

    :raises DomainError: the batch, its keys or the range can't be issued.
    :raises Misconfigured: the file can't be written, or belongs to another request.
    """
    issuer = Issuer(seal_root(settings), settings.signing_key_dir, settings.base_url)
    asked = {
        name: str(getattr(parsed, name)) for name in ("org", "batch", "gtin", "first", "count", "layer", "reissue")
    } | {name: str(getattr(parsed, name)) for name in ("format", "carrier", "module_mm", "dpi")}
    file = OutputFile(parsed.output, asked | ({"issue": parsed.issue} if parsed.issue else {}), first=parsed.first)
    asked["issue"] = file.progress.asked.get("issue") or parsed.issue or uuid4().hex
    resumable = parsed.format in list(Text)
    if not resumable:
        file.restart(parsed.first)
    with file:
        # The id first, then the claim: after a crash between the two the same command finds its own claim.
        file.keep(asked, file.progress.following)
        start = file.progress.following
        row, job = _begun(parsed, settings, store, issuer, asked["issue"], start)
        whole = range(row["first"], row["first"] + row["count"])
        if job is not None:
            with _progress() as progress:
                task = progress.add_task(f"issue {asked['issue']}", total=len(whole), completed=start - whole.start)
                for following in _written(file, job, range(start, whole.stop), parsed.workers, asked):
                    progress.update(task, completed=following - whole.start)
        file.keep(asked, whole.stop)
        with store.transaction(Scope(parsed.org)) as cursor:
            issue_store.note_end(cursor, parsed.org, asked["issue"], datetime.now(UTC))
        file.finish()
    print(f"{parsed.output}: {row['count']} {row['layer']} codes from index {row['first']}, issue {asked['issue']}")
    return 0


def _begun(
    parsed: argparse.Namespace, settings: Settings, store: Store, issuer: Issuer, issue_id: str, start: int
) -> tuple[Row, Job | None]:
    """The claim, and what is left to make; None when it was all made before a crash."""
    now = datetime.now(UTC)
    with store.transaction(Scope(parsed.org)) as cursor:
        batch = the_one(batch_store.find_batches(cursor, parsed.batch, parsed.gtin, parsed.org), parsed.batch)
        row = claim(
            cursor,
            batch,
            _request(parsed, issue_id),
            base_url=settings.base_url,
            token_label="command line",
            now=now,
        )
        if start >= row["first"] + row["count"]:
            return row, None
        going: Run = issued_run(issuer, cursor, batch, issue_id, start, now=now)
    look = Look(batch["gtin"], batch["lot"], going.layer, parsed.carrier, parsed.module_mm, parsed.dpi)
    form = Text(parsed.format) if parsed.format in list(Text) else Drawing(parsed.format.removeprefix("zip-"))
    return row, Job(going.mint.recipe, look, form, f"(01){batch['gtin']}(10){batch['lot']}")


def _request(parsed: argparse.Namespace, issue_id: str) -> NewIssue:
    try:
        return NewIssue(
            issue_id=issue_id,
            first=parsed.first,
            count=parsed.count,
            layer=parsed.layer,
            reissue=parsed.reissue is not None,
            reason=parsed.reissue,
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "reissue"
        raise Misconfigured(f"--{'issue' if name == 'issue_id' else name}: {first['msg']}; correct it") from None


def _written(file: OutputFile, job: Job, indexes: range, workers: int, asked: dict[str, Any]) -> Iterator[int]:
    """Write what is left; the next index after each portion. A ZIP is made from its begin: its end describes it all."""
    if isinstance(job.form, Text):
        if file.position == 0:
            file.write(export.begin(job.form))
        kept = -math.inf
        for portion, data in made(job, portions(indexes, PORTION), workers=workers):
            file.write(data)
            if time.monotonic() - kept > KEPT_EVERY_S:
                file.keep(asked, portion.stop)
                kept = time.monotonic()
            yield portion.stop
        return
    suffix = "pdf" if job.form is Drawing.PDF else "zip"
    reached = indexes.start

    def entries() -> Iterator[tuple[str, bytes]]:
        nonlocal reached
        for portion, data in made(job, portions(indexes, export.LABELS_A_PART), workers=workers):
            yield f"labels-{portion.start:010}-{portion[-1]:010}.{suffix}", data
            reached = portion.stop

    for piece in zipped(entries(), compress=False):
        file.write(piece)
        yield reached
    yield indexes.stop


class _Rate(ProgressColumn):
    """Codes a second."""

    def render(self, task: Task) -> Words:
        return Words("" if task.speed is None else f"{task.speed:,.0f} codes/s")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
