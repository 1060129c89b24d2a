"""The policy: which kind of statement counts as a fact from whom. Pure; docs/authority.md is generated from it."""

from collections.abc import Iterable
from enum import StrEnum

from gateway.authority.verb import Verb


class Relation(StrEnum):
    """What the organisation of a reader has to do with the item that it speaks of."""

    OWNER = "owner"
    """It made the goods: the code is of its company prefix."""
    CUSTODIAN = "custodian"
    """It has them: they were shipped to it, and it received them."""
    ADDRESSEE = "addressee"
    """They were sent to it, and nobody has received them since."""
    SITE = "site"
    """It speaks by a grant from a site of whoever has the goods, or of the addressee; it neither sends nor sells."""
    MANDATE = "mandate"
    """The owner lets it say this."""
    AUTHORITY = "authority"
    """A regulator's inspector."""
    CONSUMER = "consumer"
    """A person who scanned the code."""
    STRANGER = "stranger"
    """None of these."""


class Standing(StrEnum):
    """What a statement is worth."""

    FACT = "fact"
    """It is part of the item's history: rules, custody and verdicts rest on it."""
    CLAIM = "claim"
    """It is kept and shown to the owner, and nothing about the goods follows from it."""
    REFUSED = "refused"
    """It is not taken in."""


_OWN = frozenset({Relation.OWNER, Relation.MANDATE})
_HANDS = _OWN | {Relation.CUSTODIAN, Relation.ADDRESSEE, Relation.SITE}

ENTITLED: dict[Verb, frozenset[Relation]] = {
    Verb.COMMISSION: _OWN,
    Verb.END: _OWN,
    Verb.RECALL: _OWN,
    Verb.RECEIVE: _HANDS,
    Verb.HANDLE: _HANDS,
    Verb.OBSERVE: _HANDS | {Relation.AUTHORITY, Relation.CONSUMER},
}
"""Whose statement of each kind is a fact."""


def standing(verb: Verb, relation: Relation) -> Standing:
    """What a statement of this kind is worth from somebody with this relation to the item."""
    if relation in ENTITLED[verb]:
        return Standing.FACT
    return Standing.REFUSED if relation is Relation.CONSUMER else Standing.CLAIM


def is_fact(verb: Verb, relations: Iterable[Relation]) -> bool:
    """Whether one of these relations makes the statement a fact."""
    return not ENTITLED[verb].isdisjoint(relations)
