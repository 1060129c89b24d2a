"""What the store knows of an item that is being judged: its registration, and the state that judging saved. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2s
from typing import NamedTuple

import orjson

from gateway.authority.custody import START, Custody, Goods, owner_of
from gateway.authority.mandate import Mandate
from gateway.rules.history import NO_CONTRACTS, BatchFacts, DealerTerritories, Market, Unit
from gateway.rules.judgement import STATES, Judgement
from schemas.code import Proof
from schemas.moment import to_microseconds
from schemas.subject import ItemSubject

# A look-up costs a tenth of what the enumeration's constructor does, once a row.
_PROOFS = {str(proof): proof for proof in Proof}


class LockedRow(NamedTuple):
    """A locked row of suyuan.item_state with what its maker registered, in the order of the query that reads it.

    ``quantity`` to ``territory`` are of the item's batch: None, and False for ``revoked``, where none is registered.
    """

    item_id: str
    owner_org: str
    proof: str
    batch_number: int | None
    unit_index: int | None
    events: int
    scans: int
    first_seen: datetime
    last_seen: datetime
    parents: list[str]
    is_container: bool
    states: str | None
    evaluated_at: datetime | None
    evaluated_id: str | None
    facts_digest: str | None
    by_others: bool
    quantity: int | None
    expires_on: date | None
    recalled_at: datetime | None
    revoked: bool
    territory: list[str] | None
    commissioned_at: datetime | None


class ItemState(NamedTuple):
    """One locked item: its unit, and how far it was judged."""

    unit: Unit
    facts_digest: str
    """A digest of all that its maker registered, as the rules are given it, and of the form of saved states."""
    judgement: Judgement | None
    """The saved state; None when there is none, or it was reached with other registered facts."""
    events: int
    scans: int
    was_contained: bool
    """It was in a container at some time, so that its history has more than its own events."""
    changed_since: int | None
    """From when on its history may have changed by more than its own new events (microseconds); None: it has not.

    Set where the item, or a container that it was in, is packed or unpacked, or such a container is observed."""

    goods: Goods
    """Whose it is, and who may speak of it besides; mandates only where others have spoken of it."""

    @property
    def evaluated_until(self) -> int | None:
        """The time of the last evaluated sighting in microseconds; None: nothing can be resumed from."""
        return None if self.judgement is None or self.judgement.until is None else self.judgement.until[0]


def goods_by_item(rows: Iterable[LockedRow], mandates: Mapping[str, Sequence[Mandate]]) -> dict[str, Goods]:
    """The rows' items as authority sees them. ``mandates``: by owner."""
    # Where nobody but the owner has spoken, all that counts is whose they are: such items share one value.
    of_owner: dict[tuple[str, str], Goods] = {}
    goods = {}
    for row in rows:
        key = row.owner_org, row.proof
        own = of_owner.get(key)
        if own is None:
            own = of_owner[key] = Goods(owner_of(row.owner_org, _PROOFS[row.proof]))
        if row.by_others:
            own = Goods(own.owner, ItemSubject(row.item_id).gtin, mandates.get(own.owner, ()))
        goods[row.item_id] = own
    return goods


def item_states(
    rows: Iterable[LockedRow],
    changed_since: Mapping[str, int],
    markets: Mapping[str, Market],
    dealers: Mapping[str, DealerTerritories],
    goods: Mapping[str, Goods],
) -> list[ItemState]:
    """The state of each row's item.

    ``changed_since``: as in :class:`ItemState`, by item; ``dealers``: by owner; ``goods``: of every item.
    """
    # The items of a batch share its facts: they are put together once.
    registrations: dict[tuple[object, ...], _Registration] = {}
    states = []
    for row in rows:
        own = goods[row.item_id]
        key = (row.owner_org, row.batch_number, row.commissioned_at, row.proof, own)
        registration = registrations.get(key)
        if registration is None:
            registration = registrations[key] = _registration(row, markets, dealers, own.mandates)
        batch, commissioned_at, digest = registration
        judgement = None
        if row.states is not None and row.evaluated_at is not None and row.facts_digest == digest:
            until = (to_microseconds(row.evaluated_at), row.evaluated_id or "")
            *states_of_folds, (custodian, addressed) = orjson.loads(row.states)
            custody = Custody(custodian, tuple(addressed)) if custodian or addressed else START
            judgement = Judgement(tuple(states_of_folds), until, custody)
        unit = Unit(
            row.item_id, row.owner_org, _PROOFS[row.proof], row.unit_index, row.batch_number, batch, commissioned_at
        )
        states.append(
            ItemState(
                unit,
                digest,
                judgement,
                row.events,
                row.scans,
                bool(row.parents),
                changed_since.get(row.item_id),
                own,
            )
        )
    return states


class _Registration(NamedTuple):
    batch: BatchFacts | None
    commissioned_at: int | None
    digest: str


def _registration(
    row: LockedRow,
    markets: Mapping[str, Market],
    dealers: Mapping[str, DealerTerritories],
    mandates: Sequence[Mandate],
) -> _Registration:
    batch = None
    if row.quantity is not None:
        batch = BatchFacts(
            quantity=row.quantity,
            expires_at=None if row.expires_on is None else to_microseconds(_end_of(row.expires_on)),
            recalled_at=None if row.recalled_at is None else to_microseconds(row.recalled_at),
            revoked=row.revoked,
            territory=tuple(markets[market_id] for market_id in row.territory or () if market_id in markets),
            dealers=NO_CONTRACTS if row.territory else dealers.get(row.owner_org, NO_CONTRACTS),
        )
    commissioned_at = None if row.commissioned_at is None else to_microseconds(row.commissioned_at)
    words = [(*mandate._replace(words=frozenset()), sorted(mandate.words)) for mandate in mandates]
    facts = repr((STATES, row.proof, batch, commissioned_at, words))
    facts += batch.dealers.digest if batch is not None else ""
    return _Registration(batch, commissioned_at, blake2s(facts.encode(), digest_size=12).hexdigest())


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC)) + timedelta(days=1)
