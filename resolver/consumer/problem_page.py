"""A problem as a page, for people."""

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from resolver.consumer.page import render_problem
from resolver.web.problems import Problem
from resolver.web.request import language_of, raw_path, wants_page
from resolver.web.responses import UNCACHED


def problem_page(request: Request, problem: Problem) -> Response | None:
    """The page; None where a problem document is wanted."""
    if request.url.path.startswith("/api/") or not wants_page(request):
        return None
    page = render_problem(problem, language_of(request), raw_path(request))
    return HTMLResponse(page, problem.status, {**UNCACHED, **problem.headers})
