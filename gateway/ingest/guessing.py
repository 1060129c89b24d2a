"""Taking in what the resolver says of guessing: one finding a product and day, whoever guesses and however often."""

from dataclasses import replace
from datetime import UTC
from uuid import NAMESPACE_URL, uuid5

from gateway.rules.false_scans import NO_PRODUCT
from gateway.store import findings
from gateway.store.connection import Connection
from gateway.store.false_scan_counts import registered
from schemas.evidence import Evidence
from schemas.moment import to_datetime, to_microseconds
from schemas.subject import GuessingSubject

CASES_A_DAY = 10
"""Products of one owner of which guessing is told in one day; further ones share one subject."""


def note_guessing(connection: Connection, evidence: Evidence, changed: set[str]) -> None:
    """Add the finding of the product's day, or raise what it states. Networks cost little: each is not one more.

    ``changed``: its subject is added to those whose alerts changed.
    """
    midnight = to_datetime(evidence.at).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    finding = evidence.to_finding()
    stated = findings.stated_guesses(connection, evidence.owner_org, finding.rule, midnight)
    gtin = evidence.item_id.removeprefix("01/")
    known = registered(connection, {(evidence.owner_org, gtin)})
    subject = str(GuessingSubject(evidence.owner_org, gtin if known else NO_PRODUCT))
    if subject not in stated and len(stated) >= CASES_A_DAY:
        subject = str(GuessingSubject(evidence.owner_org, NO_PRODUCT))
    if int(finding.details.get("guesses", 0)) <= stated.get(subject, -1):
        return
    named = str(uuid5(NAMESPACE_URL, f"{subject}/{midnight:%Y-%m-%d}"))
    day = replace(finding, subject=subject, occurred_at=to_microseconds(midnight), events=(named,))
    findings.add(connection, [(evidence.owner_org, day)], changed)
