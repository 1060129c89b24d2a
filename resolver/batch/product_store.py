"""Products (trade items), each under its GTIN."""

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

_PRODUCT = "gtin, org_id, name, name_zh, category, created_at"


def add_product(cursor: Cursor, *, gtin: str, org_id: str, name: str, name_zh: str, category: str) -> Row:
    """Register a product.

    :raises Conflict: when the GTIN is registered already.
    """
    row = cursor.execute(
        f"INSERT INTO suyuan.product (gtin, org_id, name, name_zh, category) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608 -- the columns are a constant above
        f" ON CONFLICT (gtin) DO NOTHING RETURNING {_PRODUCT}",
        [gtin, org_id, name, name_zh, category],
    ).fetchone()
    if row is None:
        raise Conflict("exists", f"GTIN {gtin} is registered already.", "Use another GTIN.", field="gtin")
    return row


def products(cursor: Cursor, after: str, limit: int) -> list[Row]:
    """The caller's products in order of GTIN, with the number of batches and of units registered."""
    return cursor.execute(
        """
        SELECT product.gtin, product.org_id, product.name, product.name_zh, product.category, product.created_at,
               count(batch.batch_number) AS batches, coalesce(sum(batch.quantity), 0)::bigint AS units
        FROM suyuan.product LEFT JOIN suyuan.batch ON batch.gtin = product.gtin
        WHERE product.gtin > %s GROUP BY product.gtin ORDER BY product.gtin LIMIT %s
        """,
        [after, limit],
    ).fetchall()


def product_owner(cursor: Cursor, gtin: str) -> str | None:
    """Which organisation registered the GTIN, as far as the caller may see it."""
    row = cursor.execute("SELECT org_id FROM suyuan.product WHERE gtin = %s", [gtin]).fetchone()
    return None if row is None else str(row["org_id"])
