"""A code's own address: verdicts and pages for people, links, linksets and signed answers for programs."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from resolver.access import handset
from resolver.access.admission import let_in
from resolver.access.authentication import bearer_token, identify
from resolver.consumer import page as consumer_page
from resolver.consumer.models import VERDICT
from resolver.consumer.story import story_of
from resolver.federation import responses as federation_responses
from resolver.federation.delegation import Delegation, was_passed_on
from resolver.link import responses as link_responses
from resolver.link import vocabulary
from resolver.link.choice import Level, choices, default_choice
from resolver.link.question import LinkQuestion, noted_uri, read_question
from resolver.link.resolution import (
    UNPROVEN,
    assembled,
    found,
    levels_of,
    levels_on_event_loop,
    story_link,
)
from resolver.scan.count import count_of
from resolver.services import Services, With
from resolver.store.public_pool import PublicReader
from resolver.verdict.document import provenance_json, verdict_json
from resolver.verdict.inspection import (
    Inspection,
    check_uri,
    inspect,
    inspect_on_event_loop,
    look_up,
    new_scan_id,
    note,
)
from resolver.web.negotiation import HTML, JSON
from resolver.web.problems import Problem, refused
from resolver.web.request import is_by_person, language_of, raw_path, raw_query, wants_page
from schemas.ai_relation import QUALIFIERS
from schemas.digital_link import MAX_LENGTH
from schemas.digital_link import parse as check_path
from schemas.errors import InvalidIdentifier
from schemas.moment import to_microseconds
from schemas.scan import Scan

router = APIRouter(tags=["consumer"])

STORY = "/story"
"""Where the pages live that our own default links lead to."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A look as it was noted: whose (an install id, known before or new), and its id, None when it does not count."""

    install: str
    was_known: bool
    scan_id: str | None


@router.head("/01/{gtin}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/21/{serial}",
    responses=VERDICT,
    summary="A unit's own address",
    operation_id="unit",
)
def unit(request: Request, services: With, gtin: str, serial: str) -> Response:  # noqa: ARG001 -- read from the raw path, named for OpenAPI
    """The verdict on the unit. Opening it counts as a scan; HEAD does not."""
    return resolve(request, services)


@router.head("/01/{gtin}/10/{lot}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/10/{lot}/21/{serial}",
    responses=VERDICT,
    summary="A unit's own address, with its lot",
    operation_id="unit_with_lot",
)
def unit_with_lot(request: Request, services: With, gtin: str, lot: str, serial: str) -> Response:  # noqa: ARG001 -- as above
    """The verdict on the unit; the lot says nothing that the serial does not."""
    return resolve(request, services)


@router.options("/{path:path}", include_in_schema=False)
def preflight(request: Request, services: With, path: str) -> Response:
    """What may be done here, for browsers that ask first."""
    path = _code_path(request)
    link, checked = check_uri(services, path)
    return link_responses.preflight(services, read_question(request, path, link, checked))


@router.api_route(STORY + "/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
def story(request: Request, services: With, path: str) -> Response:
    """The page behind a unit's default link: what whoever follows it sees."""
    path = raw_path(request).removeprefix(STORY)
    question = _question(request, services, path)
    return _told(request, services, question)


@router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
def anything_else(request: Request, services: With, path: str) -> Response:  # noqa: ARG001 -- read from the raw path
    """Signed codes (a stem before the key), trailing slashes, other primary keys, and malformed ones."""
    _code_path(request)
    return resolve(request, services)


def problem_page(request: Request, problem: Problem) -> Response | None:
    """The problem as a page, for people; None where a problem document is wanted."""
    if request.url.path.startswith("/api/") or not wants_page(request):
        return None
    page = consumer_page.render_problem(problem, language_of(request), raw_path(request))
    return HTMLResponse(page, problem.status, dict(problem.headers))


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
    link, checked = check_uri(services, f"{path}?{query}" if matters else path)
    let_in(request, services, checked)
    return read_question(request, path, link, checked)


def resolve(request: Request, services: Services) -> Response:
    """What a code's address answers, whoever asks."""
    return answer(request, services, read(request, services))


def read(request: Request, services: Services) -> LinkQuestion:
    """The question in a request; it waits for nothing.

    :raises InvalidIdentifier: the address is no code's.
    :raises Refused: the sender asks too often.
    """
    return _question(request, services, raw_path(request))


async def answer_on_event_loop(request: Request, services: Services, question: LinkQuestion) -> Response | None:
    """The answer without a thread; None for pages, for who shows a token, and for what takes longer."""
    if question.checked.org_id is None or bearer_token(request) is not None:
        return None
    if question.wants_linkset is None:
        if question.link_type == vocabulary.VERDICT or (question.link_type is None and question.wants == JSON):
            result = await inspect_on_event_loop(services, question.link, question.checked)
            return None if result is None else _verdict_of(request, services, question, result)
        if question.wants == HTML or (question.link_type == vocabulary.PROVENANCE and question.is_unit):
            return None
    levels = await levels_on_event_loop(services, question)
    return None if levels is None else _linked(request, services, question, levels)


def answer(request: Request, services: Services, question: LinkQuestion) -> Response:
    """The answer to a question; it may wait for the store."""
    elsewhere = _delegation(services, question)
    if elsewhere is not None:
        return _handed_over(services, question, elsewhere)
    if question.wants_linkset is None:
        if question.link_type == vocabulary.VERDICT or (question.link_type is None and question.wants == JSON):
            return _verdict(request, services, question)
        if question.link_type == vocabulary.PROVENANCE and question.is_unit:
            return _provenance(request, services, question)
        if question.link_type is None and question.wants == HTML and question.is_unit:
            return _unit_for_people(request, services, question)
    return _linked(request, services, question, levels_of(services, question, _role(request, services)))


def _delegation(services: Services, question: LinkQuestion) -> Delegation | None:
    if question.checked.org_id is not None:
        return None
    return services.directory.delegation(question.canonical)


def _handed_over(services: Services, question: LinkQuestion, elsewhere: Delegation) -> Response:
    if was_passed_on(question.query):
        raise refused(
            508,
            "loop",
            "Another resolver has passed this request on to us, and we would pass it on again.",
            "Tell both operators: their rules contradict each other.",
        )
    if elsewhere.fetched and question.wants_linkset is not None:
        return federation_responses.foreign_linkset(services, question, elsewhere)
    return federation_responses.delegated(services, question, elsewhere)


def _provenance(request: Request, services: Services, question: LinkQuestion) -> Response:
    result = inspect(services, question.link, question.checked)
    document = provenance_json(result, question.language, services.clock())
    return link_responses.signed_json(services, request, document, link_responses.linked(services, question, {}))


def _linked(request: Request, services: Services, question: LinkQuestion, levels: list[Level]) -> Response:
    """What follows from a code's links: the linkset, the one of a type, the default one."""
    if question.wants_linkset is not None:
        return link_responses.linkset_answer(services, question, levels, question.wants_linkset)
    if question.link_type is not None:
        return _typed(services, question, levels, question.link_type)
    return _default(request, services, question, levels)


def _typed(services: Services, question: LinkQuestion, levels: list[Level], link_type: str) -> Response:
    fitting = choices(levels, link_type, question.wanted)
    if not fitting:
        raise refused(
            404,
            "no_such_link",
            f"This item has no link of type {vocabulary.curie(link_type)[:80]}.",
            "Ask for ?linkType=linkset to see which it has.",
        )
    if len(fitting) > 1:
        return link_responses.multiple_choices(services, question, levels[0], fitting)
    return link_responses.redirection(services, question, fitting[0], counted=False)


def _default(request: Request, services: Services, question: LinkQuestion, levels: list[Level]) -> Response:
    """Whoever names no representation is sent where the default link leads; a browser sees our own page at once."""
    link = default_choice(levels, question.wanted)
    own = link is not None and link.link_type == vocabulary.STORY
    if question.wants == HTML and (link is None or own):
        return _told(request, services, question)
    if link is None:
        raise refused(404, "unknown_item", "Nothing is registered for this identifier.", "Ask whoever issued the code.")
    counted = not own and question.is_unit and _noted(request, services, question).scan_id is not None
    return link_responses.redirection(services, question, link, counted=counted)


def _unit_for_people(request: Request, services: Services, question: LinkQuestion) -> Response:
    """A scanned unit: facts and links in one look at the store, and our page at once unless its maker has another."""
    if question.checked.proof in UNPROVEN:
        return _told(request, services, question)
    now, role = services.clock(), _role(request, services)
    noted = _noted(request, services, question)

    def both(reader: PublicReader) -> tuple[Inspection, list[Level]]:
        anchors, rows, product = found(services, reader, question, now)
        result = look_up(services, reader, question.link, question.checked, now)
        return result, assembled(services, question, anchors, rows, product, role)

    result, levels = services.public_pool.ask(both)
    _count(services, result, question.language, noted)
    link = default_choice(levels[:1], question.wanted)
    if link is None or link.link_type == vocabulary.STORY:
        return _page(request, services, question, result, noted)
    return link_responses.redirection(services, question, link, counted=True)


def _verdict(request: Request, services: Services, question: LinkQuestion) -> Response:
    noted = _noted(request, services, question)
    result = inspect(services, question.link, question.checked)
    return _verdict_of(request, services, question, result, noted)


def _verdict_of(
    request: Request, services: Services, question: LinkQuestion, result: Inspection, noted: _Noted | None = None
) -> Response:
    noted = _noted(request, services, question) if noted is None else noted
    _count(services, result, question.language, noted)
    document = verdict_json(result, noted.scan_id, question.language, services.clock())
    headers = {"Vary": link_responses.VARY, "Content-Language": question.language}
    return link_responses.signed_json(services, request, document, link_responses.linked(services, question, headers))


def _told(request: Request, services: Services, question: LinkQuestion) -> Response:
    noted = _noted(request, services, question)
    result = inspect(services, question.link, question.checked)
    _count(services, result, question.language, noted)
    return _page(request, services, question, result, noted)


def _noted(request: Request, services: Services, question: LinkQuestion) -> _Noted:
    """Note the look, before the store is asked: what can't be answered now has been seen all the same."""
    known = handset.handset_of(request)
    install = known or handset.new_handset()
    if not is_by_person(request):
        return _Noted(install, known is not None, None)
    scan = Scan(
        scan_id=new_scan_id(),
        uri=noted_uri(services.settings.base_url + question.path, question.link),
        at=to_microseconds(services.clock()),
        handset=handset.hashed(services.pepper, install),
    )
    # A full queue is counted; the person gets the answer all the same.
    taken = note(services, scan, question.checked)
    return _Noted(install, known is not None, str(scan.scan_id) if taken else None)


def _page(request: Request, services: Services, question: LinkQuestion, result: Inspection, noted: _Noted) -> Response:
    base = services.settings.base_url
    reported = noted.was_known and request.query_params.get("reported") == "1"
    told = story_of(result, noted_uri(base + question.path, question.link), base, reported=reported)
    page = consumer_page.render_story(told, question.language, noted.scan_id, query=question.query)
    headers = {
        "Cache-Control": link_responses.UNSHARED,
        "Vary": link_responses.VARY,
        "Content-Language": question.language,
        "Content-Location": story_link(base, question.path, question.language).href,
    }
    response = HTMLResponse(page, headers=link_responses.linked(services, question, headers))
    handset.remember(request, response, noted.install)
    return response


def _count(services: Services, result: Inspection, language: str, noted: _Noted) -> None:
    if noted.scan_id is not None:
        _tally(services, result, language)


def _tally(services: Services, result: Inspection, language: str, market: str = "") -> None:
    count = count_of(result, services.clock(), language, market)
    if count is not None:
        services.counts.put(count)


def _role(request: Request, services: Services) -> str | None:
    """The role of whoever sends a token: some links are not for everybody."""
    token = bearer_token(request)
    return None if token is None else identify(services, token).role
