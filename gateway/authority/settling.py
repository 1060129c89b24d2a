"""Settling a history: which of its sightings are facts about the item, and which are claims. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.authority.custody import START, Custody, Goods, after, relations
from gateway.authority.lateness import MAX_LATE, in_time, known_at, late_statements
from gateway.authority.policy import is_fact
from gateway.authority.verb import HANDLING, RECEIPTS, Verb, verb_of
from gateway.rules.history import Sighting
from schemas.event import Audience

_PASSING = HANDLING | RECEIPTS


class Claim(NamedTuple):
    """A statement that is no fact about the item in whose history it stands."""

    sighting: Sighting
    verb: Verb


class Settled(NamedTuple):
    """A history after it was settled: its facts in order, its claims, and who has the item at the end."""

    facts: Sequence[Sighting]
    claims: Sequence[Claim]
    custody: Custody


def settle(goods: Goods, custody: Custody, sightings: Sequence[Sighting]) -> Settled:
    """Tell facts from claims in ``sightings``, which are in order, from ``custody`` before them."""
    owner = goods.owner
    if not owner:
        return Settled(sightings, (), custody)
    claims: list[Claim] = []
    facts: list[Sighting] = []
    late: Mapping[int, int] | None = None
    for position, sighting in enumerate(sightings):
        if sighting.claim is not None:
            claims.append(Claim(sighting, Verb(sighting.claim)))
            continue
        if sighting.reader_org == owner:
            # What its owner has, and sends to nobody, stays where it is: most of what is ever said.
            if sighting.addressed is not None or (custody != START and sighting.biz_step in _PASSING):
                custody = after(goods, custody, sighting, verb_in(sighting))
        elif not _is_scan(sighting):
            if late is None:
                late = late_statements(owner, sightings)
            verb = verb_in(sighting)
            if not is_fact(verb, relations(goods, custody, sighting, verb)) or (
                position in late and not _is_still_fact(goods, custody, sightings, position, late)
            ):
                claims.append(Claim(sighting, verb))
                continue
            custody = after(goods, custody, sighting, verb)
        facts.append(sighting)
    return Settled(tuple(facts) if claims else sightings, claims, custody)


def verb_in(sighting: Sighting) -> Verb:
    """The kind of statement that a sighting makes."""
    return verb_of(sighting.biz_step, sighting.disposition, sighting.action)


def _is_still_fact(
    goods: Goods, custody: Custody, sightings: Sequence[Sighting], position: int, late: Mapping[int, int]
) -> bool:
    """Whether a late statement is a fact by who had the item not long before it was recorded, as was known then."""
    said = sightings[position]
    if late[position] >= MAX_LATE:
        return False
    for later in range(position + 1, len(sightings)):
        if later not in late and not in_time(known_at(sightings[later]), said.recorded_at):
            custody = settle(goods, custody, (sightings[later],)).custody
    verb = verb_in(said)
    return is_fact(verb, relations(goods, custody, said, verb))


def _is_scan(sighting: Sighting) -> bool:
    """A person scanned the code: most of what is not the owner's own."""
    return sighting.audience is Audience.CONSUMER and sighting.biz_step == "inspecting" and sighting.disposition is None
