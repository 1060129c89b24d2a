"""For everyone: health, readiness, and what the platform knows of places."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from resolver.access import client_network
from resolver.access.admission import address_of
from resolver.access.authentication import Anyone
from resolver.registry import examples
from resolver.registry import store as registry_store
from resolver.services import With
from resolver.store import Scope
from resolver.web import openapi
from resolver.web.responses import Json
from schemas.errors import StoreUnavailable

router = APIRouter(tags=["platform"])

OLD_KEYRING = 30
"""After this many refreshes without success an instance says that it is not ready."""


@router.get(
    "/health",
    summary="Is the process alive?",
    operation_id="health",
    responses=openapi.shown(examples.HEALTH, guarded=False),
)
def health(request: Request, services: With) -> Response:
    """Alive. Who asks from the machine itself hears of consumers' scans: that wait, were written, found the queue full.

    ``looks`` counts how often the store was asked about a code: a forged one does not get so far.
    """
    scans = services.scans
    if not client_network.is_own_machine(address_of(request)):
        return Json({"status": "ok"})
    return Json(
        {
            "status": "ok",
            "scans_waiting": len(scans),
            "scans_written": scans.written,
            "scans_lost": scans.lost,
            "looks": services.query_count,
        }
    )


@router.get(
    "/ready",
    summary="Can it answer?",
    operation_id="ready",
    responses=openapi.shown(examples.READY, guarded=False),
)
def ready(request: Request, services: With) -> Response:
    """200 when store and keyring are there, else 503 with what is missing. Of scans as /health."""
    try:
        services.store.ping()
        store = "reachable"
    except StoreUnavailable:
        store = "unreachable"
    age = services.keyring.age_s
    fresh = age is not None and age < OLD_KEYRING * services.settings.keyring_refresh_s
    is_ready = store == "reachable" and fresh
    report: dict[str, object] = {
        "ready": is_ready,
        "store": store,
        "keyring_age_s": None if age is None else round(age, 2),
    }
    if client_network.is_own_machine(address_of(request)):
        report |= {"scans_waiting": len(services.scans), "scans_lost": services.scans.lost}
    return Json(report, 200 if is_ready else 503)


@router.get(
    "/api/v1/markets",
    summary="Markets",
    operation_id="markets",
    responses=openapi.shown({"markets": [examples.MARKET]}),
)
def markets(services: With, caller: Anyone) -> Response:  # noqa: ARG001 -- a token is needed, its scope is not
    """The areas in which consumers' scans are counted and to which batches are assigned."""
    with services.store.transaction(Scope()) as cursor:
        return Json({"markets": registry_store.markets(cursor)})


@router.get(
    "/api/v1/sites",
    summary="Read points",
    operation_id="sites",
    responses=openapi.shown({"sites": [examples.SITE], "next": None}),
)
def sites(
    services: With,
    caller: Anyone,
    after: Annotated[str, Query(max_length=128)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> Response:
    """Plants, distribution centres, dealers and shops, in order of id.

    Operators and regulators see all; others their own, those of dealers whose territory they have set, and those at
    which their readers may observe.
    """
    whose = None if caller.role in ("operator", "regulator") else caller.org_id
    with services.store.transaction(caller.scope) as cursor:
        rows = registry_store.sites(cursor, whose, after, limit)
    return Json({"sites": rows, "next": f"/api/v1/sites?after={rows[-1]['site_id']}" if len(rows) == limit else None})
