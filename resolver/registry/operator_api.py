"""For the platform's operator: organisations, sites, markets, readers."""

from fastapi import APIRouter
from starlette.responses import Response

from resolver.access.authentication import Operator
from resolver.registry import examples, store
from resolver.registry.models import (
    NewMarket,
    NewOrganisation,
    NewReader,
    NewSite,
)
from resolver.registry.reader_class import chosen_class
from resolver.services import With
from resolver.store import Scope
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["operator"])


@router.post(
    "/organisations",
    status_code=201,
    summary="Register an organisation",
    responses=openapi.shown(examples.ORGANISATION, 201),
)
def add_organisation(services: With, caller: Operator, body: NewOrganisation) -> Response:
    """Register an organisation with its prefixes; a maker's first sealing key number comes with it."""
    with services.store.transaction(caller.scope) as cursor:
        store.add_organisation(cursor, **body.model_dump())
    services.keyring.refresh()
    return Json(body.model_dump(), 201)


@router.get(
    "/organisations",
    summary="All organisations",
    responses=openapi.shown({"organisations": [examples.ORGANISATION]}),
)
def organisations(services: With, caller: Operator) -> Response:
    """All organisations with their prefixes."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"organisations": store.organisations(cursor)})


@router.post(
    "/sites",
    status_code=201,
    summary="Register a read point",
    responses=openapi.shown(examples.SITE, 201),
)
def add_site(services: With, caller: Operator, body: NewSite) -> Response:
    """Register a read point, or correct it. What was recorded under its id before was said of no site."""
    with services.store.transaction(Scope(body.org_id, caller.scope.mandate)) as cursor:
        store.add_site(cursor, body.model_dump())
    return Json(body.model_dump(), 201)


@router.post(
    "/markets",
    status_code=201,
    summary="Register a market",
    responses=openapi.shown(examples.MARKET, 201),
)
def add_market(services: With, caller: Operator, body: NewMarket) -> Response:
    """Register a market."""
    with services.store.transaction(caller.scope) as cursor:
        store.add_market(cursor, body.model_dump())
    return Json(body.model_dump(), 201)


@router.post(
    "/readers",
    status_code=201,
    summary="Enrol a reader",
    responses=openapi.shown(examples.READER, 201),
)
def add_reader(services: With, caller: Operator, body: NewReader) -> Response:
    """Enrol a reader's public key; the gateway takes its batches from then on."""
    with services.store.transaction(Scope(body.org_id)) as cursor:
        reader_class = chosen_class(caller.role, store.kind_of(cursor, body.org_id), body.reader_class)
        store.add_reader(
            cursor,
            org_id=body.org_id,
            reader_id=body.reader_id,
            site_id=body.site_id,
            reader_class=reader_class,
            kid=bytes.fromhex(body.kid),
            public_key=bytes.fromhex(body.public_key),
        )
    return Json(body.model_dump() | {"reader_class": reader_class}, 201)
