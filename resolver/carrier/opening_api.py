"""For whoever opens the pack: the covert code's own address, and the same for apps."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from resolver.access import client_network, handset
from resolver.access.admission import address_of, network_of
from resolver.carrier import examples
from resolver.carrier.models import Opening
from resolver.carrier.opening import OpeningAnswer, Word, judge_opening
from resolver.carrier.opening_record import open_state, record_opening
from resolver.consumer import page as consumer_page
from resolver.consumer.typed_code import typed_path
from resolver.scan.origin import ScanPlace
from resolver.services import Services, With
from resolver.store import PUBLIC
from resolver.text.formats import grouped
from resolver.web.request import is_by_person, language_of, wants_page
from resolver.web.responses import Json
from schemas.code import COVERT_SEGMENT, Proof, check
from schemas.digital_link import MAX_LENGTH, DigitalLink, parse
from schemas.opening import check_inner

router = APIRouter(tags=["consumer"])

_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Whether this is the first opening: a page for people, JSON for programs.",
        "content": {"application/json": {"example": examples.OPENING}, "text/html": {}},
    }
}
_ICONS = {
    Word.FIRST: "genuine",
    Word.AGAIN: "copied",
    Word.MISMATCH: "copied",
    Word.FORGED: "forged",
    Word.UNKNOWN: "unknown",
}


@router.head("/open/01/{gtin}/21/{serial}", include_in_schema=False)
@router.head("/OPEN/01/{gtin}/21/{serial}", include_in_schema=False)
@router.get("/open/01/{gtin}/21/{serial}", include_in_schema=False)
@router.get(
    "/OPEN/01/{gtin}/21/{serial}",
    responses=_ANSWER,
    summary="A covert code's own address",
    operation_id="covert_code",
)
def opened_page(
    request: Request,
    services: With,
    gtin: str,
    serial: str,
    outer: Annotated[
        str | None, Query(max_length=MAX_LENGTH, description="The code outside the pack, to compare.")
    ] = None,
) -> Response:
    """Whether the pack was opened before. The first look of a person is recorded as the opening; HEAD is not."""
    link = parse(f"/{COVERT_SEGMENT}/01/{gtin}/21/{serial}")
    install = handset.handset_of(request, services.pepper) or handset.new_handset()
    sender = _Sender(request, install, counts=is_by_person(request))
    answer = _answer(services, link, typed_path(outer) if outer else None, sender)
    language = language_of(request)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language}
    if not wants_page(request):
        return Json(answer.to_json(language), headers=headers)
    page = consumer_page.render(
        "carrier.html",
        language,
        "",
        kind="opening",
        item_address=None,
        result=answer.result,
        icon_name=_ICONS[answer.result.word],
        serial=grouped(link.serial or ""),
        ask_outer=outer is None and answer.result.word in (Word.FIRST, Word.AGAIN),
        ask_place=answer.result.word is Word.FIRST,
    )
    response = HTMLResponse(page, headers=headers)
    handset.remember(request, response, install, services.pepper)
    return response


@router.post("/openings", responses=_ANSWER, summary="A pack that was opened")
def opened(request: Request, services: With, body: Opening) -> Response:
    """Record an opening and say whether it is the first; with the code outside, whether the two are a pair.

    A place is kept as far as the person agreed to give it.
    """
    install = body.handset or handset.handset_of(request, services.pepper)
    sender = _Sender(request, install, body.place(exact=body.consent == "exact"))
    answer = _answer(services, parse(body.inner), body.outer, sender)
    return Json(answer.to_json(language_of(request)), headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who scans: the phone's install id, the place that it shares, and whether the scan counts."""

    request: Request
    install: str | None
    place: ScanPlace | None = None
    counts: bool = True


def _answer(services: Services, link: DigitalLink, outer: str | None, sender: _Sender) -> OpeningAnswer:
    """The answer about a covert code.

    :raises InvalidIdentifier: ``outer`` is no code.
    :raises StoreUnavailable: the code is authentic and the store does not answer.
    """
    keyring = services.keyring.current()
    inner, beside = check_inner(link, keyring), None if outer is None else check(parse(outer), keyring)
    opened = None
    if inner.proof is Proof.SEALED:
        now = services.clock()
        phone = None
        if sender.install is not None:
            phone = handset.phone_of(services.pepper, sender.install, inner.org_id, now)
        with services.public_store.transaction(PUBLIC) as cursor:
            if sender.counts:
                opened = record_opening(
                    cursor,
                    inner,
                    beside,
                    phone=phone,
                    at=now,
                    origin=services.origins.of(address_of(sender.request), now, sender.place),
                    voice=client_network.pseudonym(services.pepper, network_of(sender.request), now),
                )
            else:
                opened = open_state(cursor, inner, phone=phone)
    return OpeningAnswer(inner, opened, judge_opening(inner, opened, beside))
