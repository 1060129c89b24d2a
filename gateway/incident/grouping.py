"""Which alerts are one incident: those that share a cause and follow each other closely enough. Pure.

What is grouped is a set: the same alerts give the same incidents, in whatever order they came, and whatever had been
grouped before.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gateway.incident.cause import NOTHING_KNOWN, Cause, Known, cause_of, suspected
from schemas.case import SEVERITY
from schemas.finding import Finding, Kind, Level
from schemas.subject import parse_subject

DAY_US = 86_400_000_000
QUIET_DAYS = 60
"""So long without an alert, and an incident is over: what comes later is another one."""
CROWD = 5
CROWD_DAYS = 30
"""So many alerts of one suspected cause in so many days with one thing in common, such as the dealer, are no chance:
where one scanned unit of 10,000 raises a false alert, that is usual only for 600,000 scanned units a year."""


@dataclass(frozen=True, slots=True)
class Member:
    """The standing alerts about one subject with one suspected cause.

    ``first`` and ``last``: when they occurred, in microseconds, UTC. ``units``: how many units they are about.

    One may stand for ``count`` members whose cause is equal and whose first alerts occurred on one day, since no more
    of them matters: it has the key of the earliest, the sum of ``units`` and ``findings``, the mean ``confidence``.
    """

    subject: str
    kind: Kind
    owner_org: str
    cause: Cause
    first: int
    last: int
    confidence: float
    units: int = 1
    findings: int = 1
    count: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """Subject and suspected cause: there is one member of each."""
        return self.subject, self.kind.value


@dataclass(frozen=True)
class Incident:
    """Members that share a cause, in order of their first alert; never empty."""

    members: tuple[Member, ...]

    @cached_property
    def leading(self) -> Member:
        """The member that the incident is named after.

        One about the common cause comes before single units, the kind that most members suspect before others, then the
        earliest.
        """
        of_kind: Counter[Kind] = Counter()
        for member in self.members:
            of_kind[member.kind] += member.count
        return min(self.members, key=lambda each: (not each.cause.leads, -of_kind[each.kind], each.first, *each.key))

    @property
    def kind(self) -> Kind:
        """The suspected cause."""
        return self.leading.kind

    @property
    def size(self) -> int:
        """How many members it has."""
        return sum(member.count for member in self.members)

    @property
    def opened_at(self) -> int:
        """When the first alert occurred, in microseconds, UTC."""
        return self.members[0].first

    @property
    def weight(self) -> float:
        """How many units are probably concerned, times how much harm it does to who buys one."""
        leads = [member.confidence * member.units for member in self.members if member.cause.leads]
        single = sum(member.confidence * member.units for member in self.members if not member.cause.leads)
        return SEVERITY[self.kind] * max(single, *leads, 0.0)


def group(members: Iterable[Member]) -> list[Incident]:
    """The incidents of these members, each of which is in exactly one; in order of their first alert."""
    incidents = []
    for alike in _by(lambda member: member.cause.common, members).values():
        for stretch in _stretches(alike):
            if any(member.cause.leads for member in stretch):
                incidents.append(Incident(tuple(stretch)))
                continue
            for same in _by(lambda member: suspected(member.kind), stretch).values():
                incidents += [Incident(tuple(part)) for part in _parts(same)]
    return sorted(incidents, key=lambda incident: (incident.opened_at, incident.members[0].key))


def members_of(findings: Iterable[tuple[str, Finding]], known: Mapping[str, Known]) -> list[Member]:
    """The members that standing alerts make, in order; other findings make none.

    ``findings`` are behind their owners; ``known`` is by subject, and may lack what nothing is known of. A finding that
    names the dealer itself knows better.
    """
    alerts: dict[tuple[str, Kind, str], list[Finding]] = defaultdict(list)
    for owner_org, finding in findings:
        if finding.level is Level.ALERT:
            alerts[finding.subject, finding.kind, owner_org].append(finding)
    return [_member(*key, alerts[key], known.get(key[0], NOTHING_KNOWN)) for key in sorted(alerts)]


def _member(subject: str, kind: Kind, owner_org: str, alerts: Sequence[Finding], known: Known) -> Member:
    first = min(alert.occurred_at for alert in alerts)
    dealer = max(str(alert.details.get("dealer", "")) for alert in alerts) or known.dealer
    return Member(
        subject=subject,
        kind=kind,
        owner_org=owner_org,
        cause=cause_of(parse_subject(subject), kind, owner_org, first // DAY_US, replace(known, dealer=dealer)),
        first=first,
        last=max(alert.occurred_at for alert in alerts),
        confidence=max(alert.confidence for alert in alerts),
        units=max(units_of(alert.details) for alert in alerts),
        findings=len(alerts),
    )


def units_of(details: Mapping[str, object]) -> int:
    """How many units a finding is about, by its numbers."""
    for name in ("units", "surfaced", "observed"):
        value = details.get(name)
        if isinstance(value, int | float) and value >= 1:
            return int(value)
    return 1


def _parts(members: Iterable[Member]) -> Iterator[list[Member]]:
    """Members of which the same is suspected, where none leads: by their goods, unless so many are no chance."""
    for stretch in _stretches(members):
        if _is_crowded(stretch):
            yield stretch
            continue
        for same in _by(lambda member: member.cause.goods, stretch).values():
            yield from _stretches(same)


def _is_crowded(members: Sequence[Member]) -> bool:
    """Whether there is a span of :data:`CROWD_DAYS` with :data:`CROWD` members. They are in order of their days."""
    days = [(member.first // DAY_US, member.count) for member in members]
    oldest = count = 0
    for day, more in days:
        count += more
        while days[oldest][0] <= day - CROWD_DAYS:
            count -= days[oldest][1]
            oldest += 1
        if count >= CROWD:
            return True
    return False


def _by(key: Callable[[Member], str], members: Iterable[Member]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        found[key(member)].append(member)
    return found


def _stretches(members: Iterable[Member]) -> Iterator[list[Member]]:
    """The members in order of their first alert, parted where nothing was alerted to for :data:`QUIET_DAYS`."""
    stretch: list[Member] = []
    until = 0
    for member in sorted(members, key=lambda member: (member.first, member.key)):
        if stretch and member.first - until > QUIET_DAYS * DAY_US:
            yield stretch
            stretch = []
        until = max(until, member.last) if stretch else member.last
        stretch.append(member)
    if stretch:
        yield stretch
