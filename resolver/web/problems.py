"""Errors as answers: the problem (RFC 9457) for each error of the contract and for fields that were refused."""

from typing import Any

from typing_extensions import override

from schemas import problem
from schemas.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    InvalidEvent,
    InvalidIdentifier,
    NotFound,
    Rejected,
    Retryable,
    SuyuanError,
)

RETRY_AFTER_S = 2

_TITLES = {
    400: "The request can't be understood",
    401: "Who is asking?",
    403: "Not allowed",
    404: "Nothing here",
    405: "This address does not do that",
    406: "No such format",
    409: "This contradicts what is stored",
    413: "Too large",
    422: "A field is wrong",
    429: "Too many at once",
    500: "An error on our side",
    503: "Try again shortly",
}


_STATUSES: dict[type[DomainError], int] = {Invalid: 422, NotFound: 404, Forbidden: 403, Conflict: 409}


class Problem(problem.Problem):
    """One problem of the resolver: its title goes by the status."""

    __slots__ = ()

    @property
    @override
    def title(self) -> str:
        return _TITLES.get(self.status, "Error")


class Refused(SuyuanError):
    """Raised when a request is answered with a problem document."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.reason}: {problem.detail}")
        self.problem = problem


def refused(status: int, reason: str, detail: str, fix: str = "", **extra: object) -> Refused:
    """The exception for one problem; ``extra`` are further members of the document."""
    return Refused(Problem(status, reason, detail, fix, extra))


def problem_of(error: SuyuanError) -> Problem:
    """The problem document's content for an error of the contract."""
    match error:
        case Refused() | DomainError():
            return error.problem if isinstance(error, Refused) else _problem_of_domain(error)
        case InvalidIdentifier():
            return Problem(
                400,
                error.reason,
                error.detail,
                "Scan the code again, or correct the part that is named.",
                {"part": error.part, "span": list(error.span)},
            )
        case InvalidEvent():
            return Problem(422, error.reason, error.detail, "Correct the field that is named.", {"field": error.field})
        case Rejected():
            return Problem(400, error.reason, error.detail)
        case Retryable():
            return Problem(
                503,
                "unavailable",
                "The store does not answer just now; nothing was lost.",
                f"Send the same request again in {RETRY_AFTER_S} seconds.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        case _:
            return Problem(500, "internal", "Something went wrong that should not have.")


def _problem_of_domain(error: DomainError) -> Problem:
    return Problem(_STATUSES[type(error)], error.reason, error.detail, error.remedy, error.members)


def problem_of_fields(errors: list[dict[str, Any]]) -> Problem:
    """The problem for a request whose fields were refused. ``errors`` are pydantic's: ``loc``, ``msg``, ``type``."""
    named = [{"field": _field_name(error["loc"]), "detail": str(error["msg"])} for error in errors]
    first = named[0] if named else {"field": "body", "detail": "unreadable"}
    status = 400 if any(error["type"] == "json_invalid" for error in errors) else 422
    return Problem(
        status,
        "invalid_field",
        f"{first['field']}: {first['detail']}",
        "Correct the fields that are named; /openapi.json has an example of each request.",
        {"field": first["field"], "errors": named},
    )


def _field_name(location: tuple[int | str, ...]) -> str:
    """Where the field stands, without the part of the request that it came in."""
    names = [str(part) for part in location if part not in ("body", "query", "path", "header", "cookie")]
    return ".".join(names) or str(location[0] if location else "body")
