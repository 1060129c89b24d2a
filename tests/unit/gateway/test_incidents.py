"""Which findings are one incident: those of one crime, whatever the order in which they came."""

from dataclasses import replace
from random import Random

import pytest

from gateway.incident.cause import Known
from gateway.incident.grouping import DAY_US, QUIET_DAYS, Incident, Member, group, members_of
from schemas.finding import Finding, Kind, Level
from schemas.subject import DumpingSubject, LaneSubject, ReaderSubject, RollSubject, SiteSubject, SourceSubject

MAKER, DEALER, OTHER = "huadu", "dealer-a", "dealer-b"
BAIJIU, MILK = "09521234000013", "09521234000020"
T0 = 1_780_000_000_000_000


def alert(subject: object, kind: Kind, day: float = 0, *, level: Level = Level.ALERT, **details: object) -> Finding:
    return Finding("a_rule", kind, level, str(subject), T0 + int(day * DAY_US), 0.9, (f"{subject} {day}",), details)


def unit(index: int, gtin: str = BAIJIU) -> str:
    return f"01/{gtin}/21/{index:020}"


def units(indexes: range, kind: Kind, *, start: float = 0, gtin: str = BAIJIU) -> list[Finding]:
    return [alert(unit(index, gtin), kind, start + index % 7) for index in indexes]


def sold_by(dealer: str, indexes: range, gtin: str = BAIJIU, **more: str) -> dict[str, Known]:
    return {unit(index, gtin): Known(dealer=dealer, **more) for index in indexes}


def incidents(findings: list[Finding], known: dict[str, Known] | None = None) -> list[Incident]:
    return group(members_of([(MAKER, finding) for finding in findings], known or {}))


def subjects(found: list[Incident]) -> list[set[str]]:
    return [{member.subject for member in incident.members} for incident in found]


def test_a_hundred_copied_codes_that_one_dealer_had_and_its_lane_are_one_incident() -> None:
    lanes = [
        alert(LaneSubject(MAKER, DEALER, "urumqi"), Kind.COPIED, 40, units=60),
        alert(LaneSubject(MAKER, DEALER, "harbin"), Kind.DIVERTED, 45, units=6),
    ]
    (incident,) = incidents(units(range(100), Kind.COPIED) + lanes, sold_by(DEALER, range(100)))
    assert len(incident.members) == 102
    assert (incident.leading.subject, incident.kind) == (f"lane/{MAKER}/{DEALER}/urumqi", Kind.COPIED)
    assert incident.opened_at == T0
    assert incident.weight == pytest.approx(3 * 0.9 * 100)


def test_without_a_lane_a_dealer_s_goods_are_an_incident_a_product_and_suspected_cause() -> None:
    findings = units(range(2), Kind.COPIED) + units(range(1), Kind.COPIED, gtin=MILK) + [alert(unit(9), Kind.DIVERTED)]
    findings += [alert(unit(1), Kind.ENDED, 3)]
    known = sold_by(DEALER, range(10)) | sold_by(DEALER, range(3), MILK)
    assert sorted(len(each) for each in subjects(incidents(findings, known))) == [1, 1, 2]
    lane = alert(LaneSubject(MAKER, DEALER, "urumqi"), Kind.DIVERTED)
    assert len(incidents([*findings, lane], known)) == 1


@pytest.mark.parametrize(("days", "count"), [((0, 5, 10, 20, 29), 1), ((0, 5, 10, 20, 30), 2), ((0, 5, 10, 20), 2)])
def test_five_copied_units_of_one_dealer_within_thirty_days_are_one_incident_of_whatever_products(days, count) -> None:
    found = [alert(unit(index, (BAIJIU, MILK)[index % 2]), Kind.COPIED, day) for index, day in enumerate(days)]
    known = sold_by(DEALER, range(9)) | sold_by(DEALER, range(9), MILK)
    assert len(incidents(found, known)) == count


def test_a_finding_that_names_the_dealer_needs_nobody_else_to_know_it() -> None:
    named = [alert(unit(index), Kind.COPIED, dealer=DEALER) for index in range(3)]
    (incident,) = incidents([*named, alert(LaneSubject(MAKER, DEALER, "urumqi"), Kind.COPIED)])
    assert len(incident.members) == 4


def test_goods_of_another_dealer_and_of_another_owner_are_other_incidents() -> None:
    known = sold_by(DEALER, range(5)) | sold_by(OTHER, range(5, 9))
    found = incidents(units(range(9), Kind.COPIED), known)
    assert sorted(len(each.members) for each in found) == [4, 5]
    both = [("huadu", alert(unit(1), Kind.COPIED)), ("rival", alert(unit(2), Kind.COPIED))]
    assert len(group(members_of(both, known))) == 2


def test_after_a_long_silence_it_is_another_incident_and_what_lies_between_joins_them() -> None:
    known = sold_by(DEALER, range(9))
    early, late = alert(unit(1), Kind.COPIED), alert(unit(2), Kind.COPIED, 2 * QUIET_DAYS)
    assert len(incidents([early, late], known)) == 2
    assert len(incidents([early, late, alert(unit(3), Kind.COPIED, QUIET_DAYS)], known)) == 1


def test_stolen_labels_expired_goods_and_recalled_lots_are_one_incident_each() -> None:
    lot = {unit(index): Known(lot="B2601", market="urumqi") for index in range(30)}
    stolen = [alert(RollSubject(MAKER, "B2601", 3), Kind.EARLY, 2), *units(range(9), Kind.EARLY)]
    expired = [alert(DumpingSubject(MAKER, "urumqi"), Kind.EXPIRED, 2), *units(range(10, 19), Kind.EXPIRED)]
    recalled = units(range(20, 29), Kind.RECALLED)
    assert sorted(len(each.members) for each in incidents(stolen + expired + recalled, lot)) == [9, 10, 10]


def test_made_up_codes_are_one_incident_a_product_and_day() -> None:
    codes = [alert(unit(index), Kind.FORGED, 0.01 * (index % 3)) for index in range(30)]
    found = incidents([*codes, alert(unit(40), Kind.FORGED, 1), alert(unit(41, MILK), Kind.FORGED)])
    assert sorted(len(each.members) for each in found) == [1, 1, 30]


def test_guessers_share_an_incident_and_each_reader_has_its_own() -> None:
    guesses = [alert(SourceSubject(f"phone-{n}"), Kind.FORGED, n) for n in range(9)]
    clock, repeated = (alert(ReaderSubject("depot", "gate-1"), Kind.DEVICE, n) for n in range(2))
    others = [alert(ReaderSubject("depot", "gate-2"), Kind.DEVICE), alert(SiteSubject("depot-1"), Kind.DEVICE)]
    assert sorted(len(each.members) for each in incidents([*guesses, clock, repeated, *others])) == [1, 1, 1, 9]


def test_facts_and_watches_open_no_incident() -> None:
    assert incidents([alert(unit(1), Kind.COPIED, level=level) for level in (Level.FACT, Level.WATCH)]) == []


@pytest.mark.parametrize("seed", range(20))
def test_the_same_findings_in_any_order_are_the_same_incidents_each_member_in_one(seed: int) -> None:
    rng = Random(seed)
    kinds = (Kind.COPIED, Kind.DIVERTED, Kind.ENDED, Kind.EXPIRED)
    known = {unit(n): Known(rng.choice(("", DEALER, OTHER)), rng.choice(("", "urumqi")), "B1") for n in range(40)}
    found = [alert(unit(rng.randrange(40)), rng.choice(kinds), rng.uniform(0, 400)) for _ in range(80)]
    found += [alert(LaneSubject(MAKER, DEALER, f"market-{n}"), Kind.DIVERTED, rng.uniform(0, 400)) for n in range(3)]
    first = incidents(found, known)
    shuffled = found + rng.sample(found, 10)
    rng.shuffle(shuffled)
    again = incidents(list(dict.fromkeys(shuffled)), known)
    assert [incident.members for incident in again] == [incident.members for incident in first]
    members: list[Member] = [member for incident in first for member in incident.members]
    assert len({member.key for member in members}) == len(members) == len({(each.subject, each.kind) for each in found})


@pytest.mark.parametrize("seed", range(20))
def test_members_that_stand_for_many_of_one_day_give_the_same_incidents(seed: int) -> None:
    rng = Random(seed)
    known = {unit(n): Known(DEALER) for n in range(60)}
    found = [
        alert(unit(n), rng.choice((Kind.COPIED, Kind.DIVERTED)), rng.choice((0, 3, 64, 90, 160))) for n in range(60)
    ]
    found += [alert(unit(n), Kind.COPIED, rng.uniform(0, 160)) for n in range(20)]
    found += [alert(LaneSubject(MAKER, DEALER, "urumqi"), Kind.DIVERTED, 90, units=9)] * rng.randrange(2)
    members = members_of([(MAKER, finding) for finding in found], known)
    whole, parts = group(members), group(_condensed(members))
    assert [(one.size, one.opened_at, one.leading.subject, one.kind) for one in parts] == [
        (one.size, one.opened_at, one.leading.subject, one.kind) for one in whole
    ]
    assert [one.weight for one in parts] == pytest.approx([one.weight for one in whole])


def _condensed(members: list[Member]) -> list[Member]:
    """As the store condenses them: alike ones of one day as one."""
    alike: dict[tuple[object, ...], list[Member]] = {}
    for member in members:
        day = member.first // DAY_US
        own = member.subject if member.cause.leads else None
        alike.setdefault((member.kind, member.cause, day, own), []).append(member)
    return [
        replace(
            min(some, key=lambda member: (member.first, member.subject)),
            last=max(member.last for member in some),
            units=sum(member.units for member in some),
            confidence=sum(member.confidence * member.units for member in some) / sum(one.units for one in some),
            findings=sum(member.findings for member in some),
            count=len(some),
        )
        for some in alike.values()
    ]
