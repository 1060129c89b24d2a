"""What assessing reports beside findings, with the names that people know."""

from collections.abc import Sequence

from resolver.store.session import Cursor, Row


def reports(cursor: Cursor, topic: str, subject: str | None = None) -> list[Row]:
    """The reports on a topic that the caller may see, by owner and subject."""
    return cursor.execute(
        "SELECT owner_org, topic, subject, report, made_at FROM suyuan.assessment_report"
        " WHERE topic = %(topic)s AND (%(subject)s::text IS NULL OR subject = %(subject)s) ORDER BY owner_org, subject",
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
