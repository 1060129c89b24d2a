"""The resolver among others: what it is, its keys for answers, delegations, identifiers of other systems."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from starlette.responses import RedirectResponse, Response

from resolver.access.authentication import Operator
from resolver.federation.delegation import PATTERN
from resolver.federation.description import description
from resolver.federation.scheme import SUFFIX, Translation, canonical_path, recognise
from resolver.link import store as link_store
from resolver.link import target
from resolver.services import Services, With
from resolver.web import openapi
from resolver.web.negotiation import JSON, media_ranges, representation
from resolver.web.problems import refused
from resolver.web.request import raw_path
from resolver.web.responses import CORS, Json
from schemas.errors import InvalidIdentifier

router = APIRouter(tags=["platform"])

_HANDLE_FOUND, _HANDLE_UNKNOWN, _HANDLE_MALFORMED = 1, 100, 102
"""Response codes of the Handle protocol (RFC 3652, section 2.2.2.1), as its HTTP proxies answer them."""

_DELEGATION: dict[str, JsonValue] = {
    "pattern": "01/0952888",
    "resolver": "https://id.other.example",
    "title": "The other platform",
    "fetched": False,
}
_SPACE: dict[str, JsonValue] = {
    "scheme": "handle",
    "prefix": "88.118.5/",
    "title": "Huadu's industrial identifiers",
    "form": "/01/09521234000013/21/{suffix}",
    "resolver": None,
    "org_id": "huadu",
}


class NewDelegation(BaseModel):
    """Whose codes another resolver answers for: those whose canonical path begins with ``pattern``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_DELEGATION]})

    pattern: str = Field(pattern=f"^{PATTERN.pattern}$", max_length=256)
    resolver: str = Field(max_length=512, description="Scheme and host.")
    title: str = Field(min_length=1, max_length=200)
    fetched: bool = Field(default=False, description="Ask it for linksets on a client's behalf, and keep them a while.")


class NewSpace(BaseModel):
    """What identifiers under a prefix are: items here (``form``), or another platform's (``resolver``)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_SPACE]})

    scheme: Literal["ecode", "handle", "oid", "iso15459"]
    prefix: str = Field(min_length=1, max_length=128, pattern="^[!-~]+$")
    title: str = Field(min_length=1, max_length=200)
    form: str | None = Field(
        None, max_length=512, description="A Digital Link path; {suffix} is what follows the prefix."
    )
    resolver: str | None = Field(None, max_length=512)
    org_id: str | None = Field(None, max_length=64)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.form is None) == (self.resolver is None):
            raise ValueError("give either form or resolver")
        if self.form is not None and (self.form.count(SUFFIX) != 1 or not self.form.startswith("/")):
            raise ValueError(f"form is a path with one {SUFFIX} in it")
        return self


@router.head("/.well-known/gs1resolver", include_in_schema=False)
@router.get(
    "/.well-known/gs1resolver",
    summary="What this resolver is",
    operation_id="gs1resolver",
    responses=openapi.shown(description("https://id.example.com"), guarded=False),
)
def gs1resolver(services: With) -> Response:
    """The resolver description file."""
    return Json(description(services.settings.base_url), headers={**CORS, "Cache-Control": "public, max-age=3600"})


@router.get(
    "/.well-known/http-message-signatures-directory",
    summary="Keys of signed answers",
    operation_id="answer_keys",
    responses=openapi.shown({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "…", "x": "…"}]}, guarded=False),
)
def answer_keys(services: With) -> Response:
    """The public keys with which this resolver's answers are checked (RFC 9421), the one that signs now first.

    Former keys stay, with the time until which they signed; a revoked one says so, and proves nothing.
    """
    return Json(services.answer_keys.directory(), headers={**CORS, "Cache-Control": "public, max-age=300"})


@router.get(
    "/identify",
    summary="An identifier of any system",
    operation_id="identify",
    responses={
        **openapi.shown(
            {"identifier": "88.118.5/0K7Q2M8W4ZC1N5XR3VTB", "address": "https://id.example.com/01/…", "title": "Huadu"},
            guarded=False,
        ),
        307: {"description": "The item's own address, or the platform that answers for it."},
    },
)
def identify(
    request: Request,
    services: With,
    id: Annotated[str, Query(min_length=1, max_length=2048)],  # noqa: A002 -- the query's word
) -> Response:
    """Sends an EPC URN, element string, Ecode, Handle, OID or ISO/IEC 15459 identifier to its item's address.

    Whoever asks for JSON is told the address.
    """
    address, title = _address(services, _translated(services, id), id)
    if representation(media_ranges(request.headers.get("accept", ""))) == JSON:
        return Json({"identifier": id, "address": address, "title": title}, headers={**CORS, "Vary": "Accept"})
    return RedirectResponse(address, 307, {**CORS, "Vary": "Accept"})


@router.get(
    "/api/handles/{handle:path}",
    summary="A Handle",
    operation_id="handle",
    responses=openapi.shown(
        {"responseCode": 1, "handle": "88.118.5/0K7Q2M8W4ZC1N5XR3VTB", "values": []}, guarded=False
    ),
)
def handle(request: Request, services: With, handle: str) -> Response:  # noqa: ARG001 -- read from the raw path
    """The values of an industrial-internet identifier ``88.x.y/suffix``, in the form of Handle proxies."""
    text = raw_path(request).removeprefix("/api/handles/")
    foreign = recognise(text)
    if foreign is None or foreign.scheme != "handle":
        return Json({"responseCode": _HANDLE_MALFORMED, "handle": text}, 400, headers=CORS)
    try:
        found = _translated(services, text)
    except InvalidIdentifier:
        found = None
    if found is None:
        return Json({"responseCode": _HANDLE_UNKNOWN, "handle": foreign.value}, 404, headers=CORS)
    base = services.settings.base_url
    address = found.resolver if found.path is None else base + found.path
    values: list[tuple[str, str]] = [("URL", address or "")]
    if found.path is not None:
        values += [("GS1_DIGITAL_LINK", base + found.path), ("VERDICT", f"{base}{found.path}?linkType=suyuan:verdict")]
    at = services.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "responseCode": _HANDLE_FOUND,
        "handle": foreign.value,
        "values": [
            {"index": index, "type": kind, "data": {"format": "string", "value": value}, "ttl": 300, "timestamp": at}
            for index, (kind, value) in enumerate(values, 1)
        ],
    }
    return Json(document, headers={**CORS, "Cache-Control": "public, max-age=60"})


@router.put("/api/v1/delegations", summary="Delegate", tags=["operator"], responses=openapi.shown(_DELEGATION))
def delegate(services: With, caller: Operator, body: NewDelegation) -> Response:
    """Let another resolver answer for identifiers that nobody here issues."""
    resolver = _resolver(services, body.resolver)
    with services.store.transaction(caller.scope) as cursor:
        link_store.put_delegation(
            cursor, pattern=body.pattern, resolver=resolver, title=body.title, fetched=body.fetched
        )
    services.directory.forget()
    return Json(body.model_dump() | {"resolver": resolver})


@router.delete("/api/v1/delegations", summary="End a delegation", tags=["operator"], responses=openapi.shown({}))
def end_delegation(services: With, caller: Operator, pattern: Annotated[str, Query(max_length=256)]) -> Response:
    """Answer for these identifiers again."""
    with services.store.transaction(caller.scope) as cursor:
        if not link_store.drop_delegation(cursor, pattern):
            raise refused(404, "unknown_delegation", f"{pattern} is not delegated.", "Name the pattern that is.")
    services.directory.forget()
    return Json({"pattern": pattern, "ended": True})


@router.put("/api/v1/identifier-spaces", summary="Register a space", tags=["operator"], responses=openapi.shown(_SPACE))
def put_space(services: With, caller: Operator, body: NewSpace) -> Response:
    """Say what the identifiers of another system under a prefix are."""
    values: dict[str, Any] = body.model_dump()
    if body.resolver is not None:
        values["resolver"] = _resolver(services, body.resolver)
    with services.store.transaction(caller.scope) as cursor:
        link_store.put_identifier_space(cursor, **values)
    services.directory.forget()
    return Json(values)


@router.delete("/api/v1/identifier-spaces", summary="Drop a space", tags=["operator"], responses=openapi.shown({}))
def drop_space(
    services: With,
    caller: Operator,
    scheme: Annotated[str, Query(max_length=16)],
    prefix: Annotated[str, Query(max_length=128)],
) -> Response:
    """Take a space out of the tables."""
    with services.store.transaction(caller.scope) as cursor:
        if not link_store.drop_identifier_space(cursor, scheme, prefix):
            raise refused(404, "unknown_space", f"{scheme} {prefix} is not registered.", "Name a space that is.")
    services.directory.forget()
    return Json({"scheme": scheme, "prefix": prefix, "dropped": True})


def _translated(services: Services, text: str) -> Translation | None:
    return canonical_path(text, services.directory.spaces)


def _address(services: Services, found: Translation | None, text: str) -> tuple[str, str]:
    if found is None:
        raise refused(
            404,
            "unknown_identifier",
            "No identifier system that is known here has this identifier.",
            "Send an EPC URN, element string, Digital Link, Ecode, 88.x.y/suffix, OID or ISO/IEC 15459 identifier.",
        )
    if found.path is not None:
        return services.settings.base_url + found.path, found.title
    return target.added(found.resolver or "", "id", text), found.title


def _resolver(services: Services, address: str) -> str:
    address = address.rstrip("/")
    try:
        target.checked(address, private=services.settings.private_targets)
    except target.RefusedTarget as error:
        raise refused(422, "refused_target", str(error), "Name a public resolver.", field="resolver") from None
    parts = urlsplit(address)
    if parts.query or parts.fragment:
        raise refused(422, "refused_target", "A resolver's address has no query.", "Leave it out.", field="resolver")
    if address.lower() == services.settings.base_url.lower():
        raise refused(422, "loop", "This is the resolver itself.", "Name another one.", field="resolver")
    return address
