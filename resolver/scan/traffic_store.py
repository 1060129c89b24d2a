"""What the resolver counts of its own traffic: scans by product, hour, language and market, and guessing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from resolver.store.session import Cursor, Row

ENUMERATION_DAYS = 400
"""For so long reports of guessing are kept: as far as makers may ask back."""


def add_enumerations(cursor: Cursor, reports: Sequence[dict[str, Any]]) -> None:
    """Keep reports of guessing: one row a product and network, whose name is of the day; the longest run counts.

    GTINs that nobody registered are one product, ``-``: whoever guesses can make them up. Old rows are deleted.
    """
    cursor.execute(
        """
        INSERT INTO suyuan.enumeration AS known
            (enumeration_id, org_id, gtin, network, began_at, ended_at, guesses)
        SELECT md5(concat_ws('/', org_id, gtin, network))::uuid, org_id, gtin, network, min(began_at), max(ended_at),
               max(guesses)
        FROM (
            SELECT r.org_id, coalesce(p.gtin, '-') AS gtin, network, began_at, ended_at, guesses
            FROM jsonb_populate_recordset(NULL::suyuan.enumeration, %s) AS r
            LEFT JOIN suyuan.product AS p ON (p.org_id, p.gtin) = (r.org_id, r.gtin)
        ) AS report
        GROUP BY org_id, gtin, network ORDER BY 1
        ON CONFLICT (enumeration_id) DO UPDATE SET began_at = least(known.began_at, excluded.began_at),
            ended_at = greatest(known.ended_at, excluded.ended_at),
            guesses = greatest(known.guesses, excluded.guesses)
        """,
        [Jsonb(list(reports))],
    )
    cursor.execute(
        "DELETE FROM suyuan.enumeration WHERE enumeration_id = ANY (ARRAY ("
        " SELECT enumeration_id FROM suyuan.enumeration"
        " WHERE ended_at < now() - make_interval(days => %s) LIMIT 1000 FOR UPDATE SKIP LOCKED))",
        [ENUMERATION_DAYS],
    )


def add_counts(cursor: Cursor, counts: Sequence[dict[str, Any]]) -> None:
    """Add to the counts of scans. Rows are locked in one order, whoever counts.

    GTINs that nobody registered are counted together, as ``-``: anybody can make them up.
    """
    cursor.execute(
        "INSERT INTO suyuan.scan_count (org_id, gtin, hour, language, market, verdict, scans, firsts)"
        " SELECT c.org_id, coalesce(p.gtin, '-'), hour, language, market, verdict, sum(scans), sum(firsts)"
        " FROM jsonb_populate_recordset(NULL::suyuan.scan_count, %s) AS c"
        " LEFT JOIN suyuan.product AS p ON (p.org_id, p.gtin) = (c.org_id, c.gtin)"
        " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
        " ON CONFLICT (org_id, gtin, hour, language, market, verdict)"
        " DO UPDATE SET scans = scan_count.scans + excluded.scans, firsts = scan_count.firsts + excluded.firsts",
        [Jsonb(list(counts))],
    )


def add_repeated_scans(cursor: Cursor, scans: Sequence[dict[str, Any]]) -> None:
    """Add to the counts of scans beyond a unit's cap (:class:`resolver.scan.unit_cap.RepeatedScan`)."""
    cursor.execute(
        "INSERT INTO suyuan.repeated_scan AS r (item_id, day, owner_org, scans)"
        " SELECT item_id, day, owner_org, sum(scans)"
        " FROM jsonb_populate_recordset(NULL::suyuan.repeated_scan, %s) GROUP BY 1, 2, 3 ORDER BY 1, 2"
        " ON CONFLICT (item_id, day) DO UPDATE SET scans = r.scans + excluded.scans",
        [Jsonb(list(scans))],
    )


_BY = {
    "product": "gtin",
    "hour": "hour",
    "day": "date_trunc('day', hour, 'Asia/Shanghai')",
    "language": "language",
    "market": "market",
    "verdict": "verdict",
}
DIMENSIONS = tuple(_BY)


def counted(
    cursor: Cursor, by: Sequence[str], gtin: str | None, since: datetime, until: datetime, limit: int
) -> list[Row]:
    """Scans in ``since`` ≤ hour < ``until``, summed by ``by`` (of ``DIMENSIONS``), in order of those."""
    columns = ", ".join(f"{_BY[each]} AS {each}" for each in by)
    positions = ", ".join(str(number) for number in range(1, len(by) + 1))
    return cursor.execute(
        f"SELECT {columns}{', ' if by else ''}sum(scans)::bigint AS scans, sum(firsts)::bigint AS firsts"  # noqa: S608 -- parts are constants above
        " FROM suyuan.scan_count WHERE (%s::text IS NULL OR gtin = %s) AND hour >= %s AND hour < %s"
        + (f" GROUP BY {positions} ORDER BY {positions}" if by else "")
        + " LIMIT %s",
        [gtin, gtin, since, until, limit],
    ).fetchall()


def reported(cursor: Cursor, gtin: str | None, since: datetime, until: datetime) -> list[Row]:
    """Consumers' reports by suspicion."""
    return cursor.execute(
        "SELECT suspicion, count(*) AS reports FROM suyuan.consumer_report"
        " WHERE created_at >= %s AND created_at < %s AND (%s::text IS NULL OR starts_with(item_id, '01/' || %s || '/'))"
        " GROUP BY suspicion ORDER BY suspicion",
        [since, until, gtin, gtin],
    ).fetchall()


def enumerations(cursor: Cursor, since: datetime, until: datetime, limit: int) -> list[Row]:
    """Guessing that ended within a time, newest first."""
    return cursor.execute(
        "SELECT enumeration_id, gtin, network, began_at, ended_at, guesses FROM suyuan.enumeration"
        " WHERE ended_at >= %s AND ended_at < %s ORDER BY ended_at DESC, enumeration_id LIMIT %s",
        [since, until, limit],
    ).fetchall()


def false_codes(cursor: Cursor, since: datetime, until: datetime, limit: int) -> list[Row]:
    """Scans of false codes by product and day (UTC), newest first, with examples of the day: those seen most first."""
    return cursor.execute(
        "SELECT day::text, gtin, scans, networks, ("
        "  SELECT coalesce(json_agg(e), '[]') FROM ("
        "    SELECT item_id AS item, proof, scans, jsonb_array_length(voices) AS networks, first_at, last_at,"
        "           found_on IS NOT NULL AS printed"
        "    FROM suyuan.false_code AS c WHERE c.owner_org = d.owner_org AND c.gtin = d.gtin AND c.sampled_on = d.day"
        "    ORDER BY jsonb_array_length(voices) DESC, item_id LIMIT 20) AS e) AS examples"
        " FROM suyuan.false_scan_day AS d WHERE day >= (%s::timestamptz AT TIME ZONE 'UTC')::date"
        " AND day <= (%s::timestamptz AT TIME ZONE 'UTC')::date ORDER BY day DESC, scans DESC, gtin LIMIT %s",
        [since, until, limit],
    ).fetchall()
