"""What assessing reports beside findings, with the names that people know."""

from collections.abc import Sequence

from resolver.store.session import Cursor, Row


def reports(cursor: Cursor, topic: str, subject: str | None = None) -> list[Row]:
    """The reports on a topic that the caller may see, by owner and subject; those below ``subject`` (…/1) too."""
    return cursor.execute(
        "SELECT owner_org, topic, subject, report, made_at FROM suyuan.assessment_report"
        " WHERE topic = %(topic)s AND (%(subject)s::text IS NULL OR split_part(subject, '/', 1) = %(subject)s)"
        " ORDER BY owner_org, subject",
        {"topic": topic, "subject": subject},
    ).fetchall()


def site_names(cursor: Cursor, sites: Sequence[str]) -> list[Row]:
    """The names of sites."""
    return cursor.execute(
        "SELECT site_id, name, name_zh FROM suyuan.site WHERE site_id = ANY (%(sites)s)", {"sites": list(sites)}
    ).fetchall()


def product_names(cursor: Cursor, gtins: Sequence[str]) -> dict[str, Row]:
    """The names of products, by GTIN."""
    rows = cursor.execute(
        "SELECT gtin, name, name_zh FROM suyuan.product WHERE gtin = ANY (%(gtins)s)", {"gtins": list(gtins)}
    ).fetchall()
    return {row["gtin"]: row for row in rows}


def cases_of(cursor: Cursor, items: Sequence[str]) -> list[Row]:
    """The cases whose members these items are, with how many of them (``suspects``), the most first."""
    return cursor.execute(
        "SELECT i.case_id, i.state, i.members, count(*)::integer AS suspects"
        " FROM suyuan.incident_member AS m JOIN suyuan.incident AS i USING (case_id)"
        " WHERE m.subject = ANY (%(items)s) AND m.kind IN ('copied', 'ended') AND m.left_at IS NULL"
        " GROUP BY i.case_id ORDER BY suspects DESC, i.case_id",
        {"items": list(items)},
    ).fetchall()
