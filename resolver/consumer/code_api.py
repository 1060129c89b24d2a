"""A code's own address: verdicts and pages for people, links, linksets and signed answers for programs."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from resolver.access.admission import let_in
from resolver.access.authentication import caller_of
from resolver.consumer.models import VERDICT
from resolver.consumer.visit import Visit
from resolver.link.question import LinkQuestion
from resolver.link.question_reader import read_question
from resolver.services import Services, With
from resolver.web.problems import refused
from resolver.web.request import raw_path, raw_query
from schemas.ai_relation import QUALIFIERS
from schemas.digital_link import MAX_LENGTH
from schemas.digital_link import parse as check_path
from schemas.errors import InvalidIdentifier

router = APIRouter(tags=["consumer"])

STORY = "/story"
"""Where the pages live that our own default links lead to."""


@router.head("/01/{gtin}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/21/{serial}",
    responses=VERDICT,
    summary="A unit's own address",
    operation_id="unit",
)
def unit(request: Request, services: With, gtin: str, serial: str) -> Response:  # noqa: ARG001 -- read from the raw path, named for OpenAPI
    """The verdict on the unit. Opening it counts as a scan; HEAD does not."""
    return services.responder.respond(read_visit(request, services))


@router.head("/01/{gtin}/10/{lot}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/10/{lot}/21/{serial}",
    responses=VERDICT,
    summary="A unit's own address, with its lot",
    operation_id="unit_with_lot",
)
def unit_with_lot(request: Request, services: With, gtin: str, lot: str, serial: str) -> Response:  # noqa: ARG001 -- as above
    """The verdict on the unit; the lot says nothing that the serial does not."""
    return services.responder.respond(read_visit(request, services))


@router.options("/{path:path}", include_in_schema=False)
def preflight(request: Request, services: With, path: str) -> Response:
    """What may be done here, for browsers that ask first."""
    path = _code_path(request)
    link, checked = services.inspector.check_uri(path)
    return services.responder.links.preflight(read_question(request, path, link, checked))


@router.api_route(STORY + "/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
def story(request: Request, services: With, path: str) -> Response:  # noqa: ARG001 -- read from the raw path
    """The page behind a unit's default link: what whoever follows it sees."""
    question = _question(request, services, raw_path(request).removeprefix(STORY))
    return services.responder.respond_with_own_page(_visit(request, services, question))


@router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
def anything_else(request: Request, services: With, path: str) -> Response:  # noqa: ARG001 -- read from the raw path
    """Signed codes (a stem before the key), trailing slashes, other primary keys, and malformed ones."""
    _code_path(request)
    return services.responder.respond(read_visit(request, services))


def read_visit(request: Request, services: Services) -> Visit:
    """The request with the question in it; it waits for nothing.

    :raises InvalidIdentifier: the address is no code's.
    :raises Refused: 429, the sender asks too often.
    """
    return _visit(request, services, _question(request, services, raw_path(request)))


def _visit(request: Request, services: Services, question: LinkQuestion) -> Visit:
    return Visit(request, question, services.settings.base_url, services.recorder, lambda: caller_of(request, services))


def _code_path(request: Request) -> str:
    """The raw path of what may be a code, right or wrong.

    :raises Refused: 404, no code has such an address.
    """
    path = raw_path(request)
    if QUALIFIERS.keys().isdisjoint(path.strip("/").split("/")):
        try:
            check_path(path)
        except InvalidIdentifier as error:
            if error.reason in ("no_primary_key", "not_a_uri"):
                raise refused(404, "not_found", "There is nothing at this address.", "Check the address.") from None
    return path


def _question(request: Request, services: Services, path: str) -> LinkQuestion:
    query = raw_query(request)
    # Of the query only what GS1 gave a meaning, numbers, says anything of the code.
    numbered = any(part[:1].isdigit() for part in query.replace(";", "&").split("&"))
    matters = numbered or len(path) + len(query) >= MAX_LENGTH
    link, checked = services.inspector.check_uri(f"{path}?{query}" if matters else path)
    let_in(request, services.admission, checked)
    return read_question(request, path, link, checked)
