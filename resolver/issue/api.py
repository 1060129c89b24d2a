"""For makers: codes and labels, looked at or issued for printing."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from resolver.access.authentication import Caller, Maker
from resolver.batch import store as batch_store
from resolver.batch.reference import Gtin, the_one
from resolver.issue import examples
from resolver.issue import store as issue_store
from resolver.issue.claim import Run, claim, issued_run, noted, preview_run
from resolver.issue.models import IssueId, NewIssue
from resolver.label import export
from resolver.label.export import Drawing, Look, Text
from resolver.label.form import Form
from resolver.label.label import MODULE_MM
from resolver.label.symbol import Carrier
from resolver.label.zip_stream import zipped
from resolver.mint.mint import Layer
from resolver.services import Services, With
from resolver.store import Row
from resolver.web import openapi_examples
from resolver.web.problems import refused
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1/batches/{reference}", tags=["maker"])

MOST_ON_A_PDF = 2_000

_CODE = (
    '{"index":0,"serial":"0K7Q2M8W4ZC1N5XR3VTB","item":"01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",'
    '"uri":"HTTPS://ID.EXAMPLE.COM/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"}'
)
Issue = Annotated[IssueId | None, Query(description="The issue to stream; without one, a look at a few codes.")]
OfLayer = Annotated[Layer, Query(description="Of a look: codes on the pack, or covert ones. An issue has its own.")]
OnCarrier = Annotated[Carrier, Query(description="QR, or GS1 DataMatrix for small packs.")]
ModuleMm = Annotated[float, Query(ge=0.1, le=3, description="Size of a module in millimetres.")]
Dpi = Annotated[int, Query(ge=150, le=600, description="Of ZPL: the print head's dots an inch.")]


@router.post("/issues", status_code=201, summary="Issue codes", responses=openapi_examples.shown(examples.ISSUE, 201))
def add_issue(services: With, caller: Maker, reference: str, body: NewIssue, gtin: Gtin = None) -> Response:
    """Claim a range for printing, once. Stream it by its id, as often as the press needs; the bytes stay the same."""
    with services.store.transaction(caller.scope) as cursor:
        row = claim(
            cursor,
            the_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference),
            body,
            base_url=services.settings.base_url,
            token_label=caller.label,
            now=services.clock(),
        )
    return Json(_shown(row), 201 if row["new"] else 200)


@router.get("/issues", summary="The ledger of a batch", responses=openapi_examples.shown({"issues": [examples.ISSUE]}))
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
        batch = the_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
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
                export.MEDIA_TYPES[Text.NDJSON]: {"example": _CODE},
                "text/csv": {"example": ",".join(export.COLUMNS)},
                export.MEDIA_TYPES[Text.ZPL]: {"example": "^XA^CI28^FO16,6^BQN,2,4^FH^FDMA,HTTPS://…^FS^XZ"},
            }
        }
    },
)
def codes(
    services: With,
    caller: Maker,
    reference: str,
    gtin: Gtin = None,
    issue: Issue = None,
    first: Annotated[int | None, Query(ge=0, description="Of an issue: where to continue.")] = None,
    count: Annotated[int, Query(ge=1, description="Of a look; an issue is streamed to its end.")] = 100,
    format: Text = Text.NDJSON,  # noqa: A002 -- the query's word
    layer: OfLayer = Layer.OUTER,
    carrier: OnCarrier = Carrier.QR,
    module_mm: ModuleMm = MODULE_MM,
    dpi: Dpi = 203,
) -> Response:
    """The codes of a range, streamed: index, serial, item id and URI, or ZPL that prints them."""
    run = _run(services, caller, reference, gtin, issue, layer, first, count)
    look = _look(run, carrier, module_mm, dpi)

    def pieces() -> Iterator[bytes]:
        if not run.continued:  # else the head was in the part before
            yield export.begin(format)
        for portion in run.mint.portions(run.indexes):
            yield export.records(format, look, portion)

    return StreamingResponse(
        noted(services.store, run, pieces(), services.clock), media_type=export.MEDIA_TYPES[format]
    )


@router.get(
    "/labels",
    summary="Labels",
    responses={200: {"content": {"image/svg+xml": {}, "image/png": {}, "application/pdf": {}, "application/zip": {}}}},
)
def labels(
    services: With,
    caller: Maker,
    reference: str,
    gtin: Gtin = None,
    issue: Issue = None,
    format: Form = Form.SVG,  # noqa: A002 -- the query's word
    index: Annotated[int | None, Query(ge=0, description="The unit, or the first one of several.")] = None,
    count: Annotated[int, Query(ge=1, description="Of a look: units on the PDF or in the ZIP.")] = 1,
    layer: OfLayer = Layer.OUTER,
    carrier: OnCarrier = Carrier.QR,
    module_mm: ModuleMm = MODULE_MM,
) -> Response:
    """One label (svg, png), a print-ready sheet (pdf, A4), or any number of them in a ZIP.

    A ZIP holds one PDF or one inner ZIP for each 5,000 labels.
    """
    run = _run(services, caller, reference, gtin, issue, layer, index, count if format.many else 1)
    look = _look(run, carrier, module_mm, 203)
    name = f"labels-{run.batch['gtin']}-{run.batch['batch_number']}-{run.indexes.start}"
    title = f"(01){run.batch['gtin']}(10){run.batch['lot']}"
    if format.zipped:
        portions = run.mint.portions(run.indexes, export.LABELS_A_PART)
        _require_fit(format.drawing, look, run)
        pieces = zipped(export.parts(format.drawing, look, portions, title=title), compress=False)
        return StreamingResponse(
            noted(services.store, run, pieces, services.clock), media_type=export.ZIP, headers=_saved_as(f"{name}.zip")
        )
    if not format.many:
        (minted,) = run.mint.codes(run.indexes[:1])
        return Response(export.draw(format.drawing, look, minted), media_type=export.MEDIA_TYPES[format.drawing])
    if len(run.indexes) > MOST_ON_A_PDF:
        raise refused(
            422, "too_many", f"One PDF has at most {MOST_ON_A_PDF} labels.", "Ask for format zip-pdf.", field="format"
        )
    _require_fit(format.drawing, look, run)
    sheet = export.part(format.drawing, look, run.mint.codes(run.indexes), title=title)
    return StreamingResponse(
        noted(services.store, run, [sheet], services.clock),
        media_type="application/pdf",
        headers=_saved_as(f"{name}.pdf"),
    )


def _run(
    services: Services,
    caller: Caller,
    reference: str,
    gtin: str | None,
    issue: str | None,
    layer: Layer,
    first: int | None,
    count: int,
) -> Run:
    with services.store.transaction(caller.scope) as cursor:
        batch = the_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        if issue is not None:
            return issued_run(services.issuer, cursor, batch, issue, first, now=services.clock())
    return preview_run(services.issuer, batch, layer, first or 0, count)


def _look(run: Run, carrier: Carrier, module_mm: float, dpi: int) -> Look:
    return Look(run.batch["gtin"], run.batch["lot"], run.layer, carrier, module_mm, dpi)


def _require_fit(drawing: Drawing, look: Look, run: Run) -> None:
    """Refuse labels that no page holds before the answer has begun."""
    if drawing is not Drawing.PDF:
        return
    try:
        export.part(drawing, look, run.mint.codes(run.indexes[:1]))
    except ValueError as error:
        raise refused(422, "too_large", str(error), "Choose a smaller module_mm.", field="module_mm") from None


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("base_url", "new")}
