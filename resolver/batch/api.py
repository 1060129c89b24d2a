"""For makers: products, batches, recalls and revocations, numbers at a glance."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from resolver.access import store as access_store
from resolver.access.authentication import Maker, MakerOrRegulator
from resolver.batch import commissioning_store, examples, product_store
from resolver.batch import store as batch_store
from resolver.batch.lookup import find_one, unit_range
from resolver.batch.models import BatchRevocation, Commissioning, Gtin, NewBatch, NewProduct, Recall
from resolver.batch.registration import (
    choose_signing_key,
    commissioning_time,
    require_markets,
    require_own_prefix,
    require_own_product,
    require_seal_key,
)
from resolver.key import store as key_store
from resolver.services import With
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["maker"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post(
    "/products",
    status_code=201,
    summary="Register a product",
    responses=openapi.shown(examples.PRODUCT, 201),
)
def add_product(services: With, caller: Maker, body: NewProduct) -> Response:
    """Register a product under one of the maker's own prefixes."""
    require_own_prefix(body.gtin, caller.org_id, services.keyring.current().issuer_of(body.gtin))
    with services.store.transaction(caller.scope) as cursor:
        row = product_store.add_product(cursor, org_id=caller.org_id, **body.model_dump())
    return Json(row, 201)


@router.get("/products", summary="Products", responses=openapi.shown(examples.PRODUCTS))
def products(
    services: With, caller: Maker, after: Annotated[str, Query(max_length=14)] = "", limit: Limit = 100
) -> Response:
    """The maker's products, with numbers of batches and units."""
    with services.store.transaction(caller.scope) as cursor:
        rows = product_store.products(cursor, after, limit)
    following = f"/api/v1/products?after={rows[-1]['gtin']}&limit={limit}" if len(rows) == limit else None
    return Json({"products": rows, "next": following})


@router.post(
    "/batches",
    status_code=201,
    summary="Register a batch",
    responses=openapi.shown(examples.BATCH, 201),
)
def add_batch(services: With, caller: Maker, body: NewBatch) -> Response:
    """Register a batch: one row and well under a second, whatever the quantity. Its codes follow from its number."""
    with services.store.transaction(caller.scope) as cursor:
        require_own_product(body.gtin, caller.org_id, product_store.product_owner(cursor, body.gtin))
        require_markets(batch_store.unknown_markets(cursor, body.territory))
        key_number = require_seal_key(key_store.newest_seal_key(cursor, caller.org_id))
        kid = None
        if body.grade == "signed":
            usable = key_store.usable_signing_keys(cursor, caller.org_id, services.clock())
            kid = choose_signing_key(usable, services.issuer.has_key)
        row = batch_store.add_batch(cursor, org_id=caller.org_id, key_number=key_number, kid=kid, **body.model_dump())
    return Json(row, 201)


@router.get("/batches", summary="Batches", responses=openapi.shown(examples.BATCHES))
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
    responses=openapi.shown(examples.COMMISSIONED, 201),
)
def commission(services: With, caller: Maker, reference: str, body: Commissioning, gtin: Gtin = None) -> Response:
    """Say that units were put on goods. Saying the same again changes nothing."""
    with services.store.transaction(caller.scope) as cursor:
        batch = find_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        units = unit_range(batch, body.first, body.count)
        at = commissioning_time(body.at, services.clock())
        is_new = commissioning_store.add_commissioning(cursor, batch, units, at=at, site_id=body.site_id)
    answer = {"batch_number": batch["batch_number"], "first": units.start, "count": len(units), "at": at}
    return Json(answer | {"new": is_new}, 201 if is_new else 200)


@router.post("/batches/{reference}/recall", summary="Recall a batch", responses=openapi.shown(examples.RECALLED))
def recall(services: With, caller: MakerOrRegulator, reference: str, body: Recall, gtin: Gtin = None) -> Response:
    """Recall a batch: the maker's own, or any one by a regulator. Whoever scans one of its units is told at once."""
    with services.store.transaction(caller.scope) as cursor:
        if caller.role == "regulator":
            access_store.add_access(
                cursor, org_id=caller.org_id, token_label=caller.label, request=f"recall {gtin or ''} {reference}"
            )
        owner = caller.org_id if caller.role == "maker" else None
        batch = find_one(batch_store.find_batches(cursor, reference, gtin, owner), reference)
        row = batch_store.recall(cursor, batch, at=services.clock(), reason=body.reason, reason_zh=body.reason_zh)
    return Json(row)


@router.post(
    "/batches/{reference}/revocation",
    summary="Revoke a batch",
    responses=openapi.shown(examples.REVOKED_BATCH),
)
def revoke(services: With, caller: Maker, reference: str, body: BatchRevocation, gtin: Gtin = None) -> Response:
    """Withdraw all codes of a batch, such as after its labels were stolen. It holds at once and can't be undone."""
    with services.store.transaction(caller.scope) as cursor:
        batch = find_one(batch_store.find_batches(cursor, reference, gtin, caller.org_id), reference)
        row = batch_store.revoke(cursor, batch, at=services.clock(), reason=body.reason, reason_zh=body.reason_zh)
    return Json(row)


@router.get("/summary", summary="Numbers at a glance", responses=openapi.shown(examples.SUMMARY))
def summary(services: With, caller: Maker) -> Response:
    """Batches, units, items seen, scans, open incidents."""
    with services.store.transaction(caller.scope) as cursor:
        return Json(batch_store.summary(cursor))
