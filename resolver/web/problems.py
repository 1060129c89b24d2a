"""Errors as answers: RFC 9457 problem documents that name what is wrong and how to put it right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resolver.errors import Conflict, DomainError, Invalid, NotFound
from schemas.errors import InvalidEvent, InvalidIdentifier, Rejected, Retryable, SuyuanError

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://suyuan.invalid/problems/"
"""Problem types are names, not pages: ``.invalid`` (RFC 2606) never resolves."""

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


_STATUSES: dict[type[DomainError], int] = {Invalid: 422, NotFound: 404, Conflict: 409}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``reason`` is a stable slug; ``fix`` says what to do; ``extra`` are further members."""

    status: int
    reason: str
    detail: str
    fix: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """A short sentence that is the same for every problem of this status."""
        return _TITLES.get(self.status, "Error")

    def to_document(self) -> dict[str, Any]:
        """The members of the problem document (RFC 9457, section 3)."""
        document: dict[str, Any] = {
            "type": TYPE_BASE + self.reason.replace("_", "-"),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "reason": self.reason,
        }
        if self.fix:
            document["fix"] = self.fix
        return document | dict(self.extra)


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
