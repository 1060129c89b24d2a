"""Dealers' territories in the store: a row a market."""

from collections.abc import Sequence

from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Invalid


def territories(cursor: Cursor) -> list[Row]:
    """``owner_org``, ``dealer_id`` (the dealer's site) and ``markets`` of each territory that the caller may see."""
    return cursor.execute(
        "SELECT owner_org, dealer_id, array_agg(market_id ORDER BY market_id) AS markets, max(registered_at)"
        " AS registered_at FROM suyuan.dealer_territory GROUP BY owner_org, dealer_id ORDER BY owner_org, dealer_id"
    ).fetchall()


def set_territory(cursor: Cursor, owner_org: str, dealer_id: str, markets: Sequence[str]) -> None:
    """Replace a dealer's territory for an owner's goods; no markets: it has none, and may sell anywhere.

    :raises Invalid: there is no such organisation or market, or no dealer has such a site.
    """
    known = cursor.execute("SELECT kind FROM suyuan.site WHERE site_id = %s", [dealer_id]).fetchone()
    if known is None or known["kind"] != "dealer":
        raise Invalid(
            "unknown_dealer",
            f"There is no dealer's site {dealer_id!r}.",
            "Name a site of kind dealer.",
            field="dealer_id",
        )
    cursor.execute(
        "DELETE FROM suyuan.dealer_territory WHERE owner_org = %s AND dealer_id = %s", [owner_org, dealer_id]
    )
    try:
        cursor.execute(
            "INSERT INTO suyuan.dealer_territory (owner_org, dealer_id, market_id)"
            " SELECT DISTINCT %s, %s, market_id FROM unnest(%s::text[]) AS market_id",
            [owner_org, dealer_id, list(markets)],
        )
    except errors.ForeignKeyViolation as error:
        if "market" in (error.diag.constraint_name or ""):
            raise Invalid(
                "unknown_market", "A market is not registered.", "GET /api/v1/markets.", field="markets"
            ) from None
        raise Invalid(
            "unknown_organisation", f"There is no organisation {owner_org!r}.", "Register it first.", field="owner_org"
        ) from None
