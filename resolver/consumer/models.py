"""What apps and pages send."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from resolver.scan.shared_place import SharedPlace
from resolver.web.problems import refused
from schemas.digital_link import MAX_LENGTH

Uri = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_LENGTH,
        pattern=r"^[!-~]+$",
        description="The code as it was read: a URI, which has printable ASCII only.",
    ),
]


_YUAN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_REPORT: dict[str, JsonValue] = {
    "uri": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "suspicion": "counterfeit",
    "place": "成都市锦江区",
    "price_fen": 4990,
    "remark": "瓶盖与以前不同",
}


class ScanRequest(SharedPlace):
    """One scan. The place is optional; latitude and longitude (WGS 84 degrees) belong together."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "uri": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
                    "latitude": 30.66,
                    "longitude": 104.06,
                    "accuracy_m": 25,
                    "source": "gps",
                    "consent": "exact",
                    "handset": "install-7c1f",
                }
            ]
        },
    )

    uri: Uri
    handset: str | None = Field(
        None, min_length=8, max_length=128, description="The app's install id; only a keyed hash is kept."
    )
    occurred_at: int | None = Field(
        None, description="Microseconds since 1970, UTC. Only with a token of role operator, to play a history."
    )
    address: str | None = Field(
        None,
        max_length=45,
        description="The phone's IP address, to play a history. Only the network is kept, hashed.",
    )

    @model_validator(mode="after")
    def _address_is_of_a_history(self) -> Self:
        if self.address is not None and self.occurred_at is None:
            raise ValueError("address is for playing a history; give occurred_at too, or leave it out")
        return self


class Report(BaseModel):
    """What a person suspects of a unit. In a form the price is ``price_yuan``, such as 12.50."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [_REPORT]},
    )

    uri: Uri
    suspicion: str = Field(min_length=1, max_length=40)
    place: str = Field("", max_length=200)
    price_fen: int | None = Field(None, ge=0, le=10**12)
    remark: str = Field("", max_length=2000)
    handset: str | None = Field(
        None, min_length=8, max_length=128, description="The app's install id; only a keyed hash is kept."
    )
    lang: Literal["", "zh", "en"] = ""
    form: bool = Field(default=False, exclude=True, description="Set by the server.")


REPORT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": Report.model_json_schema(), "example": example}
            for media_type, example in (
                ("application/json", _REPORT),
                ("application/x-www-form-urlencoded", {**_REPORT, "price_fen": None, "price_yuan": "49.90"}),
            )
        },
    }
}
"""The report's body for the OpenAPI document: it is read by hand, since it comes in two forms."""


async def read_report(request: Request) -> Report:
    """The report in a JSON or form body.

    :raises RequestValidationError: a field is wrong.
    :raises Refused: 415 for any other content type.
    """
    body = await request.body()
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        match content_type:
            case "application/x-www-form-urlencoded":
                return Report.model_validate(_form_fields(body) | {"form": True})
            case "application/json":
                fields = orjson.loads(body)
                if isinstance(fields, dict):
                    fields.pop("form", None)
                return Report.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    except orjson.JSONDecodeError as error:
        raise refused(400, "not_json", f"The body is not JSON: {error}.", "Send a JSON object.") from None
    raise refused(
        415,
        "content_type",
        f"A report is JSON or a form, not {content_type or 'untyped'}.",
        "Set Content-Type to application/json or application/x-www-form-urlencoded.",
    )


def _form_fields(body: bytes) -> dict[str, object]:
    """The fields of a form; empty ones were not filled in."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=False, max_num_fields=20, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise refused(400, "not_a_form", "The body is not a form in UTF-8.", "Send the form again.") from None
    fields: dict[str, object] = {name: value.strip() for name, value in pairs if value.strip()}
    yuan = fields.pop("price_yuan", None)
    if yuan is not None:
        fields["price_fen"] = _fen(str(yuan))
    return fields


def _fen(yuan: str) -> int:
    text = yuan.replace(",", "").removeprefix("¥").strip()
    if not _YUAN.fullmatch(text):
        raise refused(
            422,
            "invalid_field",
            f"price_yuan: {yuan[:40]!r} is not a price.",
            "Give yuan, such as 12.50.",
            field="price_yuan",
        )
    return int(Decimal(text) * 100)


_EXAMPLE = {
    "scan_id": "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "proof": "sealed",
    "verdict": "genuine",
}


VERDICT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The verdict: a page for people, signed JSON for programs; or the linkset.",
        "content": {
            "application/json": {"example": _EXAMPLE},
            "text/html": {},
            "application/linkset+json": {},
            "application/linkset": {},
        },
    },
    300: {"description": "Several links fit equally well.", "content": {"application/linkset+json": {}}},
    307: {"description": "The link that fits: by default, the unit's story."},
    404: {"description": "No link of that type."},
    400: {
        "description": "Not a GS1 Digital Link URI; the problem names the part.",
        "content": {
            "application/problem+json": {
                "example": {"title": "The request can't be understood", "status": 400, "part": "01", "span": [4, 18]}
            }
        },
    },
}
