"""Consumers' reports as evidence: with photos, and with what the goods cost elsewhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.price import CREDIBLE

# A market's prices of a product, and the product's everywhere, as schemas.price takes them: slips (not within
# %(credible)s of the median) left out, then the median, and the median absolute deviation of the logarithms. Where an
# item was scanned first is the market that it was sold in.
_LISTED: LiteralString = """
WITH priced AS (
    SELECT split_part(r.item_id, '/', 2) AS gtin, coalesce(s.market_id, '') AS market_id, r.price_fen
    FROM suyuan.consumer_report AS r LEFT JOIN suyuan.first_scan AS s USING (item_id)
    WHERE r.price_fen > 0 AND r.created_at > %(as_of)s - interval '1 year' AND r.item_id LIKE '01/%%'
), spread AS (
    SELECT gtin, market_id, price_fen FROM priced WHERE market_id <> ''
    UNION ALL SELECT gtin, '', price_fen FROM priced
), rough AS (
    SELECT gtin, market_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY price_fen) AS median
    FROM spread GROUP BY gtin, market_id
), credible AS (
    SELECT gtin, market_id, ln(p.price_fen::float8) AS log_price
    FROM spread AS p JOIN rough USING (gtin, market_id)
    WHERE p.price_fen > %(credible)s * median AND p.price_fen * %(credible)s < median
), middle AS (
    SELECT gtin, market_id, count(*) AS prices, percentile_cont(0.5) WITHIN GROUP (ORDER BY log_price) AS log_middle
    FROM credible GROUP BY gtin, market_id
), channel AS (
    SELECT m.gtin, m.market_id, m.prices, exp(m.log_middle) AS middle,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(p.log_price - m.log_middle)) AS deviation
    FROM middle AS m JOIN credible AS p USING (gtin, market_id) GROUP BY m.gtin, m.market_id, m.prices, m.log_middle
)
SELECT r.report_id, r.item_id, r.owner_org, r.created_at, r.suspicion, r.place, r.price_fen, r.remark,
       s.market_id, here.prices AS market_prices, here.middle AS market_middle, here.deviation AS market_deviation,
       every.prices, every.middle, every.deviation,
       ARRAY(SELECT encode(p.sha256, 'hex') FROM suyuan.report_photo AS p WHERE p.report_id = r.report_id
             ORDER BY p.created_at, p.sha256) AS photos
FROM suyuan.consumer_report AS r LEFT JOIN suyuan.first_scan AS s USING (item_id)
LEFT JOIN channel AS here ON here.gtin = split_part(r.item_id, '/', 2) AND here.market_id = s.market_id
LEFT JOIN channel AS every ON every.gtin = split_part(r.item_id, '/', 2) AND every.market_id = ''
WHERE r.created_at <= %(as_of)s
  AND (%(item)s::text IS NULL OR r.item_id = %(item)s)
  AND (%(gtin)s::text IS NULL OR split_part(r.item_id, '/', 2) = %(gtin)s)
  AND (%(at)s::timestamptz IS NULL OR (r.created_at, r.report_id) > (%(at)s, %(after)s::uuid))
ORDER BY r.created_at, r.report_id LIMIT %(limit)s
"""


def listed(cursor: Cursor, filters: Mapping[str, str | None], page: Mapping[str, Any]) -> list[Row]:
    """Reports in order of arrival. ``filters``: item, gtin. ``page``: as_of, limit, last key (at, after) or None."""
    return cursor.execute(_LISTED, {**filters, **page, "credible": CREDIBLE}).fetchall()


def find(cursor: Cursor, report_id: UUID) -> Row | None:
    """A report's owner, time and number of photos."""
    return cursor.execute(
        "SELECT owner_org, created_at, (SELECT count(*) FROM suyuan.report_photo AS p WHERE p.report_id = r.report_id)"
        " AS photos FROM suyuan.consumer_report AS r WHERE report_id = %s",
        [report_id],
    ).fetchone()


def add_photo(
    cursor: Cursor, *, report_id: UUID, owner_org: str, sha256: bytes, content_type: str, content: bytes, at: datetime
) -> None:
    """Store a photo; repeating it changes nothing."""
    cursor.execute(
        "INSERT INTO suyuan.report_photo (report_id, sha256, owner_org, created_at, content_type, content)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [report_id, sha256, owner_org, at, content_type, content],
    )


def photo(cursor: Cursor, report_id: UUID, sha256: bytes) -> Row | None:
    """A photo's content_type and content."""
    return cursor.execute(
        "SELECT content_type, content FROM suyuan.report_photo WHERE report_id = %s AND sha256 = %s",
        [report_id, sha256],
    ).fetchone()
