"""Reading all that is known of one unit, in one round trip."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple

import orjson

from resolver.store.public_pool import PublicReader
from resolver.store.session import Row
from resolver.trace.store import MAX_NESTED, UNIT_HISTORY
from resolver.verdict.facts import (
    Batch,
    Decision,
    FindingRow,
    FirstScan,
    Market,
    Organisation,
    UnitFacts,
)
from resolver.verdict.history import EventColumns, history_row
from resolver.verdict.names import Names
from schemas.code import Checked

MAX_HISTORY = 500
"""Events that a verdict and a page rest on: more belong into an export."""

# Alerts come first: any number of watches, which strangers can cause, must not push one out.
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
    SELECT item.scans + (SELECT coalesce(sum(repeated.scans), 0) FROM suyuan.repeated_scan AS repeated
                         WHERE repeated.item_id = item.item_id) AS scans, item.first_seen, item.last_seen,
           scan.dealer_id, scan.market_id, scan.off_territory, scan.occurred_at, market.name, market.name_zh,
           EXISTS (SELECT FROM suyuan.incident_member AS lane JOIN suyuan.incident USING (case_id)
                   WHERE lane.subject = concat_ws('/', 'lane', scan.owner_org, scan.dealer_id, scan.market_id)
                     AND lane.kind = 'diverted' AND lane.left_at IS NULL
                     AND incident.state <> 'closed') AS lane_incident,
           EXISTS (SELECT FROM suyuan.incident_member AS lane JOIN suyuan.incident USING (case_id)
                   WHERE lane.subject = concat_ws('/', 'lane', scan.owner_org, scan.dealer_id, scan.market_id)
                     AND lane.kind = 'diverted' AND incident.state = 'closed'
                     AND incident.reason = 'diversion_confirmed') AS lane_confirmed
    FROM suyuan.item_state AS item LEFT JOIN suyuan.first_scan AS scan ON scan.item_id = item.item_id
    LEFT JOIN suyuan.market ON market.market_id = scan.market_id
    WHERE item.item_id = %(item)s AND item.events > 0
) AS part)::text AS state,
(SELECT json_agg(part) FROM (
    SELECT finding_id, rule, kind, level, subject, occurred_at, detected_at, confidence, evidence
    FROM suyuan.finding WHERE subject = %(item)s AND withdrawn_at IS NULL
    ORDER BY level <> 'alert', occurred_at, finding_id LIMIT 200
) AS part)::text AS findings,
(SELECT row_to_json(part) FROM (
    SELECT entry.org_id, entry.at, incident.case_id
    FROM (SELECT case_id, joined_at, left_at FROM suyuan.incident_member
          WHERE subject = %(item)s AND kind IN ('copied', 'ended')
          UNION ALL
          SELECT case_id, created_at, NULL FROM suyuan.incident WHERE subject = %(item)s AND kind IN ('copied', 'ended')
         ) AS concerned
    JOIN suyuan.incident USING (case_id)
    JOIN suyuan.case_entry AS entry ON entry.case_id = incident.case_id AND entry.at >= concerned.joined_at
        AND (concerned.left_at IS NULL OR concerned.left_at >= entry.at)
    WHERE incident.state = 'closed' AND incident.reason = 'counterfeit_confirmed'
      AND entry.to_state = 'closed' AND entry.org_id IS NOT NULL
    ORDER BY entry.entry_id DESC LIMIT 1
) AS part)::text AS decision,
(SELECT json_agg(unit_history.part) FROM ("""
    + UNIT_HISTORY
    + ") AS unit_history)::text AS history"
)


class FactColumns(NamedTuple):
    """The columns of ``FACTS``, each JSON text or None."""

    batch: str | bytes | None
    state: str | bytes | None
    findings: str | bytes | None
    decision: str | bytes | None
    history: str | bytes | None


def unit_facts(reader: PublicReader, checked: Checked, gtin: str, now: datetime, names: Names) -> UnitFacts:
    """The facts about a code that the organisation ``checked.org_id`` sealed, in one round trip.

    Names come from ``names`` while they are cached, from a second round trip otherwise.
    """
    row = reader.execute(FACTS, parameters(checked, gtin, now)).fetchone()
    if row is None:
        raise LookupError("a SELECT without FROM gave no row")
    return facts_of(FactColumns(**row), reader, checked, gtin, now, names)


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
        "nested": MAX_NESTED,
        "as_of": now,
        "limit": MAX_HISTORY,
    }


def facts_of(
    columns: FactColumns, reader: PublicReader, checked: Checked, gtin: str, now: datetime, names: Names
) -> UnitFacts:
    """The facts in a row of ``FACTS``. ``reader`` reads the names that ``names`` has not cached.

    :raises NotCached: a name is needed and ``reader`` knows caches alone.
    """
    unit, org_id = checked.unit, checked.org_id
    if unit is None or org_id is None:
        raise ValueError("only a sealed code has facts")
    batch_row, state, findings = _json(columns.batch), _json(columns.state), _json(columns.findings)
    events = [EventColumns._make(event) for event in _json(columns.history) or ()]
    # The state's times are those of claims too.
    own, cut = [_moment(event.occurred_at) for event in events if event.via is None], len(events) >= MAX_HISTORY
    decision = _json(columns.decision)
    sites = names.sites(reader, {event.read_point for event in events})
    named_by_site = {site.owner.org_id for site in sites.values()}
    others = {event.reader_org for event in events if event.audience != "consumer"} - named_by_site
    organisations = names.organisations(reader, others | ({decision["org_id"]} if decision else set()))
    named = names.of(reader, org_id, gtin, () if batch_row is None else tuple(batch_row["territory"]))
    first_scan = None if state is None else _first_scan(state)
    return UnitFacts(
        now=now,
        maker=named.maker,
        product=named.product,
        batch=None if batch_row is None else _batch(batch_row, named.markets),
        registered=batch_row is not None and unit.index < batch_row["quantity"],
        commissioned_at=None if batch_row is None else _moment(batch_row["commissioned_at"]),
        history=tuple(
            history_row(event, None if event.read_point is None else sites.get(event.read_point), organisations)
            for event in events
        ),
        findings=tuple(map(_finding, findings or ())),
        first_scan=first_scan,
        lane_incident=first_scan is not None and state["lane_incident"],
        lane_confirmed=first_scan is not None and state["lane_confirmed"],
        scans=0 if state is None else int(state["scans"]),
        first_seen=own[0] if own else None,
        last_seen=_moment(state["last_seen"]) if cut and state is not None else own[-1] if own else None,
        history_cut=cut,
        decision=None if decision is None else _decision(decision, organisations),
    )


def _json(text: str | bytes | None) -> Any:  # noqa: ANN401 -- the JSON of one column
    return None if text is None else orjson.loads(text)


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


def _decision(row: Row, organisations: Mapping[str, Organisation]) -> Decision:
    org_id = row["org_id"]
    return Decision(org_id, datetime.fromisoformat(row["at"]), row["case_id"], organisations.get(org_id))


def _first_scan(row: Row) -> FirstScan | None:
    if row["market_id"] is None:
        return None
    market = None if row["name"] is None else Market(row["market_id"], row["name"], row["name_zh"])
    return FirstScan(
        row["dealer_id"], row["market_id"], row["off_territory"], datetime.fromisoformat(row["occurred_at"]), market
    )


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
