"""Custody: who has an item, as a fold over the facts of its history in event time. Pure.

The owner has it first. A shipment that is addressed to an organisation, and that organisation's receipt of it, pass it
on; so does whatever else the addressee does with the goods, because a receipt may have been missed. A shipment without
a destination passes nothing. A receipt by whoever has the item already leaves its destination as it was.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.authority.mandate import Mandate
from gateway.authority.policy import Relation
from gateway.authority.verb import Verb
from gateway.rules.history import FALSE_PROOFS, Sighting
from schemas.code import Proof
from schemas.event import Audience

SHIPMENTS = frozenset({"shipping", "consigning"})
DEPARTURE = "departing"
VOID = "void_shipping"


class Goods(NamedTuple):
    """The item that is spoken of, and whom its owner gave mandates. ``owner`` empty: it is nobody's that we know.

    A code that its GTIN's owner did not make names none of its goods, so that whoever sees it may say so.
    """

    owner: str
    gtin: str = ""
    mandates: Sequence[Mandate] = ()


class Custody(NamedTuple):
    """Who has an item, and to whom the latest shipment is addressed. ``custodian`` None: its owner."""

    custodian: str | None = None
    addressed: str | None = None


START = Custody()


def owner_of(owner_org: str, proof: Proof) -> str:
    """Whose goods an item with such a code is; empty for nobody's."""
    return "" if proof in FALSE_PROOFS else owner_org


def relations(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Iterator[Relation]:
    """What whoever says this has to do with the goods, the closest first."""
    said_by, hands = sighting.reader_org, (custody.custodian or goods.owner, custody.addressed)
    if sighting.audience is Audience.CONSUMER:
        yield Relation.CONSUMER
        return
    if said_by == goods.owner:
        yield Relation.OWNER
    if said_by == custody.custodian:
        yield Relation.CUSTODIAN
    if said_by == custody.addressed:
        yield Relation.ADDRESSEE
    if any(mandate.covers(said_by, verb, goods.gtin, sighting.occurred_at) for mandate in goods.mandates):
        yield Relation.MANDATE
    if sighting.site_org is not None and sighting.site_org != said_by and sighting.site_org in (goods.owner, *hands):
        yield Relation.SITE
    if sighting.audience is Audience.INSPECTOR:
        yield Relation.AUTHORITY
    yield Relation.STRANGER


def after(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Custody:
    """Who has the goods after a fact."""
    step = sighting.biz_step
    if verb is Verb.RECEIVE or (verb is Verb.HANDLE and custody.addressed is not None):
        custody = _received(goods, custody, sighting, verb)
    if step in SHIPMENTS or (step == DEPARTURE and sighting.addressed is not None):
        return Custody(custody.custodian, sighting.addressed)
    return Custody(custody.custodian, None) if step == VOID else custody


def _received(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Custody:
    said_by = sighting.reader_org
    if custody.addressed is not None and custody.addressed in (said_by, sighting.site_org):
        said_by = custody.addressed
    elif verb is not Verb.RECEIVE:
        return custody
    elif said_by == (custody.custodian or goods.owner):
        return custody  # a move among its own sites: to whom the goods were sent stays as it was
    elif said_by != goods.owner and sighting.site_org not in (None, said_by):
        return custody  # somebody at another's site, by its leave: it takes nothing for itself
    return Custody(None if said_by == goods.owner else said_by, None)
