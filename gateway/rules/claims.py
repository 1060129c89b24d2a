"""A rule on who speaks: many claims about an owner's goods are a finding about whoever makes them. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time

from gateway.rules.fold import Card
from schemas.finding import Finding, Kind, Level
from schemas.moment import to_microseconds
from schemas.rule_thresholds import CLAIMS_TO_ALERT

FOREIGN_CLAIMS = Card(
    "foreign_claims",
    Kind.DEVICE,
    f"On one day {CLAIMS_TO_ALERT} or more events arrived from an organisation's readers that are claims about an"
    " owner's goods, which it does not have and has no mandate for. No goods are accused.",
    "a partner whose shipments name no destination, or who has no mandate yet; goods that came by a way that nobody"
    " reported; a reader that was enrolled for the wrong organisation",
)


def foreign_claims(subject: str, by_day: Iterable[tuple[date, int]]) -> Iterator[Finding]:
    """The days on which an organisation claimed too much. ``by_day``: events that are claims, by day of arrival."""
    for day, claims in by_day:
        if claims >= CLAIMS_TO_ALERT:
            yield Finding(
                rule=FOREIGN_CLAIMS.name,
                kind=FOREIGN_CLAIMS.kind,
                level=Level.ALERT,
                subject=subject,
                occurred_at=to_microseconds(datetime.combine(day, time(tzinfo=UTC))),
                confidence=0.9,
                events=(),
                details={"day": day.isoformat(), "claims": claims},
            )
