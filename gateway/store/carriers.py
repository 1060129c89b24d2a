"""Whatever carried an item, and when: the beginning of every question about an item's whole history."""

from typing import LiteralString

CARRIED: LiteralString = """
WITH RECURSIVE chain (unit, item_id, since, until, depth) AS (
    SELECT item, item, '-infinity'::timestamptz, 'infinity'::timestamptz, 0 FROM unnest(%s::text[]) AS item
    UNION ALL
    SELECT chain.unit, c.parent_id, greatest(chain.since, c.since), least(chain.until, c.until), depth + 1
    FROM chain, suyuan.containers_of(chain.item_id) AS c
    WHERE c.since < chain.until AND c.until > chain.since AND depth < 8
)
"""
"""Rows ``chain``: a unit, an item (the unit itself at depth 0, else a container that it was in), from when until when.

The first parameter is the array of units. Eight containers deep is deeper than anything is packed.
"""
