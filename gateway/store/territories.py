"""Dealers' territories: the markets that their contracts allow them."""

from collections.abc import Collection, Mapping
from hashlib import blake2s

from gateway.rules.history import NO_CONTRACTS, DealerTerritories, Market
from gateway.store.connection import Connection

_TERRITORIES = """
SELECT owner_org, dealer_id, array_agg(market_id ORDER BY market_id) FROM suyuan.dealer_territory
WHERE owner_org = ANY (%b) GROUP BY owner_org, dealer_id ORDER BY owner_org, dealer_id
"""


def dealer_territories(
    connection: Connection, owners: Collection[str], markets: Mapping[str, Market]
) -> dict[str, DealerTerritories]:
    """The dealers' territories for each owner's goods: one query, a row a dealer; none where ``owners`` is empty."""
    if not owners:
        return {}
    found: dict[str, dict[str, tuple[Market, ...]]] = {owner: {} for owner in owners}
    for owner, dealer_id, market_ids in connection.execute(_TERRITORIES, [sorted(owners)]).fetchall():
        found[owner][dealer_id] = tuple(markets[market_id] for market_id in market_ids if market_id in markets)
    return {owner: _territories(by_dealer) for owner, by_dealer in found.items()}


def _territories(by_dealer: Mapping[str, tuple[Market, ...]]) -> DealerTerritories:
    if not by_dealer:
        return NO_CONTRACTS
    return DealerTerritories(by_dealer, blake2s(repr(by_dealer).encode(), digest_size=12).hexdigest())
