"""Cases: the states that an incident goes through, why it is closed, and by when somebody has to act. Pure.

A person's moves can all be undone by a move; what the program does by itself (closing when the evidence is gone,
opening again when it is back, escalating when a deadline has passed) can be undone by a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

from schemas.finding import Kind


class State(StrEnum):
    """How far a case has got."""

    NEW = "new"
    """Nobody has looked."""
    ACTIVE = "active"
    """Seen by a person."""
    INVESTIGATING = "investigating"
    ESCALATED = "escalated"
    """With the authority."""
    CLOSED = "closed"


_ROADS = frozenset(
    frozenset(pair)
    for pair in (
        (State.NEW, State.ACTIVE),
        (State.NEW, State.INVESTIGATING),
        (State.ACTIVE, State.INVESTIGATING),
        (State.ACTIVE, State.ESCALATED),
        (State.ACTIVE, State.CLOSED),
        (State.INVESTIGATING, State.ESCALATED),
        (State.INVESTIGATING, State.CLOSED),
        (State.ESCALATED, State.CLOSED),
    )
)
"""Each goes both ways. None leads from new to closed: somebody has to look first."""


def moves(state: State) -> tuple[State, ...]:
    """The states to which a person may move a case, in the order of :class:`State`."""
    return tuple(other for other in State if other is not state and frozenset((state, other)) in _ROADS)


class Reason(StrEnum):
    """Why a case was closed."""

    COUNTERFEIT_CONFIRMED = "counterfeit_confirmed"
    DIVERSION_CONFIRMED = "diversion_confirmed"
    STOLEN_LABELS_CONFIRMED = "stolen_labels_confirmed"
    OFFENCE_CONFIRMED = "offence_confirmed"
    """Another offence: refilled, sold after its recall or expiry."""
    DEVICE_FAULT = "device_fault"
    DATA_ERROR = "data_error"
    LATE_UPLOAD = "late_upload"
    KNOWN_BENIGN_PATTERN = "known_benign_pattern"
    NOT_REPRODUCIBLE = "not_reproducible"
    TEST_OR_SAMPLE = "test_or_sample"
    DUPLICATE = "duplicate"
    OTHER = "other"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    """By itself: later evidence took back all that spoke for it."""
    MERGED = "merged"
    """By itself: its alerts turned out to share the cause of another case, which goes on."""


_BY_ITSELF = frozenset({Reason.EVIDENCE_WITHDRAWN, Reason.MERGED})
BY_PEOPLE = tuple(reason for reason in Reason if reason not in _BY_ITSELF)
"""The reasons that a person may give."""

_CONFIRMED = frozenset(reason for reason in Reason if reason.value.endswith("_confirmed"))
_SAYS_NOTHING = _BY_ITSELF | {Reason.TEST_OR_SAMPLE, Reason.DUPLICATE, Reason.OTHER}


def confirms(reason: Reason, kind: Kind) -> bool | None:
    """Whether the closure says that the rules were right; None when it says nothing about them.

    Rules that suspect a device are right when it was the device.
    """
    if reason in _SAYS_NOTHING:
        return None
    if kind is Kind.DEVICE:
        return reason is Reason.DEVICE_FAULT
    return reason in _CONFIRMED


SEVERITY: Mapping[Kind, float] = {
    Kind.FORGED: 3,
    Kind.COPIED: 3,
    Kind.RECALLED: 3,
    Kind.ENDED: 3,
    Kind.EXPIRED: 2,
    Kind.EARLY: 2,
    Kind.UNKNOWN: 2,
    Kind.DIVERTED: 1,
    Kind.GUESSED: 1,
    Kind.DEVICE: 0.5,
}
"""How much harm a suspected cause does to who buys a unit: a judgement, by which cases are ordered."""

ANSWER_WORKING_DAYS = 2
"""The maker's time to answer, as under the EU's alert management."""
ESCALATION_DAYS = 7
"""Calendar days after which the authority is asked, as securPharm does."""

LOCAL = timezone(timedelta(hours=8), "CST")
"""China's time: working days begin at its midnight."""

Calendar = Mapping[date, bool]
"""Days that are not what their weekday says: True for a working weekend, False for a holiday."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when the maker has to answer, and when the authority is asked."""

    answer: datetime
    escalation: datetime


def deadlines(due_from: datetime, calendar: Calendar) -> Deadlines:
    """The deadlines of a case that was opened, or opened again, at ``due_from`` (aware)."""
    return Deadlines(
        after_working_days(due_from, ANSWER_WORKING_DAYS, calendar), due_from + timedelta(days=ESCALATION_DAYS)
    )


def after_working_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The same time of day, ``days`` working days later; what begins on a day off begins with the next working day."""
    local = start.astimezone(LOCAL)
    while not works(local.date(), calendar):
        local = datetime.combine(local.date() + timedelta(days=1), time(), LOCAL)
    for _ in range(days):
        local += timedelta(days=1)
        while not works(local.date(), calendar):
            local += timedelta(days=1)
    return local.astimezone(UTC)


def works(day: date, calendar: Calendar) -> bool:
    """Whether ``day`` is a working day."""
    return calendar.get(day, day.weekday() < 5)


LEAST_PRECISION = 0.05
"""A rule whose alerts are right less often than this falls silent."""
PRECISION_CLOSURES = 200
"""How many of a rule's last closures that is counted over."""


def falls_silent(closures: int, confirmed: int) -> bool:
    """Whether a rule with so many counted closures, ``confirmed`` of them, drops to watch."""
    return closures >= PRECISION_CLOSURES and confirmed < LEAST_PRECISION * closures
