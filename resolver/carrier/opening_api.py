"""For whoever opens the pack: the covert code's own address, and the same for apps."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from resolver.access import handset
from resolver.carrier import opening_store
from resolver.carrier.opening import Opened, OpeningResult, Word, is_pair, judge_opening
from resolver.consumer import page as consumer_page
from resolver.consumer.models import Uri
from resolver.consumer.typed_code import typed_path
from resolver.services import Services, With
from resolver.store import Row
from resolver.store.session import PUBLIC
from resolver.text.formats import Language, grouped
from resolver.web.request import is_by_person, language_of, wants_page
from resolver.web.responses import Json
from schemas import opening as covert
from schemas.code import COVERT_SEGMENT, Checked, Proof, check
from schemas.digital_link import MAX_LENGTH, DigitalLink, parse
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds

router = APIRouter(tags=["consumer"])

_EXAMPLE = {
    "opening_id": "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "proof": "sealed",
    "verdict": "first",
    "reasons": [],
    "opened_at": "2026-03-01T08:00:00Z",
    "later": 0,
}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Whether this is the first opening: a page for people, JSON for programs.",
        "content": {"application/json": {"example": _EXAMPLE}, "text/html": {}},
    }
}


class Opening(BaseModel):
    """A covert code that was laid bare, and the code outside the same pack when it was scanned as well."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "inner": "https://id.example.com/OPEN/01/09521234000013/21/5S2D7Q0WJ3M9N4XK8VTB",
                    "outer": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
                    "handset": "install-7c1f",
                }
            ]
        },
    )
    inner: Uri
    outer: Uri | None = None
    handset: str | None = Field(None, min_length=8, max_length=128, description="The app's random install id.")


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
    install = handset.handset_of(request) or handset.new_handset()
    hashed = handset.hashed(services.pepper, install)
    answer = _Answer.of(services, link, typed_path(outer) if outer else None, hashed, record=is_by_person(request))
    language = language_of(request)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language}
    if not wants_page(request):
        return Json(answer.to_json(language), headers=headers)
    _, _, serial = answer.checked.item_id.partition("/21/")
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
    )
    response = HTMLResponse(page, headers=headers)
    handset.remember(request, response, install)
    return response


@router.post("/openings", responses=_ANSWER, summary="A pack that was opened")
def opened(request: Request, services: With, body: Opening) -> Response:
    """Record an opening and say whether it is the first; with the code outside, whether the two are a pair."""
    install = body.handset or handset.handset_of(request)
    hashed = None if install is None else handset.hashed(services.pepper, install)
    answer = _Answer.of(services, parse(body.inner), body.outer, hashed, record=True)
    return Json(answer.to_json(language_of(request)), headers={"Cache-Control": "no-store"})


_ICONS = {
    Word.FIRST: "genuine",
    Word.AGAIN: "copied",
    Word.MISMATCH: "copied",
    Word.FORGED: "forged",
    Word.UNKNOWN: "unknown",
}


class _Answer:
    """One look at a covert code: checked, recorded, judged."""

    def __init__(self, checked: Checked, result: OpeningResult, row: Row | None) -> None:
        self.checked = checked
        self.result = result
        self._row = row

    @classmethod
    def of(
        cls, services: Services, link: DigitalLink, outer: str | None, hashed: str | None, *, record: bool
    ) -> "_Answer":
        """Look; ``record`` says whether it counts as an opening. ``hashed`` stands for the phone.

        :raises InvalidIdentifier: ``outer`` is no code.
        :raises StoreUnavailable: the code is authentic and the store does not answer.
        """
        keyring = services.keyring.current()
        checked = covert.check_inner(link, keyring)
        beside = None if outer is None else check(parse(outer), keyring)
        if checked.proof is not Proof.SEALED or checked.unit is None or checked.org_id is None:
            return cls(checked, judge_opening(checked, None, beside), None)
        opening_id, now = uuid4(), services.clock()
        with services.store.transaction(PUBLIC) as cursor:
            batch = opening_store.opened_batch(cursor, checked.org_id, link.value, checked.unit)
            registered = batch is not None and checked.unit.index < batch["quantity"]
            row = None
            if registered and record:
                row = opening_store.note_opening(
                    cursor,
                    org_id=checked.org_id,
                    unit=checked.unit,
                    item_id=checked.item_id,
                    opening_id=opening_id,
                    at=now,
                    handset=hashed,
                )
            elif registered:
                row = opening_store.find_opening(cursor, checked.org_id, checked.unit)
            if record and registered and beside is not None and beside.proof.holds and not is_pair(checked, beside):
                clue = _mismatch(checked, beside, to_microseconds(now))
                opening_store.add_evidence(cursor, [clue])
        opened = Opened(
            lot=None if batch is None or not registered else batch["lot"],
            revoked_at=None if batch is None else batch["revoked_at"],
            recalled_at=None if batch is None else batch["recalled_at"],
            opened_at=None if row is None else row["opened_at"],
            fresh=row is None or row["opening_id"] == opening_id,
            same_phone=row is not None and hashed is not None and row["handset"] == hashed,
            later=0 if row is None else row["later"],
        )
        return cls(checked, judge_opening(checked, opened, beside), row)

    def to_json(self, language: Language) -> dict[str, Any]:
        """The answer for programs."""
        row = self._row
        return {
            "opening_id": None if row is None else row["opening_id"],
            "item": self.checked.item_id,
            "proof": self.checked.proof.value,
            **self.result.to_json(language),
            "opened_at": None if row is None else row["opened_at"],
            "later": 0 if row is None else row["later"],
        }


def _mismatch(inner: Checked, outer: Checked, at: int) -> Evidence:
    return Evidence(
        evidence_id=uuid4(),
        clue=Clue.PAIR_MISMATCH,
        item_id=outer.item_id,
        owner_org=outer.org_id or "",
        at=at,
        details={"inner_of": inner.item_id},
    )
