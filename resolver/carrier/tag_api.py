"""Dynamic tags (NTAG 424 DNA): put on units by makers, tapped by whoever holds the item."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import HTMLResponse, Response

from resolver.access import handset
from resolver.access.authentication import Maker
from resolver.carrier import examples, tag_store
from resolver.carrier import opening_store as evidence_store
from resolver.carrier.tag import TagResult, Word, judge_tap
from resolver.consumer import page as consumer_page
from resolver.consumer.models import Uri
from resolver.services import Services, With
from resolver.store.session import PUBLIC
from resolver.text.formats import grouped
from resolver.web import openapi_examples
from resolver.web.problems import refused
from resolver.web.request import is_by_person, language_of, wants_page
from resolver.web.responses import Json
from schemas import sun
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds
from schemas.sun import Tap
from schemas.topics import NAME

router = APIRouter()

_EXAMPLE = {
    "verdict": "fresh",
    "reasons": [],
    "uid": "04de5f1eacc040",
    "counter": 61,
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
}
_ICONS = {
    Word.FRESH: "genuine",
    Word.RELOADED: "genuine",
    Word.USED: "unknown",
    Word.BACK: "copied",
    Word.FORGED: "forged",
    Word.UNKNOWN: "unknown",
}
Hex = Annotated[str, Query(pattern="^[0-9A-Fa-f]+$", max_length=512)]


class NewTag(BaseModel):
    """A tag's UID (7 bytes, hexadecimal) and the code of the unit that it is on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "uid": "04de5f1eacc040",
                    "uri": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
                }
            ]
        },
    )
    uid: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{14}$")]
    uri: Uri


@router.post(
    "/api/v1/tags",
    status_code=201,
    tags=["maker"],
    summary="Put a dynamic tag on a unit",
    responses=openapi_examples.shown(examples.TAG, 201),
)
def add_tag(services: With, caller: Maker, body: NewTag) -> Response:
    """Register a tag, and get its keys and the address to write to it. The same again gives the same."""
    _, checked = services.inspector.check_uri(body.uri)
    if not checked.proof.holds or checked.org_id != caller.org_id:
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
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}, "text/html": {}}}},
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
    install = handset.handset_of(request) or handset.new_handset()
    hashed = handset.hashed(services.pepper, install)
    tap = _verified(services, org_id, picc_data, cmac, enc)
    item, result = None, TagResult(Word.FORGED)
    if tap is not None:
        item, result = _presented(services, org_id, tap, hashed, record=is_by_person(request))
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
    )
    response = HTMLResponse(page, headers=headers)
    handset.remember(request, response, install)
    return response


def _verified(services: Services, org_id: str, picc_data: str, cmac: str, enc: str) -> Tap | None:
    """The genuine message, None when no tag of ours wrote it."""
    if not NAME.fullmatch(org_id):
        return None
    meta = services.issuer.tag_keys(org_id, b"").meta_read
    return sun.verify(
        picc_data,
        cmac,
        meta_read_key=meta,
        key_of=lambda uid: services.issuer.tag_keys(org_id, uid).file_read,
        file_data=enc,
        # AN12196, section 3.4.4: the tag signs what stands between its file data and the CMAC.
        mac_input=f"{enc}&cmac=" if enc else "",
    )


def _presented(services: Services, org_id: str, tap: Tap, hashed: str, *, record: bool) -> tuple[str | None, TagResult]:
    """The unit that the tag is on, and the answer; ``record`` says whether the scan counts."""
    now = services.clock()
    with services.store.transaction(PUBLIC) as cursor:
        tag = tag_store.find_tag(cursor, tap.uid)
        if tag is None or tag["org_id"] != org_id:
            return None, TagResult(Word.UNKNOWN)
        tag_store.hold(cursor, tap.uid)
        newest, before = tag_store.newest_counter(cursor, tap.uid), tag_store.find_read(cursor, tap.uid, tap.counter)
        same = before is not None and before["handset"] == hashed
        result = judge_tap(tap, newest, presented=before is not None, same_phone=same)
        if record and before is None:
            tag_store.note_read(cursor, uid=tap.uid, org_id=org_id, counter=tap.counter, at=now, handset=hashed)
            if result.word is Word.BACK:
                clue = Evidence(
                    evidence_id=uuid4(),
                    clue=Clue.COUNTER_BACK,
                    item_id=tag["item_id"],
                    owner_org=org_id,
                    at=to_microseconds(now),
                    details={"tag": tap.uid.hex(), "counter": tap.counter, "newest": newest},
                )
                evidence_store.add_evidence(cursor, [clue])
    return tag["item_id"], result
