"""For makers: products, batches, recalls and revocations, numbers at a glance."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from resolver.access import store as access_store
from resolver.access.authentication import Caller, Maker, MakerOrRegulator
from resolver.batch import examples
from resolver.batch import store as batch_store
from resolver.batch.models import BatchRevocation, Commissioning, NewBatch, NewProduct, Recall
from resolver.batch.reference import Gtin, require_range, the_one
from resolver.key import store as key_store
from resolver.services import Services, With
from resolver.store import Cursor
from resolver.web import openapi_examples
from resolver.web.problems import refused
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["maker"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post(
    "/products",
    status_code=201,
    summary="Register a product",
    responses=openapi_examples.shown(examples.PRODUCT, 201),
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


@router.get("/products", summary="Products", responses=openapi_examples.shown(examples.PRODUCTS))
def products(
    services: With, caller: Maker, after: Annotated[str, Query(max_length=14)] = "", limit: Limit = 100
) -> Response:
    """The maker's products, with numbers of batches and units."""
    with services.store.transaction(caller.scope) as cursor:
        rows = batch_store.products(cursor, after, limit)
    following = f"/api/v1/products?after={rows[-1]['gtin']}&limit={limit}" if len(rows) == limit else None
    return Json({"products": rows, "next": following})


@router.post(
    "/batches",
    status_code=201,
    summary="Register a batch",
    responses=openapi_examples.shown(examples.BATCH, 201),
)
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


@router.get("/batches", summary="Batches", responses=openapi_examples.shown(examples.BATCHES))
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
    responses=openapi_examples.shown(examples.COMMISSIONED, 201),
)
def commission(services: With, caller: Maker, reference: str, body: Commissioning, gtin: Gtin = None) -> Response:
    """Say that units were put on goods. Saying the same again changes nothing."""
    with services.store.transaction(caller.scope) as cursor:
        batch = the_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        count = batch["quantity"] - body.first if body.count is None else body.count
        require_range(batch, body.first, count)
        at = body.at or services.clock()
        if at > services.clock():
            raise refused(422, "impossible_time", "at lies in the future.", "Give the time it happened.", field="at")
        added = batch_store.add_commissioning(cursor, batch, first=body.first, count=count, at=at, site_id=body.site_id)
    answer = {"batch_number": batch["batch_number"], "first": body.first, "count": count, "at": at}
    return Json(answer | {"new": added is not None}, 201 if added is not None else 200)


@router.post(
    "/batches/{reference}/recall", summary="Recall a batch", responses=openapi_examples.shown(examples.RECALLED)
)
def recall(services: With, caller: MakerOrRegulator, reference: str, body: Recall, gtin: Gtin = None) -> Response:
    """Recall a batch: the maker's own, or any one by a regulator. Whoever scans one of its units is told at once."""
    with services.store.transaction(caller.scope) as cursor:
        if caller.role == "regulator":
            access_store.add_access(
                cursor, org_id=caller.org_id, token_label=caller.label, request=f"recall {gtin or ''} {reference}"
            )
        owner = caller.org_id if caller.role == "maker" else None
        batch = the_one(batch_store.find_batches(cursor, reference, gtin, owner), reference)
        row = batch_store.recall(cursor, batch, at=services.clock(), reason=body.reason, reason_zh=body.reason_zh)
    return Json(row)


@router.post(
    "/batches/{reference}/revocation",
    summary="Revoke a batch",
    responses=openapi_examples.shown(examples.REVOKED_BATCH),
)
def revoke(services: With, caller: Maker, reference: str, body: BatchRevocation, gtin: Gtin = None) -> Response:
    """Withdraw all codes of a batch, such as after its labels were stolen. It holds at once and can't be undone."""
    with services.store.transaction(caller.scope) as cursor:
        batch = the_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        row = batch_store.revoke(cursor, batch, at=services.clock(), reason=body.reason, reason_zh=body.reason_zh)
    return Json(row)


@router.get("/summary", summary="Numbers at a glance", responses=openapi_examples.shown(examples.SUMMARY))
def summary(services: With, caller: Maker) -> Response:
    """Batches, units, items seen, scans, open incidents."""
    with services.store.transaction(caller.scope) as cursor:
        return Json(batch_store.summary(cursor))


def _signing_key(services: Services, cursor: Cursor, caller: Caller) -> str:
    usable = key_store.usable_signing_keys(cursor, caller.org_id, services.clock())
    kid = next(filter(services.issuer.has_key, usable), None)
    if kid is None:
        raise refused(
            409,
            "no_signing_key",
            "You have no signing key that is valid and present.",
            "Ask the operator for one, or choose grade sealed.",
            field="grade",
        )
    return kid
