"""What assessing reads besides evidence, and its reports (table ``suyuan.assessment_report``)."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from gateway.evidence.evidence_item import AccusedItem
from gateway.evidence.registry import SITE_KINDS, SupplySite
from gateway.store.connection import Connection


def places(connection: Connection) -> list[SupplySite]:
    """All registered sites that goods pass, by id."""
    rows = connection.execute(
        "SELECT site_id, kind, latitude, longitude FROM suyuan.site WHERE kind = ANY (%s) ORDER BY site_id",
        [list(SITE_KINDS)],
    )
    return [SupplySite(*row) for row in rows]


def accused(connection: Connection, owner_org: str) -> list[AccusedItem]:
    """The owner's items that standing alerts suspect of copies, with the greatest confidence and all their events."""
    rows = connection.execute(
        "SELECT subject, confidence, evidence -> 'events' FROM suyuan.finding WHERE owner_org = %s AND kind = 'copied'"
        " AND level = 'alert' AND withdrawn_at IS NULL AND subject LIKE '01/%%'",
        [owner_org],
    )
    by_item: dict[str, tuple[float, set[str]]] = {}
    for subject, confidence, events in rows:
        surest, events_before = by_item.get(subject, (0.0, set()))
        by_item[subject] = max(surest, confidence), events_before | set(events)
    return [AccusedItem(item, surest, tuple(sorted(events))) for item, (surest, events) in sorted(by_item.items())]


def write_reports(connection: Connection, owner_org: str, reports: Mapping[tuple[str, str], dict[str, Any]]) -> int:
    """Replace the reports of an owner's goods, by topic and subject; returns how many are new or different."""
    topics, subjects = [topic for topic, _ in reports], [subject for _, subject in reports]
    connection.execute(
        """
        DELETE FROM suyuan.assessment_report AS r WHERE owner_org = %s AND NOT EXISTS (
            SELECT FROM unnest(%s::text[], %s::text[]) AS kept (topic, subject)
            WHERE kept.topic = r.topic AND kept.subject = r.subject)
        """,
        [owner_org, topics, subjects],
    )
    return connection.execute(
        """
        INSERT INTO suyuan.assessment_report AS r (owner_org, topic, subject, report)
        SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::jsonb[])
        ON CONFLICT (owner_org, topic, subject) DO UPDATE SET report = excluded.report, made_at = now()
        WHERE r.report <> excluded.report
        """,
        [owner_org, topics, subjects, [Jsonb(report) for report in reports.values()]],
    ).rowcount
