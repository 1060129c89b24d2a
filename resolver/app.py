"""The application: routes, errors as problem documents, the life of the background work. No globals."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from resolver.access.network_budget import NetworkBudget
from resolver.audit import api as audit_api
from resolver.authority import api as authority_api
from resolver.batch import api as batch_api
from resolver.carrier import opening_api, tag_api
from resolver.case import api as case_api
from resolver.case import appeal_api, calendar_api, file_api, incident_api, rule_api
from resolver.consumer import code_api, scan_api, verify_api
from resolver.consumer.fast_path import CodeFastPath
from resolver.consumer.problem_page import problem_page
from resolver.federation import api as federation_api
from resolver.federation import security_contact_api
from resolver.issue import api as issue_api
from resolver.key import api as key_api
from resolver.key import jwks_api
from resolver.leak import api as leak_api
from resolver.link import api as link_api
from resolver.privacy import api as privacy_api
from resolver.reader import api as reader_api
from resolver.reader import enrolment_api
from resolver.registry import api as registry_api
from resolver.registry import operator_api, token_api
from resolver.report import api as report_api
from resolver.scan import api as analytics_api
from resolver.services import Services
from resolver.subscription import api as subscription_api
from resolver.subscription import stream_api
from resolver.territory import api as territory_api
from resolver.trace import api as trace_api
from resolver.watch.watched import Watched
from resolver.web import uploads
from resolver.web.body_deadline import BodyDeadline
from resolver.web.middleware import Accidents, BodyLimit, PublicScheme, SecurityHeaders
from resolver.web.problems import Problem, problem_of, problem_of_fields
from resolver.web.responses import problem_response
from schemas.errors import SuyuanError

_log = logging.getLogger(__name__)

FIRST_KEYRING_S = 3.0
"""How long a process waits at its beginning for what it needs to answer; without it, it says that it is not ready."""

STATIC = Path(__file__).parent / "consumer" / "static"

_FIXES = {
    404: "Check the address; /openapi.json lists all.",
    405: "Use another method; /openapi.json lists them.",
}


def create_app(services: Services) -> FastAPI:
    """The resolver's ASGI application around ``services``, which it starts and stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.start()
        await run_in_threadpool(services.keyring.wait, FIRST_KEYRING_S)
        yield
        services.prepared.close()
        await run_in_threadpool(services.stop)

    app = FastAPI(
        title="Suyuan resolver",
        version="0.1.0",
        summary="一物一码 溯源: verdicts for consumers, batches for makers, histories for regulators.",
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    _add_error_handlers(app)
    _add_middleware(app, services)
    app.include_router(registry_api.router)
    app.include_router(authority_api.router)
    app.include_router(batch_api.router)
    app.include_router(issue_api.router)
    app.include_router(key_api.router)
    app.include_router(jwks_api.router)
    app.include_router(link_api.router)
    app.include_router(analytics_api.router)
    app.include_router(federation_api.router)
    app.include_router(security_contact_api.router)
    app.include_router(territory_api.router)
    app.include_router(trace_api.router)
    app.include_router(incident_api.router)
    app.include_router(case_api.router)
    app.include_router(calendar_api.router)
    app.include_router(file_api.router)
    app.include_router(appeal_api.router)
    app.include_router(rule_api.router)
    app.include_router(subscription_api.router)
    app.include_router(stream_api.router)
    app.include_router(report_api.router)
    app.include_router(leak_api.router)
    for operated in (audit_api, operator_api, token_api, enrolment_api, reader_api):
        app.include_router(operated.router)
    app.include_router(opening_api.router)
    app.include_router(tag_api.router)
    app.include_router(verify_api.router)
    app.include_router(privacy_api.router)
    if STATIC.is_dir():
        app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(scan_api.router)
    app.include_router(code_api.router)  # last: it takes whatever looks like a Digital Link
    return app


def _add_middleware(app: FastAPI, services: Services) -> None:
    """From the innermost, which the routes follow, to the outermost."""
    app.add_middleware(CodeFastPath, services=services, problem=_handler(_own_problem))
    app.add_middleware(BodyLimit, streamed=link_api.STREAMED, uploads=uploads.STREAMED)
    app.add_middleware(BodyDeadline)
    app.add_middleware(Accidents, answer=_handler(_unexpected))
    app.add_middleware(
        NetworkBudget,
        limit=services.networks,
        clock=lambda: services.clock().timestamp(),
        shared=services.settings.limits_are_shared,
    )
    app.add_middleware(Watched, metrics=services.requests, spans=services.spans)
    scheme = urlsplit(services.settings.base_url).scheme
    app.add_middleware(SecurityHeaders, https=scheme == "https")
    app.add_middleware(PublicScheme, scheme=scheme)


def _add_error_handlers(app: FastAPI) -> None:
    answers: list[tuple[type[Exception], Callable[[Exception], Problem]]] = [
        (RequestValidationError, lambda error: problem_of_fields(list(_validation(error).errors()))),
        (HTTPException, _http_problem),
        (SuyuanError, _own_problem),
    ]
    for kind, to_problem in answers:
        app.add_exception_handler(kind, _handler(to_problem))


def _handler(to_problem: Callable[[Exception], Problem]) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        problem = to_problem(error)
        return problem_page(request, problem) or problem_response(problem)

    return answer


def _validation(error: Exception) -> RequestValidationError:
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error).__name__)
    return error


def _own_problem(error: Exception) -> Problem:
    problem = problem_of(error) if isinstance(error, SuyuanError) else _unexpected(error)
    if problem.status >= 500:
        _log.warning("%s: %s", type(error).__name__, error)
    return problem


def _http_problem(error: Exception) -> Problem:
    if not isinstance(error, HTTPException):
        return _unexpected(error)
    reason = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return Problem(
        error.status_code,
        reason,
        str(error.detail),
        _FIXES.get(error.status_code, ""),
        headers=dict(error.headers or {}),
    )


def _unexpected(error: Exception) -> Problem:
    _log.error("unexpected %s", type(error).__name__, exc_info=error)
    return Problem(500, "internal", "Something went wrong that should not have.", "Send the request again later.")
