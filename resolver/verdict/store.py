"""Reading all that is known of one unit, in one round trip."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson

from resolver.store.public_pool import PublicReader
from resolver.store.session import Row
from resolver.trace.store import MOST_NESTED, UNIT_HISTORY
from resolver.verdict.facts import (
    Batch,
    FindingRow,
    FirstScan,
    HistoryRow,
    Market,
    Organisation,
    Site,
    UnitFacts,
)
from resolver.verdict.names import Names
from schemas.code import Checked

MOST_HISTORY = 500
"""Rows that a page tells: more belong into an export."""
SITE_RADIUS_M = 100
"""How exactly a read point's position is known where an event names none of its own."""
_READ_POINT = 8

# One statement, one row: each part as JSON, since a statement costs more than its rows do.
FACTS: LiteralString = (
    """
SELECT (SELECT row_to_json(part) FROM (
    SELECT batch.*, (SELECT min(commissioning.commissioned_at) FROM suyuan.commissioning
                     WHERE commissioning.org_id = batch.org_id AND commissioning.batch_number = batch.batch_number
                       AND commissioning.indexes @> %(index)s::bigint) AS commissioned_at
    FROM suyuan.batch
    WHERE batch.org_id = %(org)s AND batch.batch_number = %(batch)s AND batch.gtin = %(gtin)s
      AND batch.key_number = %(key)s
) AS part)::text AS batch,
(SELECT row_to_json(part) FROM (
    SELECT item.scans, item.first_seen, item.last_seen,
           scan.dealer_id, scan.market_id, scan.off_territory, scan.occurred_at, market.name, market.name_zh,
           EXISTS (SELECT FROM suyuan.incident
                   WHERE incident.subject = concat_ws('/', 'lane', scan.owner_org, scan.dealer_id, scan.market_id)
                     AND incident.kind = 'diverted' AND incident.state <> 'closed') AS lane_incident
    FROM suyuan.item_state AS item LEFT JOIN suyuan.first_scan AS scan ON scan.item_id = item.item_id
    LEFT JOIN suyuan.market ON market.market_id = scan.market_id
    WHERE item.item_id = %(item)s AND item.events > 0
) AS part)::text AS state,
(SELECT json_agg(part) FROM (
    SELECT finding_id, rule, kind, level, subject, occurred_at, detected_at, confidence, evidence
    FROM suyuan.finding WHERE subject = %(item)s AND withdrawn_at IS NULL ORDER BY occurred_at, finding_id LIMIT 200
) AS part)::text AS findings,
(SELECT json_agg(unit_history.part) FROM ("""
    + UNIT_HISTORY
    + ") AS unit_history)::text AS history"
)


def unit_facts(reader: PublicReader, checked: Checked, gtin: str, now: datetime, names: Names) -> UnitFacts:
    """The facts about a code that the organisation ``checked.org_id`` sealed, in one round trip.

    Names come from ``names`` while they are fresh, from a second round trip otherwise.
    """
    found = reader.execute(FACTS, parameters(checked, gtin, now)).fetchone()
    if found is None:
        raise LookupError("a SELECT without FROM gave no row")
    return facts_of(list(found.values()), reader, checked, gtin, now, names)


def parameters(checked: Checked, gtin: str, now: datetime) -> dict[str, Any]:
    """The parameters of ``FACTS``."""
    unit, org_id = checked.unit, checked.org_id
    if unit is None or org_id is None:
        raise ValueError("only a sealed code has facts")
    return {
        "index": unit.index,
        "org": org_id,
        "batch": unit.batch_number,
        "gtin": gtin,
        "key": unit.key_number,
        "item": checked.item_id,
        "nested": MOST_NESTED,
        "as_of": now,
        "limit": MOST_HISTORY,
    }


def facts_of(
    found: Sequence[str | bytes | None], reader: PublicReader, checked: Checked, gtin: str, now: datetime, names: Names
) -> UnitFacts:
    """The facts in a row of ``FACTS``. ``look`` is asked for names that ``names`` does not hold."""
    unit, org_id = checked.unit, checked.org_id
    if unit is None or org_id is None:
        raise ValueError("only a sealed code has facts")
    batch_row, state, finding_rows, events = (None if each is None else orjson.loads(each) for each in found)
    sites = names.sites(reader, {event[_READ_POINT] for event in events or ()})
    named = names.of(reader, org_id, gtin, () if batch_row is None else tuple(batch_row["territory"]))
    first_scan, lane_incident = (None, False) if state is None else _first_scan(state)
    return UnitFacts(
        now=now,
        maker=named.maker,
        product=named.product,
        batch=None if batch_row is None else _batch(batch_row, named.markets),
        registered=batch_row is not None and unit.index < batch_row["quantity"],
        commissioned_at=None if batch_row is None else _moment(batch_row["commissioned_at"]),
        history=tuple(_happened(event, sites) for event in events or ()),
        findings=tuple(map(_finding, finding_rows or ())),
        first_scan=first_scan,
        lane_incident=lane_incident,
        scans=0 if state is None else int(state["scans"]),
        first_seen=None if state is None else _moment(state["first_seen"]),
        last_seen=None if state is None else _moment(state["last_seen"]),
    )


def _happened(event: Sequence[Any], sites: Mapping[str, Site]) -> HistoryRow:
    """A row of ``UNIT_HISTORY`` as a value: the columns in order, but for the site."""
    event_id, item_id, occurred_at, recorded_at, offset, step, action, disposition, read_point, *rest = event
    latitude, longitude, radius_m, source, audience, reader_org, reader_id, owner_org, proof, bound, via, held = rest
    site = None if read_point is None else sites.get(read_point)
    if site is not None and latitude is None:
        latitude, longitude, radius_m = site.latitude, site.longitude, SITE_RADIUS_M
    return HistoryRow(
        UUID(event_id),
        item_id,
        datetime.fromisoformat(occurred_at),
        datetime.fromisoformat(recorded_at),
        offset,
        step,
        action,
        disposition,
        read_point,
        site,
        latitude,
        longitude,
        radius_m,
        source,
        audience,
        reader_org,
        reader_id,
        owner_org,
        proof,
        bound,
        via,
        tuple(held) if held else (),
    )


def history_row(row: Row) -> HistoryRow:
    """A row of a unit's history with the names of its place, in JSON's types, as a value."""
    return HistoryRow(
        event_id=UUID(row["event_id"]),
        item_id=row["item_id"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
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


def _batch(row: Row, markets: tuple[Market, ...]) -> Batch:
    return Batch(
        org_id=row["org_id"],
        batch_number=row["batch_number"],
        gtin=row["gtin"],
        lot=row["lot"],
        quantity=row["quantity"],
        grade=row["grade"],
        produced_on=date.fromisoformat(row["produced_on"]),
        expires_on=_day(row["expires_on"]),
        territory=markets,
        revoked_at=_moment(row["revoked_at"]),
        recalled_at=_moment(row["recalled_at"]),
        recall_reason=row["recall_reason"],
        recall_reason_zh=row["recall_reason_zh"],
        revocation_reason=row["revocation_reason"],
        revocation_reason_zh=row["revocation_reason_zh"],
    )


def _first_scan(row: Row) -> tuple[FirstScan | None, bool]:
    if row["market_id"] is None:
        return None, False
    market = None if row["name"] is None else Market(row["market_id"], row["name"], row["name_zh"])
    first = FirstScan(
        row["dealer_id"], row["market_id"], row["off_territory"], datetime.fromisoformat(row["occurred_at"]), market
    )
    return first, row["lane_incident"]


def _finding(row: Row) -> FindingRow:
    return FindingRow(
        **row
        | {
            "finding_id": bytes.fromhex(row["finding_id"].removeprefix("\\x")),
            "occurred_at": datetime.fromisoformat(row["occurred_at"]),
            "detected_at": datetime.fromisoformat(row["detected_at"]),
        }
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
