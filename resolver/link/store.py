"""Links: what requests find, and what makers register. Every change is a new version; the old one stays on record."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg import errors

from resolver.link.choice import Link
from resolver.link.row import LinkRow, Terms
from resolver.store.public_pool import PublicReader
from resolver.store.session import Cursor, Row
from schemas.errors import Invalid

_LINK: LiteralString = (
    "anchor, slot, version, org_id, link_type, href, title, hreflang, media_type, context, forwards_query, is_default,"
    " roles, valid_from, valid_until, created_at, retired_at"
)
_STANDING: LiteralString = (
    "retired_at IS NULL AND valid_from <= %(now)s AND (valid_until IS NULL OR valid_until > %(now)s)"
)
LINKS: LiteralString = f"""
SELECT json_agg(held)::text AS links FROM (
    SELECT anchor, link_type, href, title, hreflang, media_type, context, forwards_query, is_default, roles
    FROM suyuan.link
    WHERE anchor = ANY(ARRAY(SELECT jsonb_array_elements_text(%(anchors)s::jsonb))) AND {_STANDING}
    ORDER BY is_default DESC, CASE WHEN is_default THEN -extract(epoch FROM valid_from) ELSE 0 END, created_at, slot
    LIMIT 500
) AS held
"""  # noqa: S608 -- constants
"""The links that hold now at any of some anchors, the oldest first; of marked defaults the newest first."""


def parameters(anchors: Sequence[str], now: datetime) -> dict[str, Any]:
    """The parameters of ``LINKS``."""
    return {"anchors": orjson.dumps(list(anchors)).decode(), "now": now}


def link_rows(found: str | bytes | None) -> list[Row]:
    """The rows in the answer to ``LINKS``."""
    rows: list[Row] = [] if found is None else orjson.loads(found)
    return rows


def request_links(reader: PublicReader, anchors: Sequence[str], now: datetime) -> list[Row]:
    """The answer to ``LINKS``."""
    row = reader.execute(LINKS, parameters(anchors, now)).fetchone()
    return link_rows(None if row is None else row["links"])


def as_link(row: Row) -> Link:
    """A row of :func:`request_links` as a value."""
    return Link(
        link_type=row["link_type"],
        href=row["href"],
        title=row["title"],
        hreflang=tuple(row["hreflang"]),
        media_type=row["media_type"],
        context=tuple(row["context"]),
        forwards_query=row["forwards_query"],
        is_default=row["is_default"],
        roles=tuple(row["roles"]),
    )


_STAGED = 5000
"""Rows that go to the store at a time."""

_STAGE: LiteralString = """
CREATE TEMP TABLE link_stage (
    anchor text COLLATE "C", slot text COLLATE "C", href text, digest bytea, link_type text, title text,
    hreflang text[], media_type text, context text[], forwards_query boolean, is_default boolean, roles text[],
    valid_from timestamptz, valid_until timestamptz
) ON COMMIT DROP
"""
_KNOWN_SLOTS: LiteralString = """
SELECT EXISTS (SELECT FROM link_stage AS s JOIN suyuan.link AS l ON l.anchor = s.anchor AND l.slot = s.slot) AS known
"""
_SAME: LiteralString = """
DELETE FROM link_stage AS s USING suyuan.link AS l
WHERE l.anchor = s.anchor AND l.slot = s.slot AND l.retired_at IS NULL AND l.digest = s.digest AND l.org_id = %(org)s
"""
_RETIRE: LiteralString = """
UPDATE suyuan.link AS l SET retired_at = greatest(%(now)s, l.created_at) FROM link_stage AS s
WHERE l.anchor = s.anchor AND l.slot = s.slot AND l.retired_at IS NULL
"""
_DEFAULT_GIVES_WAY: LiteralString = """
UPDATE suyuan.link AS l SET retired_at = greatest(%(now)s, l.created_at) FROM link_stage AS s
WHERE s.is_default AND l.anchor = s.anchor AND l.slot <> s.slot AND l.is_default AND l.retired_at IS NULL
  AND l.org_id = %(org)s AND l.roles = s.roles AND l.valid_from = s.valid_from
"""
_ADD: LiteralString = """
INSERT INTO suyuan.link (anchor, slot, version, org_id, link_type, href, title, hreflang, media_type, context,
                         forwards_query, is_default, roles, valid_from, valid_until, digest, created_at)
SELECT s.anchor, s.slot, CASE WHEN %(known)s THEN 1 + coalesce((
           SELECT max(l.version) FROM suyuan.link AS l WHERE l.anchor = s.anchor AND l.slot = s.slot), 0) ELSE 1 END,
       %(org)s, s.link_type, s.href, s.title, s.hreflang, s.media_type, s.context, s.forwards_query, s.is_default,
       s.roles, s.valid_from, s.valid_until, s.digest, %(now)s
FROM link_stage AS s
"""


def put(
    cursor: Cursor, org_id: str, portions: Iterable[Sequence[tuple[str, LinkRow]]], now: datetime
) -> dict[str, int]:
    """Put links, each behind its anchor, into their slots, all or (when the transaction fails) none.

    Returns how many are new, replaced and unchanged. Of several for one slot the last counts, as if they had come one
    by one. Repeating it changes nothing. While the store works on one stage in a second thread, this one reads the next
    from ``portions``; the cursor is never in both at once: a stage is copied only when the merge before it has ended.
    """
    parameters = {"org": org_id, "now": now}
    counts: Counter[str] = Counter(lines=0, new=0, replaced=0, unchanged=0)
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('suyuan/links/' || %s, 0))", [org_id])
    cursor.execute(_STAGE)
    with ThreadPoolExecutor(1) as beside:
        working: Future[Counter[str]] | None = None
        for stage in _stages(portions):
            if working is not None:
                counts += working.result()
            counts["lines"] += stage.lines
            counts["unchanged"] += stage.lines - len(stage.rows)
            with cursor.copy("COPY link_stage FROM STDIN") as copy:
                copy.write("".join(stage.rows.values()))
            working = beside.submit(_merge, cursor, parameters, defaults=stage.defaults)
        if working is not None:
            counts += working.result()
    return {name: counts[name] for name in ("lines", "new", "replaced", "unchanged")}


@dataclass(slots=True)
class _Stage:
    """What goes to the store at a time: by anchor and slot the rows in COPY's text format, the last for each counts."""

    lines: int = 0
    defaults: bool = False
    rows: dict[tuple[str, str], str] = field(default_factory=dict)


def _stages(portions: Iterable[Sequence[tuple[str, LinkRow]]]) -> Iterator[_Stage]:
    stage = _Stage()
    for portion in portions:
        stage.lines += len(portion)
        stage.defaults |= any(row.terms.is_default for _, row in portion)
        _copied(portion, stage.rows)
        if len(stage.rows) >= _STAGED:
            yield stage
            stage = _Stage()
    if stage.lines:
        yield stage


def _merge(cursor: Cursor, parameters: dict[str, Any], *, defaults: bool) -> Counter[str]:
    """Bring what is staged into the table, and empty the stage. In new slots, the common case, there is nothing old."""
    found = cursor.execute(_KNOWN_SLOTS).fetchone()
    known = found is None or bool(found["known"])
    unchanged = cursor.execute(_SAME, parameters).rowcount if known else 0
    replaced = cursor.execute(_RETIRE, parameters).rowcount if known else 0
    if defaults:
        cursor.execute(_DEFAULT_GIVES_WAY, parameters)
    written = cursor.execute(_ADD, parameters | {"known": known}).rowcount
    cursor.execute("TRUNCATE link_stage")
    return Counter(new=written - replaced, replaced=replaced, unchanged=unchanged)


def _copied(portion: Sequence[tuple[str, LinkRow]], into: dict[tuple[str, str], str]) -> None:
    """Rows of ``link_stage`` in COPY's text format. psycopg's own writing of rows takes four times as long."""
    ends: dict[Terms, str] = {}
    for anchor, row in portion:
        end = ends.get(row.terms)
        if end is None:
            end = ends[row.terms] = _end(row.terms)
        # Anchors are paths and hrefs addresses: neither has a tab, a line end or a backslash in it.
        into[anchor, row.slot] = f"{anchor}\t{row.slot}\t{row.href}\t\\\\x{row.digest.hex()}{end}"


def _end(terms: Terms) -> str:
    columns = (
        terms.link_type,
        terms.title,
        terms.hreflang,
        terms.media_type,
        terms.context,
        terms.forwards_query,
        terms.is_default,
        terms.roles,
        terms.valid_from,
        terms.valid_until,
    )
    return "".join(f"\t{_field(each)}" for each in columns) + "\n"


def _field(value: str | list[str] | bool | datetime | None) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case list():
            return (
                "{" + ",".join([f'"{word}"' for word in value]) + "}"
            )  # of letters, digits, dots, hyphens, underscores
        case datetime():
            return value.isoformat()
        case _:
            return value.replace("\\", "\\\\")


def retire(cursor: Cursor, org_id: str, anchor: str, slot: str, now: datetime) -> bool:
    """End a link; False when there is none that stands."""
    return bool(
        cursor.execute(
            "UPDATE suyuan.link SET retired_at = greatest(%s, created_at)"
            " WHERE org_id = %s AND anchor = %s AND slot = %s AND retired_at IS NULL",
            [now, org_id, anchor, slot],
        ).rowcount
    )


def successor(cursor: Cursor, org_id: str, anchor: str) -> str | None:
    """The product number that has taken the place of the one at ``anchor``, as far as it is on record."""
    row = cursor.execute(
        "SELECT href FROM suyuan.link WHERE org_id = %s AND anchor = %s AND link_type = 'successor-version'"
        " AND retired_at IS NULL",
        [org_id, anchor],
    ).fetchone()
    return None if row is None else str(row["href"]).rpartition("/")[2]


def listed(
    cursor: Cursor, org_id: str, anchor: str | None, after: tuple[str, str, int], limit: int, *, retired: bool
) -> list[Row]:
    """An organisation's links in order of anchor, slot and version; with ``retired`` every version."""
    return cursor.execute(
        f"SELECT {_LINK} FROM suyuan.link WHERE org_id = %(org)s"  # noqa: S608 -- constants
        " AND (%(anchor)s::text IS NULL OR anchor = %(anchor)s) AND (%(retired)s OR retired_at IS NULL)"
        " AND (anchor, slot, version) > (%(at)s, %(slot)s, %(version)s)"
        " ORDER BY anchor, slot, version LIMIT %(limit)s",
        {
            "org": org_id,
            "anchor": anchor,
            "retired": retired,
            "at": after[0],
            "slot": after[1],
            "version": after[2],
            "limit": limit,
        },
    ).fetchall()


def request_delegations(reader: PublicReader) -> Cursor:
    """Ask for all delegations."""
    return reader.execute("SELECT pattern, resolver, title, fetched FROM suyuan.delegation ORDER BY pattern", [])


def put_delegation(cursor: Cursor, *, pattern: str, resolver: str, title: str, fetched: bool) -> None:
    """Delegate what begins with ``pattern``, or change to whom."""
    cursor.execute(
        "INSERT INTO suyuan.delegation (pattern, resolver, title, fetched) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (pattern) DO UPDATE SET resolver = excluded.resolver, title = excluded.title,"
        " fetched = excluded.fetched",
        [pattern, resolver, title, fetched],
    )


def drop_delegation(cursor: Cursor, pattern: str) -> bool:
    """End a delegation; False when there is none."""
    return bool(cursor.execute("DELETE FROM suyuan.delegation WHERE pattern = %s", [pattern]).rowcount)


def request_spaces(reader: PublicReader) -> Cursor:
    """Ask for all registered spaces of other identifier systems."""
    return reader.execute(
        "SELECT scheme, prefix, title, form, resolver, org_id FROM suyuan.identifier_space ORDER BY scheme, prefix", []
    )


def put_identifier_space(
    cursor: Cursor, *, scheme: str, prefix: str, title: str, form: str | None, resolver: str | None, org_id: str | None
) -> None:
    """Register a space, or change what it means.

    :raises Invalid: there is no such organisation.
    """
    try:
        cursor.execute(
            "INSERT INTO suyuan.identifier_space (scheme, prefix, title, form, resolver, org_id)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (scheme, prefix) DO UPDATE SET title = excluded.title,"
            " form = excluded.form, resolver = excluded.resolver, org_id = excluded.org_id",
            [scheme, prefix, title, form, resolver, org_id],
        )
    except errors.ForeignKeyViolation:
        raise Invalid(
            "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
        ) from None


def drop_identifier_space(cursor: Cursor, scheme: str, prefix: str) -> bool:
    """Take a space out of the table; False when it is not there."""
    return bool(
        cursor.execute(
            "DELETE FROM suyuan.identifier_space WHERE scheme = %s AND prefix = %s", [scheme, prefix]
        ).rowcount
    )
