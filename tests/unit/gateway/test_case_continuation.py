"""Which case an incident continues: none is lost, none is doubled, and grouping does not depend on what was before."""

from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from gateway.incident.cause import Cause
from gateway.incident.continuation import MemberKey, StoredCase, candidates, case_of, continued
from gateway.incident.grouping import DAY_US, QUIET_DAYS, Member, group
from schemas.case import State
from schemas.finding import Kind


def member(name: str, day: float, goods: str = "milk", *, leads: bool = False) -> Member:
    at = int(day * DAY_US)
    return Member(name, Kind.COPIED, "maker", Cause("dealer/a", goods, leads=leads), at, at, 0.9)


class Cases:
    """Cases as the store has them, regrouped after each change."""

    def __init__(self) -> None:
        self.standing: dict[MemberKey, Member] = {}
        self.case_of_member: dict[MemberKey, UUID] = {}
        self.cases: dict[UUID, StoredCase] = {}
        self.clock = 0

    def change(self, *joined: Member, left: tuple[str, ...] = ()) -> None:
        before = {self.case_of_member[key] for key in self.standing}
        self.standing |= {each.key: each for each in joined}
        for name in left:
            del self.standing[name, "copied"]
        incidents = group(self.standing.values())
        known = {key: self.case_of_member[key] for key in self.standing if key in self.case_of_member}
        stored = {each: self.cases[each] for each in {*known.values(), *candidates(incidents)} & self.cases.keys()}
        result = continued(incidents, known, stored)
        self.clock += 1
        for each in result:
            new = StoredCase(each.case_id, each.incident.kind, State.NEW, self.clock, 0)
            old = self.cases.get(each.case_id, new)
            state = State.NEW if old.merged else old.state
            self.cases[each.case_id] = replace(old, members=len(each.incident.members), merged=False, state=state)
            self.case_of_member |= {one.key: each.case_id for one in each.incident.members}
        merged = {gone for each in result for gone in each.merged}
        for gone in merged:
            self.cases[gone] = replace(self.cases[gone], members=0, merged=True)
        for over in before - merged - {each.case_id for each in result}:
            self.cases[over] = replace(self.cases[over], members=0)

    def decide(self, name: str, state: State) -> UUID:
        case_id = self.case(name)
        self.cases[case_id] = replace(self.cases[case_id], state=state)
        return case_id

    def case(self, name: str) -> UUID:
        return self.case_of_member[name, "copied"]

    def parts(self) -> set[frozenset[str]]:
        by_case: dict[UUID, set[str]] = {}
        for name, _ in self.standing:
            by_case.setdefault(self.case(name), set()).add(name)
        return {frozenset(names) for names in by_case.values()}


def test_a_member_that_joins_changes_nothing_for_who_works_on_the_case() -> None:
    cases = Cases()
    cases.change(member("late", 9))
    case_id = cases.decide("late", State.INVESTIGATING)
    cases.change(member("early", 1))
    assert cases.case("early") == cases.case("late") == case_id == case_of("late", "copied")


def test_two_cases_that_turn_out_to_be_one_go_on_under_the_one_that_people_got_farthest_with() -> None:
    for first, second, survivor in (
        (State.NEW, State.INVESTIGATING, "b"),
        (State.ACTIVE, State.ESCALATED, "b"),
        (State.CLOSED, State.NEW, "b"),
        (State.ACTIVE, State.ACTIVE, "a"),
    ):
        cases = Cases()
        cases.change(member("a", 0, "milk"))
        cases.change(member("b", 0, "baijiu"))
        ids = {"a": cases.decide("a", first), "b": cases.decide("b", second)}
        assert ids["a"] != ids["b"]
        cases.change(member("lane", 3, "lane", leads=True))
        assert {cases.case(name) for name in ("a", "b", "lane")} == {ids[survivor]}
        (gone,) = (each for each in ids.values() if each != ids[survivor])
        assert cases.cases[gone].merged


def test_when_what_joined_them_is_gone_each_has_its_own_case_again() -> None:
    cases = Cases()
    cases.change(member("a", 0, "milk"), member("a2", 1, "milk"))
    cases.change(member("b", 0, "baijiu"))
    before = cases.case("a"), cases.case("b")
    cases.change(member("lane", 3, "lane", leads=True))
    assert cases.case("b") == cases.case("a")
    cases.change(left=("lane",))
    assert (cases.case("a"), cases.case("b")) == before


def test_a_case_that_is_parted_evenly_goes_where_the_same_is_suspected() -> None:
    cases = Cases()
    first, second = member("a", 0, "milk"), replace(member("b", 0, "baijiu"), kind=Kind.DIVERTED)
    lane = replace(member("lane", 3, "lane", leads=True), kind=Kind.DIVERTED)
    cases.change(lane)
    cases.change(first, second)
    case_id = cases.case_of_member[lane.key]
    del cases.standing[lane.key]
    cases.change()
    assert cases.case_of_member[second.key] == case_id != cases.case_of_member[first.key]


def test_who_comes_back_finds_its_case_unless_that_went_on_elsewhere() -> None:
    cases = Cases()
    cases.change(member("a", 0))
    case_id = cases.decide("a", State.CLOSED)
    cases.change(left=("a",))
    cases.change(member("a", 0))
    assert cases.case("a") == case_id
    cases.change(member("b", QUIET_DAYS))
    cases.change(member("a", 3 * QUIET_DAYS))
    assert cases.case("b") != cases.case("a")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_and_goes_cases_are_the_groups_and_none_whose_alerts_stand_is_lost(seed: int) -> None:
    rng, cases = Random(seed), Cases()
    goods = {f"unit-{n}": ("milk", "baijiu")[n % 2] for n in range(12)}
    for _ in range(40):
        before = dict(cases.case_of_member)
        gone = tuple(name for name, _ in cases.standing if rng.random() < 0.2)
        come = [
            member(name, rng.uniform(0, 300), of)
            for name, of in goods.items()
            if name not in gone and rng.random() < 0.2
        ]
        lane = [member("lane", rng.uniform(0, 300), "lane", leads=True)] if rng.random() < 0.2 else []
        staying = set(cases.standing)
        cases.change(*come, *lane, left=gone)
        assert cases.parts() == {
            frozenset(each.subject for each in incident.members) for incident in group(cases.standing.values())
        }
        living = {case_id for case_id, case in cases.cases.items() if case.members}
        assert {cases.case(name) for name, _ in cases.standing} == living
        for key in staying & cases.standing.keys():
            assert cases.cases[before[key]].members or cases.cases[before[key]].merged
