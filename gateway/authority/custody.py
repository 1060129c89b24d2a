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
GIVING = SHIPMENTS | {VOID, "dispensing", "retail_selling"}
MAX_ADDRESSED = 8
"""So many organisations that a custodian names are remembered, the latest ones."""


class Goods(NamedTuple):
    """The item that is spoken of, and whom its owner gave mandates. ``owner`` empty: it is nobody's that we know.

    A code that its GTIN's owner did not make names none of its goods, so that whoever sees it may say so.
    """

    owner: str
    gtin: str = ""
    mandates: Sequence[Mandate] = ()


class Custody(NamedTuple):
    """Who has an item, and to whom it was sent since then. ``custodian`` None: its owner."""

    custodian: str | None = None
    addressed: tuple[str, ...] = ()


START = Custody()


def owner_of(owner_org: str, proof: Proof) -> str:
    """Whose goods an item with such a code is; empty for nobody's."""
    return "" if proof in FALSE_PROOFS else owner_org


def relations(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Iterator[Relation]:
    """What whoever says this has to do with the goods, the closest first."""
    said_by, hands = sighting.reader_org, (custody.custodian or goods.owner, *custody.addressed)
    times = sighting.occurred_at, sighting.recorded_at
    if sighting.audience is Audience.CONSUMER:
        yield Relation.CONSUMER
        return
    if said_by == goods.owner:
        yield Relation.OWNER
    if said_by == custody.custodian:
        yield Relation.CUSTODIAN
    if said_by in custody.addressed:
        yield Relation.ADDRESSEE
    if any(mandate.covers(said_by, verb, goods.gtin, *times) for mandate in goods.mandates):
        yield Relation.MANDATE
    at_their_site = sighting.site_org != said_by and sighting.site_org in hands
    if at_their_site and not gives(sighting):
        yield Relation.SITE
    if sighting.audience is Audience.INSPECTOR:
        yield Relation.AUTHORITY
    yield Relation.STRANGER


def gives(sighting: Sighting) -> bool:
    """Whether goods leave the hands that they are in: that is these hands' to say, whoever else works at the site."""
    return sighting.addressed is not None or sighting.biz_step in GIVING


def after(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Custody:
    """Who has the goods after a fact."""
    step = sighting.biz_step
    if verb is Verb.RECEIVE or (verb is Verb.HANDLE and custody.addressed):
        custody = _received(goods, custody, sighting, verb)
    if step in SHIPMENTS or (step == DEPARTURE and sighting.addressed is not None):
        return _sent(goods, custody, sighting)
    return Custody(custody.custodian) if step == VOID and sighting.reader_org == goods.owner else custody


def _sent(goods: Goods, custody: Custody, sighting: Sighting) -> Custody:
    """The owner's word on where its goods go replaces what was said before. A custodian's adds to it.

    A custodian dates what it says as it likes. If it could take an address back, or give another, it could afterwards
    undo a receipt that had happened: by a date between its shipment and that receipt.
    """
    to = sighting.addressed
    if sighting.reader_org == goods.owner:
        return Custody(custody.custodian, () if to is None else (to,))
    if to is None or to == custody.custodian or to in custody.addressed:
        return custody
    return Custody(custody.custodian, (*custody.addressed, to)[-MAX_ADDRESSED:])


def _received(goods: Goods, custody: Custody, sighting: Sighting, verb: Verb) -> Custody:
    said_by = sighting.reader_org
    addressee = next((each for each in custody.addressed if each in (said_by, sighting.site_org)), None)
    if addressee is not None:
        said_by = addressee
    elif verb is not Verb.RECEIVE:
        return custody
    elif said_by == (custody.custodian or goods.owner):
        return custody  # a move among its own sites: to whom the goods were sent stays as it was
    elif said_by != goods.owner and sighting.site_org not in (None, said_by):
        return custody  # somebody at another's site, by its leave: it takes nothing for itself
    return Custody(None if said_by == goods.owner else said_by)
