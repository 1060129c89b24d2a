"""Mandates of owners, as judging needs them."""

from collections.abc import Collection

from gateway.authority.mandate import Mandate
from gateway.rules.containment import FOR_EVER
from gateway.store.connection import Connection


def mandates(connection: Connection, owners: Collection[str]) -> dict[str, tuple[Mandate, ...]]:
    """What these owners let others say of their goods, whenever it held; by owner, in one order. None: no query."""
    if not owners:
        return {}
    rows = connection.execute(
        """
        SELECT owner_org, org_id, verbs, coalesce(gtin, ''), (extract(epoch FROM since) * 1000000)::bigint,
               CASE WHEN until = 'infinity' THEN %s ELSE (extract(epoch FROM until) * 1000000)::bigint END,
               (extract(epoch FROM created_at) * 1000000)::bigint
        FROM suyuan.mandate WHERE owner_org = ANY (%s) ORDER BY owner_org, org_id, since, mandate_id
        """,
        [FOR_EVER, sorted(owners)],
    )
    given: dict[str, tuple[Mandate, ...]] = {}
    for owner_org, org_id, words, *rest in rows:
        mandate = Mandate(org_id, frozenset(words), *rest)
        given[owner_org] = (*given.get(owner_org, ()), mandate)
    return given
