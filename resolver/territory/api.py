"""Dealers' territories: registered by whose goods they are about, or by the operator; seen by the dealer too."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, MakerOrOperator
from resolver.access.caller import Caller
from resolver.services import With
from resolver.store import Scope
from resolver.territory import store
from resolver.territory.models import Territory
from resolver.web import openapi
from resolver.web.responses import Json
from schemas.errors import Forbidden, Invalid

router = APIRouter(prefix="/api/v1", tags=["maker"])

_TERRITORY = {"owner_org": "huadu", "dealer_id": "dealer-01-chengdu", "markets": ["chengdu", "chongqing"]}

DealerId = Annotated[str, Path(max_length=128, description="The dealer's own site, of kind dealer.")]


@router.get(
    "/territories",
    summary="Dealers' territories",
    responses=openapi.shown({"territories": [_TERRITORY | {"registered_at": "2026-03-01T08:00:00Z"}]}),
)
def territories(request: Request, services: With, caller: MakerDealerOrRegulator) -> Response:
    """A maker's dealers and where they may sell; for a dealer, its own territories for every maker's goods."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return Json({"territories": store.territories(cursor)})


@router.put(
    "/territories/{dealer_id}",
    summary="Set a dealer's territory",
    responses=openapi.shown(_TERRITORY),
)
def set_territory(services: With, caller: MakerOrOperator, dealer_id: DealerId, body: Territory) -> Response:
    """Where a dealer may sell the maker's goods.

    It beats what is learned from the dealer's deliveries, and counts for batches that have no territory of their own.
    Units are judged by it from their next event on.
    """
    owner_org = _owner(caller, body.owner_org)
    markets = sorted(set(body.markets))
    with services.store.transaction(Scope(owner_org)) as cursor:
        store.set_territory(cursor, owner_org, dealer_id, markets)
    return Json({"owner_org": owner_org, "dealer_id": dealer_id, "markets": markets})


def _owner(caller: Caller, named: str | None) -> str:
    """Whose goods a territory is about: a maker's own, or those that an operator names.

    :raises Forbidden: a maker names another organisation.
    :raises Invalid: an operator names none.
    """
    if caller.role == "operator":
        if named is None:
            raise Invalid("no_owner", "An operator says whose goods it is about.", "Give owner_org.", field="owner_org")
        return named
    if named not in (None, caller.org_id):
        raise Forbidden("foreign_goods", f"Goods of {named} are not yours.", "Leave owner_org out.", field="owner_org")
    return caller.org_id
