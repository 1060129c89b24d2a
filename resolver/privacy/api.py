"""For whoever holds a phone: what it left here, and forgetting it. Its signed cookie is the key, not an account."""

from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from resolver.access import handset
from resolver.consumer import page
from resolver.privacy import examples, store
from resolver.privacy.names import names_of
from resolver.services import Services, With
from resolver.store import Row
from resolver.text import formats
from resolver.text.formats import Name
from resolver.text.places import rough_place
from resolver.web import openapi
from resolver.web.negotiation import LANGUAGES
from resolver.web.origin import require_own_form
from resolver.web.request import language_of, wants_page
from resolver.web.responses import Json
from schemas.geodesy import Position

router = APIRouter(tags=["consumer"])

MOST_SHOWN = 100
_STEPS = 20
"""Transactions that one request to forget may take: together 10,000 rows of each kind."""
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language, Cookie"}


@router.get("/privacy", summary="What this phone left", responses=openapi.shown(examples.LEFT, guarded=False))
def left(request: Request, services: With) -> Response:
    """Scans, reports, openings and reads of tags by the phone whose cookie comes with the request, the newest first.

    A page for people, JSON for programs. At most a hundred are shown; all are forgotten.
    """
    names = _names(request, services)
    rows = store.left_by(services.store, names, MOST_SHOWN) if names else []
    language = language_of(request)
    headers = {**_HEADERS, "Content-Language": language}
    days = services.settings.retention_days
    if not wants_page(request):
        shown = [_row(row) for row in rows]
        return Json({"known": bool(names), "retention_days": days or None, "left": shown}, headers=headers)
    text = page.render(
        "privacy.html",
        "en" if language == "en" else "zh",
        "",
        known=bool(names),
        forgotten=request.query_params.get("forgotten"),
        left=[_shown(row, language) for row in rows],
        cut=len(rows) == MOST_SHOWN,
        days=days,
    )
    return HTMLResponse(text, headers=headers)


@router.post(
    "/privacy/forgetting",
    summary="Forget this phone",
    responses=openapi.shown(examples.FORGOTTEN, guarded=False),
)
def forgetting(request: Request, services: With) -> Response:
    """Take this phone out of everything: scans and openings stay without phone, network and place, photos go.

    The cookie goes too: the phone is a new one from now on. ``complete`` is false when there was more than one request
    may do; then the cookie stays, and the request is to be sent again.
    """
    require_own_form(request, services.settings.base_url)
    names = _names(request, services)
    steps = list(islice(store.forget_steps(services.store, names), _STEPS)) if names else []
    complete = len(steps) < _STEPS
    response: Response
    if wants_page(request):
        language = request.query_params.get("lang", "")
        query = {"forgotten": "all" if complete else "some"} | ({"lang": language} if language in LANGUAGES else {})
        response = RedirectResponse(f"/privacy?{urlencode(query)}", status_code=303, headers=_HEADERS)
    else:
        response = Json({"forgotten": sum(steps), "complete": complete}, headers=_HEADERS)
    if complete:
        handset.drop(request, response)
    return response


def _names(request: Request, services: Services) -> list[str]:
    """All pseudonyms of the phone that asks; none: it has no cookie of ours."""
    install = handset.handset_of(request, services.pepper)
    if install is None:
        return []
    orgs = store.organisations(services.store)
    return names_of(services.pepper, install, orgs, services.settings.retention_days, services.clock())


def _row(row: Row) -> dict[str, Any]:
    place = None
    if row["latitude"] is not None:
        place = {name: row[name] for name in ("latitude", "longitude", "radius_m")}
    return {
        "kind": row["kind"],
        "at": row["at"],
        "item": row["item_id"],
        "product": None if row["name"] is None else {"name": row["name"], "name_zh": row["name_zh"]},
        "place": place,
        "network_known": row["network"],
        "said": row["said"],
    }


def _shown(row: Row, language: str) -> dict[str, str]:
    tongue: formats.Language = "en" if language == "en" else "zh"
    at: datetime = row["at"]
    where = None
    if row["latitude"] is not None:
        where = rough_place(Position(row["latitude"], row["longitude"], row["radius_m"] or 0.0))
    name = Name(en=row["name"], zh=row["name_zh"]) if row["name"] else None
    return {
        "kind": row["kind"],
        "when": formats.moment(at, tongue),
        "machine": formats.machine_time(at),
        "product": formats.show(name, tongue) if name else row["item_id"] or "",
        "place": formats.show(where, tongue) if where else "",
        "said": row["said"],
    }
