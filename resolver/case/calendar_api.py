"""The calendar of working days, by which cases' deadlines are counted."""

from fastapi import APIRouter
from starlette.responses import Response

from resolver.access.authentication import Anyone, Operator
from resolver.case import calendar_store, examples
from resolver.case.models import Days
from resolver.services import With
from resolver.store import Scope
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["cases"])


@router.get("/calendar", summary="Working days", responses=openapi.shown(examples.CALENDAR))
def calendar(services: With, caller: Anyone) -> Response:  # noqa: ARG001 -- a token is needed, its scope is not
    """The days that are not what their weekday says: holidays, and working weekends."""
    with services.store.transaction(Scope()) as cursor:
        return Json({"days": calendar_store.calendar_days(cursor)})


@router.put("/calendar", summary="Set working days", responses=openapi.shown(examples.CALENDAR))
def set_calendar(services: With, caller: Operator, body: Days) -> Response:
    """Say of days whether they are worked on; deadlines follow at once."""
    with services.store.transaction(caller.scope) as cursor:
        calendar_store.set_calendar(cursor, [day.model_dump() for day in body.days])
        return Json({"days": calendar_store.calendar_days(cursor)})
