"""Files that people send: read with a limit, and held to be what they say they are."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO

import orjson
from fastapi import Request

from resolver.web.problems import refused

STREAMED = re.compile(r"/api/v1/cases/[^/]+/files|/reports/[^/]+/photos")
"""Where bodies beyond the common limit are read."""

MOST_BYTES = 8 * 1024 * 1024
JSON_BYTES = 256 * 1024
"""JSON is read to be checked, and may take fifty times its size then."""
SPOOL_BYTES = 64 * 1024
"""What of a body is in memory before it goes to the disk."""
DISCARDED_BYTES = 8 * 1024 * 1024
"""How much beyond a limit is read and thrown away: who is cut off while it sends never sees the answer."""
PDF, PNG, JPEG, WEBP = "application/pdf", "image/png", "image/jpeg", "image/webp"
TEXT, CSV, JSON = "text/plain", "text/csv", "application/json"
KINDS = (PDF, PNG, JPEG, WEBP, TEXT, CSV, JSON)

_BEGINNINGS = {
    PDF: re.compile(rb"%PDF-"),
    PNG: re.compile(rb"\x89PNG\r\n\x1a\n"),
    JPEG: re.compile(rb"\xff\xd8\xff"),
    WEBP: re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]{1,200}")


@asynccontextmanager
async def spooled(request: Request, most: int) -> AsyncIterator[IO[bytes]]:
    """The body as a file that is read from its beginning; a slow or large one waits on the disk, not in memory.

    :raises Refused: 413 when it has more than ``most`` bytes, 422 when it is empty.
    """
    with SpooledTemporaryFile(SPOOL_BYTES) as file:
        received = 0
        async for portion in request.stream():
            received += len(portion)
            if received <= most:
                file.write(portion)
            elif received > most + DISCARDED_BYTES:
                break
        if received > most:
            raise refused(413, "too_large", f"This has at most {most} bytes.", "Send less, or in several requests.")
        if not received:
            raise refused(422, "empty", "The file is empty.", "Send its bytes as the body.", field="body")
        file.seek(0)
        yield file


async def discard(request: Request) -> None:
    """Read a body that nobody wants, up to a limit."""
    received = 0
    async for portion in request.stream():
        received += len(portion)
        if received > DISCARDED_BYTES:
            return


def most_bytes(content_type: str) -> int:
    """How large a file of that type may be."""
    return JSON_BYTES if content_type == JSON else MOST_BYTES


def content_type_of(request: Request) -> str:
    """The declared type of the body, one of ``KINDS``.

    :raises Refused: 415 when it is another one.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared not in KINDS:
        raise refused(
            415, "content_type", f"{declared or 'no type'} is not taken.", f"Set Content-Type to {', '.join(KINDS)}."
        )
    return declared


def require_kind(content: bytes, content_type: str) -> None:
    """Hold the content to its type.

    :raises Refused: 422 when it is something else.
    """
    beginning = _BEGINNINGS.get(content_type)
    fits = _is_text(content, content_type) if beginning is None else beginning.match(content) is not None
    if not fits:
        raise refused(
            422, "not_what_it_says", f"The file is no {content_type}.", "Declare the type that it has.", field="body"
        )


def file_name(name: str) -> str:
    """The name when it can be one of a file anywhere.

    :raises Refused: 422 when it can't.
    """
    if not _NAME.fullmatch(name) or name.strip(". ") != name:
        raise refused(
            422, "invalid_field", "name: that can't be a file's name.", "Leave path and control characters out.",
            field="name",
        )  # fmt: skip
    return name


def digest_of(hexadecimal: str) -> bytes:
    """The SHA-256 in a path.

    :raises Refused: 404 when it is none.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", hexadecimal):
        raise refused(404, "not_found", "No file has this name.", "Use a sha256 that the list gives.")
    return bytes.fromhex(hexadecimal)


def digest(content: bytes) -> bytes:
    """The SHA-256 of a file."""
    return sha256(content).digest()


def _is_text(content: bytes, content_type: str) -> bool:
    try:
        text = content.decode("utf-8")
        if content_type == JSON:
            orjson.loads(text)
    except ValueError:
        return False
    return "\0" not in text
