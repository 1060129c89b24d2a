"""Responses in the OpenAPI document, each with an example: what a programmer wants to see before reading a schema."""

from collections.abc import Iterable
from typing import Any

from resolver.web.problems import Problem
from schemas.problem import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_UNAUTHORISED = Problem(
    401, "no_token", "This address needs a token.", "Send the header Authorization: Bearer <token>."
)
_INVALID = Problem(
    422,
    "invalid_field",
    "quantity: Input should be less than or equal to 1000000000",
    "Correct the fields that are named; /openapi.json has an example of each request.",
    {"field": "quantity"},
)


def shown(example: object, status: int = 200, *, guarded: bool = True) -> Responses:
    """The answer of an endpoint by an example; ``guarded`` endpoints also need a token and check fields."""
    responses: Responses = {
        status: {"description": "As in the example.", "content": {"application/json": {"example": example}}}
    }
    if guarded:
        for problem in (_UNAUTHORISED, _INVALID):
            responses[problem.status] = {
                "description": problem.title,
                "content": {MEDIA_TYPE: {"example": problem.to_document()}},
            }
    return responses


def file_shown(media_type: str, example: str = "(its bytes)") -> Responses:
    """An answer that is a file, or a stream."""
    return {200: {"description": "The bytes.", "content": {media_type: {"example": example}}}}


def file_body(media_types: Iterable[str]) -> dict[str, Any]:
    """A request whose body is a file of one of these types, as it is."""
    content = {
        each: {"schema": {"type": "string", "format": "binary"}, "example": "(its bytes)"} for each in media_types
    }
    return {"requestBody": {"required": True, "content": content}}
