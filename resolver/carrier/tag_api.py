"""Dynamic tags (NTAG 424 DNA): put on units by makers, tapped by whoever has the item."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from resolver.access import handset
from resolver.access.authentication import Maker
from resolver.carrier import examples, tag_store
from resolver.carrier.models import NewTag
from resolver.carrier.tag import TagResult, Word
from resolver.carrier.tag_reading import TagMessage, read_tap, verify_message
from resolver.consumer import page as consumer_page
from resolver.services import With
from resolver.store import PUBLIC
from resolver.text.formats import grouped
from resolver.web import openapi
from resolver.web.problems import refused
from resolver.web.request import is_by_person, language_of, wants_page
from resolver.web.responses import Json

router = APIRouter()

_ICONS = {
    Word.FRESH: "genuine",
    Word.RELOADED: "genuine",
    Word.USED: "unknown",
    Word.BACK: "copied",
    Word.FORGED: "forged",
    Word.UNKNOWN: "unknown",
}
Hex = Annotated[str, Query(pattern="^[0-9A-Fa-f]+$", max_length=512)]


@router.post(
    "/api/v1/tags",
    status_code=201,
    tags=["maker"],
    summary="Put a dynamic tag on a unit",
    responses=openapi.shown(examples.TAG, 201),
)
def add_tag(services: With, caller: Maker, body: NewTag) -> Response:
    """Register a tag, and get its keys and the address to write to it. The same again gives the same."""
    _, checked = services.inspector.check_uri(body.uri)
    if not checked.proof.is_authentic or checked.org_id != caller.org_id:
        raise refused(422, "foreign_code", "The code is not one of yours.", "Give a unit's own code.", field="uri")
    uid = bytes.fromhex(body.uid)
    with services.store.transaction(caller.scope) as cursor:
        tag_store.add_tag(cursor, uid=uid, org_id=caller.org_id, item_id=checked.item_id)
    keys = services.issuer.tag_keys(caller.org_id, uid)
    answer = {
        "uid": uid.hex(),
        "item": checked.item_id,
        "meta_read_key": keys.meta_read.hex(),
        "file_read_key": keys.file_read.hex(),
        "address": f"{services.settings.base_url}/sun/{caller.org_id}?picc_data={{picc_data}}&cmac={{cmac}}",
    }
    return Json(answer, 201, headers={"Cache-Control": "no-store"})


@router.get(
    "/sun/{org_id}",
    tags=["consumer"],
    summary="A tapped tag's message",
    responses={200: {"content": {"application/json": {"example": examples.TAP}, "text/html": {}}}},
)
def tapped(
    request: Request,
    services: With,
    org_id: str,
    picc_data: Hex,
    cmac: Hex,
    enc: Annotated[str, Query(pattern="^[0-9A-Fa-f]*$", max_length=512, description="Encrypted file data.")] = "",
) -> Response:
    """Whether the tag itself wrote this, just now. A person's look is recorded: the counter can't be used again."""
    install = handset.handset_of(request, services.pepper) or handset.new_handset()
    tap = verify_message(services.issuer, org_id, TagMessage(picc_data, cmac, enc))
    item, result = None, TagResult(Word.FORGED)
    if tap is not None:
        with services.public_store.transaction(PUBLIC) as cursor:
            counts, now = is_by_person(request), services.clock()
            phone = handset.phone_of(services.pepper, install, org_id, now)
            item, result = read_tap(cursor, org_id, tap, phone=phone, at=now, record=counts)
    language = language_of(request)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language}
    uid = "" if tap is None else tap.uid.hex()
    if not wants_page(request):
        answer: dict[str, Any] = result.to_json(language)
        answer |= {"uid": uid or None, "counter": None if tap is None else tap.counter, "item": item}
        return Json(answer, headers=headers)
    page = consumer_page.render(
        "carrier.html",
        language,
        "",
        kind="tag",
        result=result,
        icon_name=_ICONS[result.word],
        serial=grouped(uid.upper(), 2) if uid else ["?"],
        item_address=None if item is None else f"/{item}",
        ask_outer=False,
        ask_place=False,
    )
    response = HTMLResponse(page, headers=headers)
    handset.remember(request, response, install, services.pepper)
    return response
