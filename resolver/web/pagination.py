"""Pages by key: where the last page ended, as one opaque word in the ``next`` link."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import Query

from resolver.web.problems import refused

PageToken = Annotated[str | None, Query(alias="cursor", max_length=1000, description="From a page's next link.")]
"""The query parameter ``cursor`` of a list: where the last page ended."""


def encode_cursor(parts: Sequence[object]) -> str:
    """The cursor of a key: JSON values, in order."""
    return urlsafe_b64encode(orjson.dumps(list(parts))).rstrip(b"=").decode()


def decode_cursor(cursor: str, length: int) -> list[str]:
    """The key in a cursor: ``length`` texts.

    :raises Refused: 422 when it is none of ours.
    """
    try:
        parts = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != length or not all(isinstance(part, str) for part in parts):
        raise not_ours()
    return parts


def time_of(text: str) -> datetime:
    """A time in a cursor.

    :raises Refused: 422 when it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise not_ours() from None
    if at.tzinfo is None:
        raise not_ours()
    return at


def not_ours() -> Exception:
    """The problem with a cursor that was made up or damaged."""
    return refused(
        422, "invalid_cursor", "cursor is none that a page gave.", "Follow the next link as it is.", field="cursor"
    )


def next_link(path: str, parameters: Sequence[tuple[str, str]], cursor: str) -> str:
    """The address of the following page: the same question, after the cursor."""
    other = [(name, value) for name, value in parameters if name != "cursor"]
    return f"{path}?{urlencode([*other, ('cursor', cursor)])}"
