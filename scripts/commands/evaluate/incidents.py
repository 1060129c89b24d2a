"""The incidents that the gateway would make of what a judge found, and how many of them one crime is."""

from collections.abc import Iterable

from firmware_sim.population.draft import Crime
from firmware_sim.population.world import World
from firmware_sim.world.scenario import Scenario
from gateway.evidence.suspicion import SuspectedDumping, SuspectedItem, SuspectedLane, SuspectedRoll, SuspectedSource
from gateway.incident.cause import Known
from gateway.incident.grouping import Incident, group, members_of
from schemas.finding import Finding, Kind, Level
from schemas.subject import (
    DumpingSubject,
    ItemSubject,
    LaneSubject,
    OtherSubject,
    RollSubject,
    SourceSubject,
    Subject,
)
from scripts.commands.evaluate.judge_protocol import Alert

_OWNER = "owner"
_KIND = {
    "refilled": Kind.COPIED,
    "stolen": Kind.EARLY,
    "dumping": Kind.EXPIRED,
    "guessing": Kind.FORGED,
}
"""By a suspicion's kind that of the gateway's finding, where it has another name."""


def incidents_of(world: World, alerts: Iterable[Alert]) -> list[Incident]:
    """The incidents that are made of a judge's alerts, as the gateway groups its findings."""
    found: list[tuple[str, Finding]] = []
    known: dict[str, Known] = {}
    for alert in alerts:
        match alert.subject:
            case SuspectedItem() if alert.kind == "stolen":
                continue  # the gateway names their roll only
            case SuspectedItem(item):
                dealer = int(world.items.dealer[item])
                known[item_subject(world, item)] = Known(dealer=str(dealer) if dealer >= 0 else "")
            case _:
                pass
        if alert.level == "alert":
            found.append((_OWNER, _finding(world, alert)))
    return group(members_of(found, known))


def item_subject(world: World, item: int) -> str:
    """The subject of an item of a world."""
    return f"01/{int(world.items.gtin[item]):014}/21/{item}"


def incidents_of_crime(world: World, crime: Crime, incidents: Iterable[Incident]) -> list[Incident]:
    """Those incidents that any of a crime's items, lanes, rolls or markets is in: one, when nothing is told twice."""
    subjects = {item_subject(world, item) for item in crime.items.tolist()}
    if crime.dealer >= 0:
        subjects |= {str(LaneSubject(_OWNER, str(crime.dealer), str(market))) for market in crime.markets}
    if crime.scenario is Scenario.DUMPING:
        subjects |= {str(DumpingSubject(_OWNER, str(market))) for market in crime.markets}
    lots = {str(world.items.lot[item]) for item in crime.items.tolist()} if crime.scenario is Scenario.THEFT else set()
    causes = {f"lot/{_OWNER}/{Kind.EARLY}/{lot}" for lot in lots}
    return [
        incident
        for incident in incidents
        if any(member.subject in subjects or member.cause.common in causes for member in incident.members)
    ]


def _finding(world: World, alert: Alert) -> Finding:
    kind = _KIND.get(alert.kind) or Kind(alert.kind)
    probability = 0.95 if alert.probability is None else alert.probability
    subject = str(_subject(world, alert))
    return Finding(alert.kind, kind, Level.ALERT, subject, alert.detected_at, probability, (), alert.details)


def _subject(world: World, alert: Alert) -> Subject:
    subject: Subject
    match alert.subject:
        case SuspectedItem(item):
            subject = ItemSubject(item_subject(world, item))
        case SuspectedLane(dealer, market):
            subject = LaneSubject(_OWNER, str(dealer + world.sites.first_dealer), str(market))
        case SuspectedRoll(lot, number):
            subject = RollSubject(_OWNER, lot, number)
        case SuspectedDumping(market):
            subject = DumpingSubject(_OWNER, str(market))
        case SuspectedSource(source):
            subject = SourceSubject(source)
        case other:
            subject = OtherSubject(str(other))
    return subject
