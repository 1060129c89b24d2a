"""Answers: JSON, problem documents, and exports that stream."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response

from resolver.web.problems import Problem
from schemas.problem import MEDIA_TYPE

NDJSON = "application/x-ndjson"
CSV = "text/csv; charset=utf-8"

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Location, Content-Digest, Content-Location, Signature, Signature-Input",
}
"""Any page may read these answers and the headers that belong to them (Fetch Standard, CORS protocol)."""

UNCACHED = {"Cache-Control": "no-store"}
"""Of problems: what is missing or refused now may be there, or allowed, the next moment (RFC 9111, 4.2.2)."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Json(Response):
    """A JSON answer. Times are RFC 3339 in UTC, bytes hexadecimal."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The body."""
        return to_json(content)


def to_json(content: object) -> bytes:
    """``content`` as JSON."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_UTC_Z)


def problem_response(problem: Problem) -> Response:
    """The problem document."""
    return Response(
        to_json(problem.to_document()), problem.status, {**UNCACHED, **problem.headers}, media_type=MEDIA_TYPE
    )


def ndjson(rows: Iterable[Mapping[str, Any]], portion: int = 500) -> Generator[bytes]:
    """One JSON object a line, several lines at a time."""
    return _joined((to_json(row) + b"\n" for row in rows), portion)


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], portion: int = 500) -> Generator[bytes]:
    """CSV (RFC 4180) with a header line. A cell that a spreadsheet would take for a formula gets an apostrophe."""

    def lines() -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(column)) for column in columns])
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
        yield buffer.getvalue().encode()

    return _joined(lines(), portion)


def chained(first: bytes, rest: Generator[bytes]) -> Generator[bytes]:
    """A stream whose first part was made already."""
    yield first
    yield from rest


def _joined(lines: Iterable[bytes], portion: int) -> Generator[bytes]:
    buffered: list[bytes] = []
    for line in lines:
        buffered.append(line)
        if len(buffered) == portion:
            yield b"".join(buffered)
            buffered.clear()
    yield b"".join(buffered)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date() | UUID() | bool() | int() | float():
            return str(value)
        case bytes():
            return value.hex()
        case str():
            return "'" + value if value.startswith(_FORMULA) else value
        case _:
            return to_json(value).decode()


def _plain(value: object) -> object:
    match value:
        case bytes() | memoryview():
            return bytes(value).hex()
        case tuple() | frozenset() | set():
            return list(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
