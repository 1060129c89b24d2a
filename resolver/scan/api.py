"""For makers: how often their goods are scanned, where, when and in which language; and who guesses at codes."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from resolver.access.authentication import Maker
from resolver.scan import traffic_store
from resolver.services import With
from resolver.web import openapi
from resolver.web.problems import refused
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["maker"])

MAX_ROWS = 10_000
_LONGEST = timedelta(days=400)

_ROW = {"product": "09521234000013", "market": "chengdu", "scans": 120, "firsts": 90, "repeats": 30}
_TOTAL = {"scans": 120, "firsts": 90, "repeats": 30, "first_share": 0.75}
_GUESSING = {
    "enumeration_id": "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d",
    "gtin": "09521234000013",
    "network": "9f86d081884c7d65",
    "began_at": "2026-01-01T00:00:00Z",
    "ended_at": "2026-01-01T00:01:00Z",
    "guesses": 40,
}

_FALSE = {
    "day": "2026-03-01",
    "gtin": "09521234000013",
    "scans": 412,
    "networks": 3,
    "examples": [
        {
            "item": "01/09521234000013/21/0123456789ABCDEFGHJK",
            "proof": "forged",
            "scans": 6,
            "networks": 2,
            "first_at": "2026-03-01T02:00:00Z",
            "last_at": "2026-03-04T09:30:00Z",
            "printed": True,
        }
    ],
}

Gtin = Annotated[str | None, Query(pattern="^[0-9]{14}$")]
Moment = Annotated[datetime | None, Query(description="With its offset from UTC.")]


@router.get(
    "/analytics/scans",
    summary="Scans in numbers",
    responses=openapi.shown({"rows": [_ROW], "total": _TOTAL, "reports": {"counterfeit": 2}}),
)
def scans(
    services: With,
    caller: Maker,
    by: Annotated[str, Query(description=f"Of {', '.join(traffic_store.DIMENSIONS)}, separated by commas.")] = "day",
    gtin: Gtin = None,
    since: Moment = None,
    until: Moment = None,
) -> Response:
    """Scans, first scans of a unit and repeated ones, by product, hour, day, language, market or verdict.

    Days are China's. A scan whose place nobody told has market "". The last 30 days when no time is given.
    """
    dimensions = [each.strip() for each in by.split(",") if each.strip()]
    if set(dimensions) - set(traffic_store.DIMENSIONS) or len(set(dimensions)) != len(dimensions):
        raise refused(
            422, "unknown_dimension", f"by is of {', '.join(traffic_store.DIMENSIONS)}.", "Name each once.", field="by"
        )
    begin, end = _window(services.clock(), since, until)
    with services.store.transaction(caller.scope) as cursor:
        rows = traffic_store.counted(cursor, dimensions, gtin, begin, end, MAX_ROWS)
        total = traffic_store.counted(cursor, (), gtin, begin, end, 1)[0]
        reports = traffic_store.reported(cursor, gtin, begin, end)
    whole = _with_repeats({"scans": total["scans"] or 0, "firsts": total["firsts"] or 0})
    share = round(whole["firsts"] / whole["scans"], 4) if whole["scans"] else None
    document = {
        "since": begin,
        "until": end,
        "rows": [_with_repeats(row) for row in rows],
        "total": {**whole, "first_share": share},
        "reports": {row["suspicion"]: row["reports"] for row in reports},
    }
    return Json(document)


@router.get("/analytics/guessing", summary="Guessing", responses=openapi.shown({"guessing": [_GUESSING]}))
def guessing(
    services: With,
    caller: Maker,
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Networks that tried serials of the maker's products until one would fit. Their names change every day."""
    begin, end = _window(services.clock(), since, until)
    with services.store.transaction(caller.scope) as cursor:
        return Json({"guessing": traffic_store.enumerations(cursor, begin, end, limit)})


@router.get(
    "/analytics/false-codes",
    summary="Scans of false codes",
    responses=openapi.shown({"false_codes": [_FALSE]}),
)
def false_codes(
    services: With,
    caller: Maker,
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Scans of codes that the maker never issued, by product and day (UTC); GTIN ``-``: of no registered product.

    Examples are the serials that were first read on that day. One is ``printed`` once different phones read it from
    different networks.
    """
    begin, end = _window(services.clock(), since, until)
    with services.store.transaction(caller.scope) as cursor:
        return Json({"false_codes": traffic_store.false_codes(cursor, begin, end, limit)})


def _window(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    for moment, field in ((since, "since"), (until, "until")):
        if moment is not None and moment.tzinfo is None:
            raise refused(422, "no_offset", f"{field} does not name its offset from UTC.", "End it in Z.", field=field)
    # The hour that is running counts.
    end = until or now + timedelta(hours=1)
    begin = since or end - timedelta(days=30)
    if not timedelta(0) < end - begin <= _LONGEST:
        raise refused(422, "range", "since comes before until, by at most 400 days.", "Ask for less.", field="since")
    return begin, end


def _with_repeats(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "repeats": row["scans"] - row["firsts"]}
