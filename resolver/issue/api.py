"""For makers: codes and labels, previewed or issued for printing."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from resolver.access.authentication import Maker
from resolver.access.caller import Caller
from resolver.batch import store as batch_store
from resolver.batch.lookup import find_one
from resolver.batch.models import Gtin
from resolver.issue import examples
from resolver.issue import store as issue_store
from resolver.issue.code_range import CodeRange, issued_range, preview_range
from resolver.issue.ledger_stream import note_end_after
from resolver.issue.models import NewIssue
from resolver.issue.query import CodesQuery, LabelsQuery
from resolver.issue.reservation import reserve
from resolver.label import export
from resolver.label.export import Text
from resolver.label.label_file import label_file
from resolver.services import Services, With
from resolver.store import Row
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1/batches/{reference}", tags=["maker"])


@router.post("/issues", status_code=201, summary="Issue codes", responses=openapi.shown(examples.ISSUE, 201))
def add_issue(services: With, caller: Maker, reference: str, body: NewIssue, gtin: Gtin = None) -> Response:
    """Claim a range for printing, once. Stream it by its id, as often as the press needs; the bytes stay the same."""
    with services.store.transaction(caller.scope) as cursor:
        batch = find_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        row = reserve(
            cursor,
            batch,
            body,
            base_url=services.settings.base_url,
            token_label=caller.label,
            now=services.clock(),
        )
    return Json(_shown(row), 201 if row["new"] else 200)


@router.get("/issues", summary="The ledger of a batch", responses=openapi.shown({"issues": [examples.ISSUE]}))
def issues(
    services: With,
    caller: Maker,
    reference: str,
    gtin: Gtin = None,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What was issued of a batch, by whom, when, and whether it was handed over to its end."""
    with services.store.transaction(caller.scope) as cursor:
        batch = find_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        rows = issue_store.issues(cursor, batch, after, limit)
    following = None
    if len(rows) == limit:
        following = f"/api/v1/batches/{batch['batch_number']}/issues?after={rows[-1]['issue_id']}&limit={limit}"
    return Json({"issues": [_shown(row) for row in rows], "next": following})


@router.get(
    "/codes",
    summary="Codes of a batch",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                export.MEDIA_TYPES[Text.NDJSON]: {"example": examples.CODE},
                "text/csv": {"example": ",".join(export.COLUMNS)},
                export.MEDIA_TYPES[Text.ZPL]: {"example": "^XA^CI28^FO16,6^BQN,2,4^FH^FDMA,HTTPS://…^FS^XZ"},
            }
        }
    },
)
def codes(services: With, caller: Maker, reference: str, query: Annotated[CodesQuery, Depends()]) -> Response:
    """The codes of a range, streamed: index, serial, item id and URI, or ZPL that prints them."""
    wanted = _code_range(services, caller, reference, query)
    style = query.style(wanted)

    def pieces() -> Iterator[bytes]:
        if not wanted.continued:  # else the head was in the part before
            yield export.begin(query.format)
        for portion in wanted.mint.portions(wanted.indexes):
            yield export.records(query.format, style, portion)

    return _streamed(services, wanted, pieces(), export.MEDIA_TYPES[query.format])


@router.get(
    "/labels",
    summary="Labels",
    responses={200: {"content": {"image/svg+xml": {}, "image/png": {}, "application/pdf": {}, "application/zip": {}}}},
)
def labels(services: With, caller: Maker, reference: str, query: Annotated[LabelsQuery, Depends()]) -> Response:
    """One label (svg, png), a print-ready sheet (pdf, A4), or any number of them in a ZIP.

    A ZIP holds one PDF or one inner ZIP for each 5,000 labels.
    """
    wanted = _code_range(services, caller, reference, query)
    file = label_file(query.format, query.style(wanted), wanted.mint, wanted.indexes, title=wanted.title)
    if not query.format.many:
        return Response(b"".join(file.pieces), media_type=file.media_type)
    name = f"labels-{wanted.batch['gtin']}-{wanted.batch['batch_number']}-{wanted.indexes.start}.{file.suffix}"
    return _streamed(services, wanted, file.pieces, file.media_type, name)


def _code_range(services: Services, caller: Caller, reference: str, query: CodesQuery | LabelsQuery) -> CodeRange:
    with services.store.transaction(caller.scope) as cursor:
        batch = find_one(batch_store.find_batches(cursor, reference, query.gtin, caller.org_id), reference)
        if query.issue is not None:
            return issued_range(services.issuer, cursor, batch, query.issue, query.first, now=services.clock())
    return preview_range(services.issuer, batch, query.layer, query.first or 0, query.count)


def _streamed(
    services: Services, codes: CodeRange, pieces: Iterable[bytes], media_type: str, name: str | None = None
) -> Response:
    headers = None if name is None else {"Content-Disposition": f'attachment; filename="{name}"'}
    noted = note_end_after(services.store, codes, pieces, services.clock)
    return StreamingResponse(noted, media_type=media_type, headers=headers)


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("base_url", "new")}
