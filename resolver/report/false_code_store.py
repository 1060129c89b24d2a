"""Reports about goods with false codes: counted by product, network and day, a few kept with their words."""

from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from resolver.report.false_code_report import (
    DAYS_RETENTION,
    EXAMPLES_A_DAY,
    EXAMPLES_A_NETWORK,
    MAX_NETWORKS,
    NETWORKS_RETENTION,
    NO_PRODUCT,
    OTHERS,
    WORDS_RETENTION,
    FalseCodeReport,
)
from resolver.store.session import Cursor, Row

_PURGED_AT_ONCE = 100

_PURGE: tuple[LiteralString, ...] = (
    "DELETE FROM suyuan.false_report WHERE report_id = ANY (ARRAY ("
    " SELECT report_id FROM suyuan.false_report WHERE day < %s LIMIT %s))",
    "DELETE FROM suyuan.false_report_network WHERE ctid = ANY (ARRAY ("
    " SELECT ctid FROM suyuan.false_report_network WHERE day < %s LIMIT %s FOR UPDATE SKIP LOCKED))",
    "DELETE FROM suyuan.false_report_day WHERE ctid = ANY (ARRAY ("
    " SELECT ctid FROM suyuan.false_report_day WHERE day < %s LIMIT %s FOR UPDATE SKIP LOCKED))",
)

# The day's row is locked by the count, so that two reports of one product never exceed a budget together.
_COUNT_DAY = """
INSERT INTO suyuan.false_report_day AS d (owner_org, day, gtin, reports)
SELECT %(owner_org)s, %(day)s, coalesce((SELECT gtin FROM suyuan.product
    WHERE (org_id, gtin) = (%(owner_org)s, %(gtin)s)), %(no_product)s), 1
ON CONFLICT (owner_org, day, gtin) DO UPDATE SET reports = d.reports + 1
RETURNING gtin, networks
"""

_KNOWN = """
SELECT 1 FROM suyuan.false_report_network
WHERE (owner_org, day, gtin, network) = (%(owner_org)s, %(day)s, %(gtin)s, %(network)s)
"""

_COUNT_NETWORK = """
INSERT INTO suyuan.false_report_network AS n (owner_org, day, gtin, network, reports)
VALUES (%(owner_org)s, %(day)s, %(gtin)s, %(network)s, 1)
ON CONFLICT (owner_org, day, gtin, network) DO UPDATE SET reports = n.reports + 1
"""

_NEW_NETWORK = """
UPDATE suyuan.false_report_day SET networks = networks + 1
WHERE (owner_org, day, gtin) = (%(owner_org)s, %(day)s, %(gtin)s)
"""

_KEEP = """
INSERT INTO suyuan.false_report
    (report_id, owner_org, day, gtin, network, item_id, proof, suspicion, place, price_fen, remark, created_at)
SELECT %(report_id)s, %(owner_org)s, %(day)s, %(gtin)s, %(network)s, %(item_id)s, %(proof)s, %(suspicion)s, %(place)s,
    %(price_fen)s, %(remark)s, %(at)s
FROM (SELECT count(*) AS kept, count(*) FILTER (WHERE network = %(network)s) AS own FROM suyuan.false_report
      WHERE (owner_org, day, gtin) = (%(owner_org)s, %(day)s, %(gtin)s)) AS today
WHERE kept < %(examples_a_day)s AND own < %(examples_a_network)s
"""


def add(cursor: Cursor, report_id: UUID, report: FalseCodeReport) -> bool:
    """Count a report, and keep its words under ``report_id`` while the day's budget lasts: whether they are kept."""
    _purge(cursor, report.at)
    product = {"owner_org": report.owner_org, "day": report.day}
    row = cursor.execute(_COUNT_DAY, {**product, "gtin": report.gtin, "no_product": NO_PRODUCT}).fetchone()
    if row is None:
        raise AssertionError("counting returns the row that it counts in")
    counted = {**product, "gtin": row["gtin"], "network": report.network}
    if cursor.execute(_KNOWN, counted).fetchone() is None:
        if row["networks"] < MAX_NETWORKS:
            cursor.execute(_NEW_NETWORK, counted)
        else:
            counted["network"] = OTHERS
    cursor.execute(_COUNT_NETWORK, counted)
    words = {
        "report_id": report_id,
        "item_id": report.checked.item_id,
        "proof": report.checked.proof,
        "suspicion": report.suspicion,
        "place": report.place,
        "price_fen": report.price_fen,
        "remark": report.remark,
        "at": report.at,
    }
    budget = {"examples_a_day": EXAMPLES_A_DAY, "examples_a_network": EXAMPLES_A_NETWORK}
    return cursor.execute(_KEEP, {**counted, **words, **budget}).rowcount == 1


def listed(cursor: Cursor, gtin: str | None, since: date, limit: int) -> list[Row]:
    """Reports by owner, product and day (UTC) from ``since`` on, newest first, with those that were kept."""
    return cursor.execute(
        "SELECT day::text, owner_org, gtin, reports, networks, ("
        "  SELECT coalesce(json_agg(e ORDER BY e.created_at, e.report_id), '[]') FROM ("
        "    SELECT report_id, item_id AS item, proof, suspicion, place, price_fen, remark, created_at"
        "    FROM suyuan.false_report AS r WHERE (r.owner_org, r.day, r.gtin) = (d.owner_org, d.day, d.gtin)) AS e"
        " ) AS examples FROM suyuan.false_report_day AS d WHERE day >= %s AND (%s::text IS NULL OR gtin = %s)"
        " ORDER BY d.day DESC, d.reports DESC, d.owner_org, d.gtin LIMIT %s",
        [since, gtin, gtin, limit],
    ).fetchall()


def _purge(cursor: Cursor, now: datetime) -> None:
    """Delete some of what is older than it is kept."""
    for statement, retention in zip(_PURGE, (WORDS_RETENTION, NETWORKS_RETENTION, DAYS_RETENTION), strict=True):
        cursor.execute(statement, [(now - retention).date(), _PURGED_AT_ONCE])
