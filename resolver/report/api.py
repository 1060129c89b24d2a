"""Consumers' reports as evidence: photos from those who report, lists for makers and regulators."""

from datetime import datetime, timedelta
from typing import IO, Annotated, Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from resolver.access import handset
from resolver.access.admission import network_of
from resolver.access.audit import audit_access
from resolver.access.authentication import MakerOrRegulator
from resolver.report import examples, false_code_store, photo, store
from resolver.report.false_code_report import DAYS_RETENTION
from resolver.report.photo_process import cleaned_apart
from resolver.services import Services, With
from resolver.store import Row
from resolver.store.session import PUBLIC, Cursor
from resolver.web import openapi, uploads
from resolver.web.pagination import PageToken, decode_cursor, encode_cursor, next_link, not_ours, time_of
from resolver.web.problems import Refused, refused
from resolver.web.responses import Json
from schemas.errors import Conflict, NotFound
from schemas.price import PriceChannel

router = APIRouter()

MAX_PHOTOS = 3
_PHOTOS = CapacityLimiter(2)
"""Threads for photos: they wait for each other, and pages must not wait for them."""
PHOTOS_FOR = timedelta(days=1)
"""How long after a report its photos are taken. The report's id, which only its author knows, is the key."""

_COLUMNS = "report_id item_id owner_org created_at suspicion place price_fen remark market_id photos".split()


@router.post(
    "/reports/{report_id}/photos",
    status_code=201,
    tags=["consumer"],
    summary="A photo for a report",
    responses=openapi.shown(examples.PHOTO, 201, guarded=False),
    openapi_extra=openapi.file_body((uploads.JPEG, uploads.PNG, uploads.WEBP)),
)
async def add_photo(request: Request, services: With, report_id: UUID) -> Response:
    """Add a photo (at most 4 MiB, sent as the body) within a day; three a report. Only the picture is kept of it."""
    phone, now = handset.handset_of(request, services.pepper), services.clock().timestamp()
    if await run_in_threadpool(services.reports.wait_s, network_of(request), phone, str(report_id), now):
        raise too_many_reports()
    async with uploads.spooled(request, photo.MAX_BYTES) as file:
        added = await to_thread.run_sync(_add_photo, services, report_id, file, limiter=_PHOTOS)
    return Json(added, 201)


def too_many_reports() -> Refused:
    """The answer to more reports, or photos, than are taken."""
    return refused(
        429, "too_many_reports", "Several reports came from here, or about this unit, just now.", "Wait a while."
    )


def _add_photo(services: Services, report_id: UUID, file: IO[bytes]) -> dict[str, Any]:
    now = services.clock()
    with services.public_store.transaction(PUBLIC) as cursor:
        _reported(cursor, report_id, now)  # before anything is decoded for nobody
    picture = cleaned_apart(file.read())
    digest = uploads.digest(picture)
    with services.public_store.transaction(PUBLIC) as cursor:
        report = _reported(cursor, report_id, now)
        store.add_photo(
            cursor,
            report_id=report_id,
            owner_org=report["owner_org"],
            sha256=digest,
            content_type=uploads.JPEG,
            content=picture,
            at=now,
        )
    return {"report_id": report_id, "sha256": digest, "size": len(picture)}


def _reported(cursor: Cursor, report_id: UUID, now: datetime) -> Row:
    """The report that a photo may be added to.

    :raises NotFound: there is none of today.
    :raises Conflict: it has all its photos.
    """
    report = store.find(cursor, report_id)
    if report is None or now - report["created_at"] > PHOTOS_FOR:
        raise NotFound("not_found", "There is no report of today by this id.", "Report first.")
    if report["photos"] >= MAX_PHOTOS:
        raise Conflict("too_many_photos", f"A report has at most {MAX_PHOTOS} photos.", "Choose the best.")
    return report


@router.get(
    "/api/v1/reports",
    tags=["cases"],
    summary="Consumers' reports",
    responses=openapi.shown(examples.REPORTS),
)
def reports(
    request: Request,
    services: With,
    caller: MakerOrRegulator,
    item: Annotated[str | None, Query(max_length=300, description="An item id.")] = None,
    gtin: Annotated[str | None, Query(pattern="^[0-9]{14}$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    page_token: PageToken = None,
) -> Response:
    """Reports in order of arrival, each with what the goods cost elsewhere: far below that is evidence of diversion.

    The channel is the market that the unit was first scanned in, or all markets where that one has too few prices.
    """
    page: dict[str, Any] = {"as_of": services.clock(), "at": None, "after": None, "limit": limit}
    if page_token is not None:
        as_of, at, after = decode_cursor(page_token, 3)
        try:
            page |= {"as_of": time_of(as_of), "at": time_of(at), "after": UUID(after)}
        except ValueError:
            raise not_ours() from None
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = store.listed(cursor, {"item": item, "gtin": gtin}, page)
    following = None
    if len(rows) == limit:
        key = [page["as_of"].isoformat(), rows[-1]["created_at"].isoformat(), str(rows[-1]["report_id"])]
        following = next_link(request.url.path, request.query_params.multi_items(), encode_cursor(key))
    return Json({"reports": [_report(row) for row in rows], "next": following})


@router.get(
    "/api/v1/reports/false-codes",
    tags=["cases"],
    summary="Reports about goods with false codes",
    responses=openapi.shown(examples.FALSE_CODE_REPORTS),
)
def false_code_reports(
    request: Request,
    services: With,
    caller: MakerOrRegulator,
    gtin: Annotated[str | None, Query(pattern="^([0-9]{14}|-)$", description="``-``: no registered product.")] = None,
    days: Annotated[int, Query(ge=1, le=DAYS_RETENTION.days)] = 30,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What strangers say of goods whose code nobody here issued, by product and day (UTC), newest first.

    Whoever reports can make the code up: this is a lead about a product, kept apart from reports of authentic codes,
    and moves no verdict and no evidence. Examples are the day's first reports, 2 of a network at most, for 30 days.
    Goods of no organisation here (``owner_org`` empty) are shown to regulators.
    """
    since = (services.clock() - timedelta(days=days)).date()
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return Json({"false_codes": false_code_store.listed(cursor, gtin, since, limit)})


def _report(row: Row) -> dict[str, Any]:
    here, everywhere = _channel(row, "market_"), _channel(row, "")
    channel = here if here is not None and here.sure else everywhere
    price = row["price_fen"]
    return {
        **{name: row[name] for name in _COLUMNS},
        "channel": None
        if channel is None
        else {
            "market_id": row["market_id"] if channel is here else None,
            "prices": channel.prices,
            "median_fen": round(channel.middle),
        },
        "far_below": channel is not None and price is not None and channel.far_below(price),
    }


def _channel(row: Row, prefix: str) -> PriceChannel | None:
    prices = row[f"{prefix}prices"]
    return None if prices is None else PriceChannel.of(prices, row[f"{prefix}middle"], row[f"{prefix}deviation"])


@router.get(
    "/api/v1/reports/{report_id}/photos/{sha256}",
    tags=["cases"],
    summary="A report's photo",
    responses=openapi.file_shown(uploads.JPEG),
)
def shown_photo(request: Request, services: With, caller: MakerOrRegulator, report_id: UUID, sha256: str) -> Response:
    """The picture, without what the camera wrote into it."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        row = store.photo(cursor, report_id, uploads.digest_of(sha256))
    if row is None:
        raise NotFound("not_found", "There is no such photo here.", "GET /api/v1/reports lists them.")
    return Response(bytes(row["content"]), media_type=row["content_type"], headers={"Cache-Control": "no-store"})
