"""Answers with many rows: one page as JSON, or all rows streamed as CSV or NDJSON; each access is audited."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.caller import Caller
from resolver.store import Cursor, Row, Store
from resolver.web.bounded_stream import BoundedStream
from resolver.web.pagination import encode_cursor, next_link
from resolver.web.responses import CSV, NDJSON, Json, chained, csv_lines, ndjson


@dataclass(frozen=True, slots=True)
class AuditedQuery:
    """A request for rows, whoever sent it, and the store that has them."""

    request: Request
    store: Store
    caller: Caller


def export(
    query: AuditedQuery,
    wanted: str,
    columns: tuple[str, ...],
    name: str,
    limit: int,
    execute: Callable[[Cursor, int | None], Cursor],
    key_of: Callable[[Row], list[str]],
) -> Response:
    """One page of at most ``limit`` rows as JSON, or all rows streamed through a server-side cursor.

    ``wanted``: json, csv or ndjson. ``name``: of the JSON member and the file. ``execute`` runs the query with a
    maximum of rows (None: all); ``key_of`` gives the page token's parts for a row.
    """
    if wanted == "json":
        with query.store.transaction(query.caller.scope) as cursor:
            audit_access(cursor, query.caller, query.request)
            rows = execute(cursor, limit).fetchall()
        key = key_of(rows[-1]) if len(rows) == limit else None
        return Json({name: [_only(row, columns) for row in rows], "next": next_page(query.request, key)})

    def streamed() -> Iterator[dict[str, Any]]:
        with query.store.streaming(query.caller.scope) as (cursor, stream):
            audit_access(cursor, query.caller, query.request)
            execute(stream, None)
            for row in stream:
                yield _only(row, columns)

    lines = csv_lines(columns, streamed()) if wanted == "csv" else ndjson(streamed())
    first = next(lines)  # a store that does not answer is still a 503, not half a file
    return BoundedStream(
        chained(first, lines),
        media_type=CSV if wanted == "csv" else NDJSON,
        headers={"Content-Disposition": f'attachment; filename="{name}.{wanted}"'},
    )


def next_page(request: Request, key: list[str] | None) -> str | None:
    """The address of the page after ``key``, the last row's; None when there is none."""
    if key is None:
        return None
    return next_link(request.url.path, request.query_params.multi_items(), encode_cursor(key))


def _only(row: Row, columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: row[column] for column in columns}
