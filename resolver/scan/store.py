"""What consumers leave: scans for the gateway, and reports."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from resolver.store.session import Cursor


def add_scans(cursor: Cursor, scans: Sequence[dict[str, Any]]) -> None:
    """Put scans (:meth:`schemas.scan.Scan.to_fields`) into the outbox, in one statement."""
    cursor.execute(
        "INSERT INTO suyuan.outbox (scan) SELECT value FROM jsonb_array_elements(%s) AS value",
        [Jsonb(list(scans), dumps=orjson.dumps)],
    )


def add_report(
    cursor: Cursor,
    *,
    report_id: UUID,
    item_id: str,
    owner_org: str,
    suspicion: str,
    place: str,
    price_fen: int | None,
    remark: str,
    reporter: str | None,
    network: str,
) -> None:
    """Keep a consumer's report. ``reporter`` and ``network`` are pseudonyms: the phone's is that of its scans."""
    cursor.execute(
        "INSERT INTO suyuan.consumer_report"
        " (report_id, item_id, owner_org, suspicion, place, price_fen, remark, reporter, network)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [report_id, item_id, owner_org, suspicion, place, price_fen, remark, reporter, network],
    )
