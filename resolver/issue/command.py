"""``python -m resolver mint``: issue a range of codes or labels into a file, on all cores, with progress."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from resolver.batch import store as batch_store
from resolver.batch.lookup import find_one
from resolver.issue import store as issue_store
from resolver.issue.code_range import issued_range
from resolver.issue.file_export import write_range
from resolver.issue.models import NewIssue
from resolver.issue.parallel_minting import ExportTask
from resolver.issue.progress_bar import progress_bar
from resolver.issue.reservation import reserve
from resolver.issue.resumable_file import ResumableFile
from resolver.label.export import Drawing, Text
from resolver.label.label import MODULE_MM
from resolver.label.style import DPI, LabelStyle
from resolver.label.symbol import Carrier
from resolver.mint.issuer import Issuer
from resolver.mint.mint import Layer
from resolver.settings import Settings, seal_root
from resolver.store import Row, Scope, Store
from schemas.errors import Misconfigured

FORMATS = (*Text, *(f"zip-{drawing}" for drawing in Drawing))


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
    parser.add_argument("--dpi", type=int, default=DPI, help=f"of ZPL: the print head's dots an inch (default {DPI})")
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
    names = "org batch gtin first count layer reissue format carrier module_mm dpi".split()
    request = {name: str(getattr(parsed, name)) for name in names}
    own_id = {"issue": parsed.issue} if parsed.issue else {}
    file = ResumableFile(parsed.output, request | own_id, first=parsed.first)
    request["issue"] = file.progress.request.get("issue") or parsed.issue or uuid4().hex
    if parsed.format not in list(Text):
        file.restart(parsed.first)
    with file:
        # The id first, then the reservation: after a crash between the two the same command finds its own.
        start = file.progress.following
        file.save(request, start)
        row, task = _reserve(parsed, settings, store, issuer, request["issue"], start)
        units = range(row["first"], row["first"] + row["count"])
        if task is not None:
            with progress_bar() as progress:
                bar = progress.add_task(f"issue {request['issue']}", total=len(units), completed=start - units.start)
                left = range(start, units.stop)
                for following in write_range(file, task, left, workers=parsed.workers, request=request):
                    progress.update(bar, completed=following - units.start)
        file.save(request, units.stop)
        with store.transaction(Scope(parsed.org)) as cursor:
            issue_store.note_end(cursor, parsed.org, request["issue"], datetime.now(UTC))
        file.finish()
    print(f"{parsed.output}: {row['count']} {row['layer']} codes from index {row['first']}, issue {request['issue']}")
    return 0


def _reserve(
    parsed: argparse.Namespace, settings: Settings, store: Store, issuer: Issuer, issue_id: str, start: int
) -> tuple[Row, ExportTask | None]:
    """The issue, and the task that makes what is left of it; None when all was made before a crash."""
    now = datetime.now(UTC)
    with store.transaction(Scope(parsed.org)) as cursor:
        batch = find_one(batch_store.find_batches(cursor, parsed.batch, parsed.gtin, parsed.org), parsed.batch)
        row = reserve(
            cursor,
            batch,
            _request(parsed, issue_id),
            base_url=settings.base_url,
            token_label="command line",
            now=now,
        )
        if start >= row["first"] + row["count"]:
            return row, None
        codes = issued_range(issuer, cursor, batch, issue_id, start, now=now)
    style = LabelStyle(batch["gtin"], batch["lot"], codes.layer, parsed.carrier, parsed.module_mm, parsed.dpi)
    form = Text(parsed.format) if parsed.format in list(Text) else Drawing(parsed.format.removeprefix("zip-"))
    return row, ExportTask(codes.mint.recipe, style, form, codes.title)


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
