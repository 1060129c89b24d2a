"""For makers: products, batches, codes, labels, recalls, and what asks for attention."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from resolver import examples
from resolver import label as labels
from resolver.answers import CSV, NDJSON, Json, csv_lines, ndjson
from resolver.auth import Caller, Maker, MakerOrRegulator
from resolver.issuer import BatchToMint, MintedCode
from resolver.maker_models import Commissioning, NewBatch, NewProduct, Recall
from resolver.problems import refused
from resolver.services import Services, With
from resolver.store import Cursor, Row
from resolver.store import batch as batch_store
from resolver.store import history as history_store
from resolver.store import key as key_store
from schemas.errors import Misconfigured

router = APIRouter(prefix="/api/v1", tags=["maker"])

MOST_CODES = 10_000_000
MOST_LABELS = 2_000

_CODE = (
    '{"index":0,"serial":"0K7Q2M8W4ZC1N5XR3VTB","item":"01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",'
    '"uri":"HTTPS://ID.EXAMPLE.COM/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"}'
)

Gtin = Annotated[str | None, Query(pattern="^[0-9]{14}$", description="Tells batches of the same lot apart.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post(
    "/products", status_code=201, summary="Register a product", responses=examples.shown(examples.PRODUCT, 201)
)
def add_product(services: With, caller: Maker, body: NewProduct) -> Response:
    """Register a product under one of the maker's own prefixes."""
    issuer = services.keyring.current().issuer_of(body.gtin)
    if issuer is None or issuer.org_id != caller.org_id:
        raise refused(
            422,
            "foreign_prefix",
            f"GTIN {body.gtin} does not begin with a company prefix of {caller.org_id}.",
            "Use a GTIN of your own; an operator registers prefixes.",
            field="gtin",
        )
    with services.store.transaction(caller.scope) as cursor:
        row = batch_store.add_product(cursor, org_id=caller.org_id, **body.model_dump())
    return Json(row, 201)


@router.get("/products", summary="Products", responses=examples.shown(examples.PRODUCTS))
def products(
    services: With, caller: Maker, after: Annotated[str, Query(max_length=14)] = "", limit: Limit = 100
) -> Response:
    """The maker's products, with numbers of batches and units."""
    with services.store.transaction(caller.scope) as cursor:
        rows = batch_store.products(cursor, after, limit)
    following = f"/api/v1/products?after={rows[-1]['gtin']}&limit={limit}" if len(rows) == limit else None
    return Json({"products": rows, "next": following})


@router.post("/batches", status_code=201, summary="Register a batch", responses=examples.shown(examples.BATCH, 201))
def add_batch(services: With, caller: Maker, body: NewBatch) -> Response:
    """Register a batch: one row and well under a second, whatever the quantity. Its codes follow from its number."""
    with services.store.transaction(caller.scope) as cursor:
        if batch_store.product_owner(cursor, body.gtin) != caller.org_id:
            raise refused(
                422, "unknown_product", f"{body.gtin} is no product of yours.", "Register it first.", field="gtin"
            )
        unknown = batch_store.unknown_markets(cursor, body.territory)
        if unknown:
            raise refused(
                422,
                "unknown_market",
                f"There is no market {unknown[0]!r}.",
                "GET /api/v1/markets lists them.",
                field="territory",
            )
        key_number = key_store.newest_seal_key(cursor, caller.org_id)
        if key_number is None:
            raise refused(409, "no_seal_key", "You have no sealing key.", "Ask the operator for one.")
        kid = _signing_key(services, cursor, caller) if body.grade == "signed" else None
        row = batch_store.add_batch(cursor, org_id=caller.org_id, key_number=key_number, kid=kid, **body.model_dump())
    return Json(row, 201)


@router.get("/batches", summary="Batches", responses=examples.shown(examples.BATCHES))
def batches(
    services: With,
    caller: Maker,
    gtin: Gtin = None,
    after: Annotated[int, Query(ge=-1)] = -1,
    limit: Limit = 100,
) -> Response:
    """The maker's batches by number, with how many units were commissioned and how many items were seen."""
    with services.store.transaction(caller.scope) as cursor:
        rows = batch_store.batches(cursor, gtin, (caller.org_id, after), limit)
    following = f"/api/v1/batches?after={rows[-1]['batch_number']}&limit={limit}" if len(rows) == limit else None
    return Json({"batches": rows, "next": following})


@router.post(
    "/batches/{reference}/commissioning",
    status_code=201,
    summary="Commission units",
    responses=examples.shown(examples.COMMISSIONED, 201),
)
def commission(services: With, caller: Maker, reference: str, body: Commissioning, gtin: Gtin = None) -> Response:
    """Say that units were put on goods. Saying the same again changes nothing."""
    with services.store.transaction(caller.scope) as cursor:
        batch = _one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        count = batch["quantity"] - body.first if body.count is None else body.count
        _require_range(batch, body.first, count)
        at = body.at or services.clock()
        if at > services.clock():
            raise refused(422, "impossible_time", "at lies in the future.", "Give the time it happened.", field="at")
        added = batch_store.add_commissioning(cursor, batch, first=body.first, count=count, at=at, site_id=body.site_id)
    answer = {"batch_number": batch["batch_number"], "first": body.first, "count": count, "at": at}
    return Json(answer | {"new": added is not None}, 201 if added is not None else 200)


@router.post("/batches/{reference}/recall", summary="Recall a batch", responses=examples.shown(examples.RECALLED))
def recall(services: With, caller: MakerOrRegulator, reference: str, body: Recall, gtin: Gtin = None) -> Response:
    """Recall a batch: the maker's own, or any one by a regulator. Whoever scans one of its units is told at once."""
    with services.store.transaction(caller.scope) as cursor:
        if caller.role == "regulator":
            history_store.log_look(
                cursor, org_id=caller.org_id, token_label=caller.label, request=f"recall {gtin or ''} {reference}"
            )
        owner = caller.org_id if caller.role == "maker" else None
        batch = _one(batch_store.find_batches(cursor, reference, gtin, owner), reference)
        row = batch_store.recall(cursor, batch, at=services.clock(), reason=body.reason, reason_zh=body.reason_zh)
    return Json(row)


@router.get(
    "/batches/{reference}/codes",
    summary="Codes of a batch",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {"example": _CODE}, "text/csv": {"example": "index,serial,item,uri"}}}},
)
def codes(
    services: With,
    caller: Maker,
    reference: str,
    gtin: Gtin = None,
    first: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=MOST_CODES)] = 100,
    format: Annotated[Literal["ndjson", "csv"], Query()] = "ndjson",  # noqa: A002 -- the query's word
) -> Response:
    """The codes of a range of units, streamed: index, serial, item id and URI to print."""
    _, minted = _mint(services, caller, reference, gtin, first, count)
    rows = ({"index": c.index, "serial": c.serial, "item": c.item_id, "uri": c.uri} for c in minted)
    if format == "csv":
        return StreamingResponse(csv_lines(("index", "serial", "item", "uri"), rows), media_type=CSV)
    return StreamingResponse(ndjson(rows), media_type=NDJSON)


@router.get(
    "/batches/{reference}/labels",
    summary="Labels",
    responses={200: {"content": {"image/svg+xml": {}, "image/png": {}, "application/pdf": {}}}},
)
def label(
    services: With,
    caller: Maker,
    reference: str,
    gtin: Gtin = None,
    format: Annotated[Literal["svg", "png", "pdf"], Query()] = "svg",  # noqa: A002 -- the query's word
    index: Annotated[int, Query(ge=0, description="The unit, for svg and png; the first one, for pdf.")] = 0,
    count: Annotated[int, Query(ge=1, le=MOST_LABELS, description="Units on the pdf.")] = 1,
    module_mm: Annotated[float, Query(ge=0.2, le=3, description="Size of a module, for svg and pdf.")] = 0.5,
) -> Response:
    """One label as SVG or PNG, or a print-ready sheet (PDF, A4) of a range."""
    batch, minted = _mint(services, caller, reference, gtin, index, count if format == "pdf" else 1)
    made = (labels.Label(code.uri, batch["gtin"], batch["lot"], code.serial) for code in minted)
    if format == "svg":
        return Response(labels.svg(next(made), module_mm=module_mm), media_type="image/svg+xml")
    if format == "png":
        return Response(labels.png(next(made)), media_type="image/png")
    try:
        sheet = labels.pdf(made, module_mm=module_mm, title=f"(01){batch['gtin']}(10){batch['lot']}")
    except ValueError as error:
        raise refused(422, "too_large", str(error), "Choose a smaller module_mm.", field="module_mm") from None
    name = f"labels-{batch['gtin']}-{batch['batch_number']}-{index}.pdf"
    return Response(
        sheet, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/summary", summary="Numbers at a glance", responses=examples.shown(examples.SUMMARY))
def summary(services: With, caller: Maker) -> Response:
    """Batches, units, items seen, scans, open incidents."""
    with services.store.transaction(caller.scope) as cursor:
        return Json(batch_store.summary(cursor))


def _signing_key(services: Services, cursor: Cursor, caller: Caller) -> str:
    usable = key_store.usable_signing_keys(cursor, caller.org_id, services.clock())
    kid = next(filter(services.issuer.holds, usable), None)
    if kid is None:
        raise refused(
            409,
            "no_signing_key",
            "You have no signing key that is valid and present.",
            "Ask the operator for one, or choose grade sealed.",
            field="grade",
        )
    return kid


def _one(found: list[Row], reference: str) -> Row:
    if not found:
        raise refused(404, "unknown_batch", f"You have no batch {reference!r}.", "GET /api/v1/batches lists them.")
    if len(found) > 1:
        raise refused(
            409, "ambiguous", f"Several batches have lot or number {reference!r}.", "Add ?gtin=…", field="gtin"
        )
    return found[0]


def _require_range(batch: Row, first: int, count: int) -> None:
    if count < 1 or first + count > batch["quantity"]:
        raise refused(
            422,
            "range",
            f"The batch has {batch['quantity']} units, indexes 0 to {batch['quantity'] - 1}.",
            "Name units within it.",
            field="first",
        )


def _mint(
    services: Services, caller: Caller, reference: str, gtin: str | None, first: int, count: int
) -> tuple[Row, Iterator[MintedCode]]:
    with services.store.transaction(caller.scope) as cursor:
        batch = _one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
    _require_range(batch, first, count)
    to_mint = BatchToMint(batch["org_id"], batch["batch_number"], batch["gtin"], batch["key_number"], batch["kid"])
    try:
        return batch, services.issuer.mint(to_mint, first, count)
    except Misconfigured:
        raise refused(
            409, "no_signing_key", f"The private key {batch['kid']} is not here.", "Tell the operator."
        ) from None
