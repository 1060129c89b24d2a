"""Reading all that is known of one unit, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from resolver.facts import Batch, FindingRow, FirstScan, HistoryRow, Market, Organisation, Product, Site, UnitFacts
from resolver.store.history import unit_history
from resolver.store.session import Cursor, Row
from schemas.code import Checked
from schemas.serial import UnitNumber

MOST_HISTORY = 500
"""Rows that a page tells: more belong into an export."""


def unit_facts(cursor: Cursor, checked: Checked, gtin: str, now: datetime) -> UnitFacts:
    """The facts about a code that the organisation ``checked.org_id`` sealed."""
    unit, org_id = checked.unit, checked.org_id
    if unit is None or org_id is None:
        raise ValueError("only a sealed code has facts")
    batch_row = _batch_row(cursor, org_id, unit, gtin)
    first_scan, lane_incident = _first_scan(cursor, checked.item_id)
    return UnitFacts(
        now=now,
        maker=_maker(cursor, org_id),
        product=_product(cursor, gtin),
        batch=None if batch_row is None else _batch(cursor, batch_row),
        registered=batch_row is not None and unit.index < batch_row["quantity"],
        commissioned_at=None if batch_row is None else batch_row["commissioned_at"],
        history=tuple(map(history_row, unit_history(cursor, checked.item_id, now, MOST_HISTORY))),
        findings=_findings(cursor, checked.item_id),
        first_scan=first_scan,
        lane_incident=lane_incident,
        scans=_scans(cursor, checked.item_id),
    )


def history_row(row: Row) -> HistoryRow:
    """A row of :mod:`resolver.store.history` as a value."""
    return HistoryRow(
        event_id=row["event_id"],
        item_id=row["item_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        offset_minutes=row["offset_minutes"],
        biz_step=row["biz_step"],
        action=row["action"],
        disposition=row["disposition"],
        read_point=row["read_point"],
        site=_site(row),
        latitude=row["latitude"],
        longitude=row["longitude"],
        radius_m=row["radius_m"],
        source=row["source"],
        audience=row["audience"],
        reader_org=row["reader_org"],
        reader_id=row["reader_id"],
        owner_org=row["owner_org"],
        proof=row["proof"],
        clock_bound_s=row["clock_bound_s"],
        via=row["via"],
        children=tuple(row["children"] or ()),
    )


def _site(row: Row) -> Site | None:
    if row["site_id"] is None:
        return None
    return Site(
        site_id=row["site_id"],
        name=row["site_name"],
        name_zh=row["site_name_zh"],
        kind=row["site_kind"],
        latitude=row["site_latitude"],
        longitude=row["site_longitude"],
        owner=Organisation(row["site_org"], row["site_org_name"], row["site_org_name_zh"]),
    )


def _batch_row(cursor: Cursor, org_id: str, unit: UnitNumber, gtin: str) -> Row | None:
    return cursor.execute(
        """
        SELECT batch.*, (SELECT min(commissioning.commissioned_at) FROM suyuan.commissioning
                         WHERE commissioning.org_id = batch.org_id AND commissioning.batch_number = batch.batch_number
                           AND commissioning.indexes @> %s::bigint) AS commissioned_at
        FROM suyuan.batch
        WHERE batch.org_id = %s AND batch.batch_number = %s AND batch.gtin = %s AND batch.key_number = %s
        """,
        [unit.index, org_id, unit.batch_number, gtin, unit.key_number],
    ).fetchone()


def _batch(cursor: Cursor, row: Row) -> Batch:
    return Batch(
        org_id=row["org_id"],
        batch_number=row["batch_number"],
        gtin=row["gtin"],
        lot=row["lot"],
        quantity=row["quantity"],
        grade=row["grade"],
        produced_on=row["produced_on"],
        expires_on=row["expires_on"],
        territory=_markets(cursor, row["territory"]),
        revoked_at=row["revoked_at"],
        recalled_at=row["recalled_at"],
        recall_reason=row["recall_reason"],
        recall_reason_zh=row["recall_reason_zh"],
    )


def _markets(cursor: Cursor, market_ids: Sequence[str]) -> tuple[Market, ...]:
    if not market_ids:
        return ()
    rows = cursor.execute(
        "SELECT market_id, name, name_zh FROM suyuan.market WHERE market_id = ANY(%s)", [list(market_ids)]
    ).fetchall()
    return tuple(Market(**row) for row in sorted(rows, key=lambda row: market_ids.index(row["market_id"])))


def _maker(cursor: Cursor, org_id: str) -> Organisation | None:
    row = cursor.execute("SELECT org_id, name, name_zh FROM suyuan.organisation WHERE org_id = %s", [org_id]).fetchone()
    return None if row is None else Organisation(**row)


def _product(cursor: Cursor, gtin: str) -> Product | None:
    row = cursor.execute("SELECT gtin, name, name_zh, category FROM suyuan.product WHERE gtin = %s", [gtin]).fetchone()
    return None if row is None else Product(**row)


def _findings(cursor: Cursor, item_id: str) -> tuple[FindingRow, ...]:
    rows = cursor.execute(
        "SELECT finding_id, rule, kind, level, subject, occurred_at, detected_at, confidence, evidence"
        " FROM suyuan.finding WHERE subject = %s AND withdrawn_at IS NULL ORDER BY occurred_at, finding_id LIMIT 200",
        [item_id],
    ).fetchall()
    return tuple(FindingRow(**row) for row in rows)


def _first_scan(cursor: Cursor, item_id: str) -> tuple[FirstScan | None, bool]:
    row = cursor.execute(
        """
        SELECT scan.dealer_id, scan.market_id, scan.off_territory, scan.occurred_at, market.name, market.name_zh,
               EXISTS (SELECT FROM suyuan.incident
                       WHERE incident.subject = concat_ws('/', 'lane', scan.owner_org, scan.dealer_id, scan.market_id)
                         AND incident.kind = 'diverted' AND incident.state <> 'closed') AS lane_incident
        FROM suyuan.first_scan AS scan LEFT JOIN suyuan.market ON market.market_id = scan.market_id
        WHERE scan.item_id = %s
        """,
        [item_id],
    ).fetchone()
    if row is None:
        return None, False
    market = None if row["name"] is None else Market(row["market_id"], row["name"], row["name_zh"])
    first = FirstScan(row["dealer_id"], row["market_id"], row["off_territory"], row["occurred_at"], market)
    return first, row["lane_incident"]


def _scans(cursor: Cursor, item_id: str) -> int:
    row = cursor.execute("SELECT scans FROM suyuan.item_state WHERE item_id = %s", [item_id]).fetchone()
    return 0 if row is None else int(row["scans"])
