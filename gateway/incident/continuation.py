"""Which case each incident continues, when what is grouped has changed: no case is lost, and none is doubled. Pure.

Grouping knows no past; people do. Whoever has begun to work on a case finds it again with the members that it had most
of, and what was two cases and turns out to be one goes on under the one that people have got farthest with.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from gateway.incident.grouping import Incident
from schemas.case import State
from schemas.finding import Kind

_FARTHEST = (State.ESCALATED, State.INVESTIGATING, State.ACTIVE, State.NEW, State.CLOSED)
MAX_CANDIDATES = 8
"""Of so many members an incident may take its id: after these, one is made up from the first member."""

MemberKey = tuple[str, str]
"""A member's subject and suspected cause."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case. ``created_at``: microseconds, UTC; ``members``: how many stand; ``merged``: into another case.

    ``accuses``: it names a dealer, so that units which come back are another case unless its lane does too.
    """

    case_id: UUID
    kind: Kind
    state: State
    created_at: int
    members: int
    merged: bool = False
    accuses: bool = False


@dataclass(frozen=True, slots=True)
class Continued:
    """An incident, its case, and the cases that are now part of it."""

    incident: Incident
    case_id: UUID
    merged: tuple[UUID, ...] = ()


def case_of(subject: str, kind: str) -> UUID:
    """The id of a case that begins with this member, as ``suyuan.case_of`` makes it."""
    return UUID(bytes=sha256(f"{kind}/{subject}".encode()).digest()[:16])


def candidates(incidents: Iterable[Incident]) -> set[UUID]:
    """The ids that these incidents may take if they continue no case."""
    return {case_of(*member.key) for incident in incidents for member in incident.members[:MAX_CANDIDATES]}


def continued(
    incidents: Sequence[Incident], cases_of: Mapping[MemberKey, UUID], cases: Mapping[UUID, StoredCase]
) -> list[Continued]:
    """The case of each incident.

    ``cases_of``: by member the case that it is, or was last, a member of. ``cases``: all of these, and of
    :func:`candidates` what is stored. A case that has members is claimed by none that comes back, unless one of these
    is in ``incidents``: then all are.
    """
    won = _by_incident(incidents, cases_of, cases)
    used = {case_id for case_ids in won.values() for case_id in case_ids}
    used |= {case.case_id for case in cases.values() if case.members and not case.merged}
    found = []
    for number, incident in enumerate(incidents):
        ranked = sorted(won.get(number, ()), key=lambda case_id: _rank(cases[case_id]))
        case_id = ranked[0] if ranked else _new(incident, used)
        used.add(case_id)
        found.append(Continued(incident, case_id, tuple(ranked[1:])))
    return found


def _by_incident(
    incidents: Sequence[Incident], cases_of: Mapping[MemberKey, UUID], cases: Mapping[UUID, StoredCase]
) -> dict[int, list[UUID]]:
    """By the number of an incident the cases that it continues: each case goes where most of its members went.

    If that is two ways alike, it goes where the same is suspected.
    """
    claims: dict[UUID, Counter[int]] = defaultdict(Counter)
    for number, incident in enumerate(incidents):
        for member in incident.members:
            case_id = cases_of.get(member.key)
            if case_id is not None and case_id in cases:
                claims[case_id][number] += member.count
    won: dict[int, list[UUID]] = defaultdict(list)
    for case_id, votes in claims.items():
        kind = cases[case_id].kind
        order = {number: (-votes[number], incidents[number].kind is not kind, number) for number in votes}
        won[min(order, key=order.__getitem__)].append(case_id)
    return won


def _rank(case: StoredCase) -> tuple[int, int, UUID]:
    return _FARTHEST.index(case.state), case.created_at, case.case_id


def _new(incident: Incident, used: set[UUID]) -> UUID:
    for member in incident.members[:MAX_CANDIDATES]:
        if (case_id := case_of(*member.key)) not in used:
            return case_id
    first, number = incident.members[0], 2
    while (case_id := case_of(first.subject, f"{first.kind}/{number}")) in used:
        number += 1
    return case_id
