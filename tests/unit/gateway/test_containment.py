"""What was in what, and for how long: any marks, in event time."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.containment import FOR_EVER, Mark, Stay, carried, stays

CASES, PALLETS = ("case-1", "case-2"), ("pallet-1", "pallet-2")
_TIMES = st.integers(1, 30)


def marks_of(item: str, containers: tuple[str, ...]) -> st.SearchStrategy[list[Mark]]:
    one = st.builds(Mark, st.just(item), _TIMES, st.sampled_from(containers), st.booleans())
    return st.lists(one, max_size=6).map(lambda marks: sorted(marks, key=lambda mark: mark.at))


def packings() -> st.SearchStrategy[dict[str, list[Mark]]]:
    """A unit in cases, and cases on pallets."""
    return st.fixed_dictionaries(
        {"unit": marks_of("unit", CASES)} | {case: marks_of(case, PALLETS) for case in CASES},
    )


def direct(packing: dict[str, list[Mark]], until: int = FOR_EVER) -> dict[str, list[Stay]]:
    return stays(mark for marks in packing.values() for mark in marks if mark.at <= until)


def inside(marks: list[Mark], moment: int) -> str | None:
    """The container at a moment, by the simplest of readings: the last mark before it."""
    last = [mark for mark in marks if mark.at < moment]
    return last[-1].container if last and last[-1].packed else None


def test_a_stay_ends_with_the_next_mark_whoever_sets_it() -> None:
    marks = [Mark("a", 1, "x", True), Mark("a", 5, "y", True), Mark("a", 7, "x", False), Mark("b", 2, "x", True)]
    assert stays(marks) == {"a": [Stay("x", 1, 5), Stay("y", 5, 7)], "b": [Stay("x", 2, FOR_EVER)]}


@given(packings(), _TIMES)
def test_what_carries_a_unit_at_a_moment_is_what_the_last_marks_say(
    packing: dict[str, list[Mark]], moment: int
) -> None:
    case = inside(packing["unit"], moment)
    pallet = inside(packing[case], moment) if case is not None else None
    among = {mark.at for marks in packing.values() for mark in marks}
    if moment not in among:  # at a mark itself both sides are included
        carrying = {stay.container for stay in carried("unit", direct(packing)) if stay.since <= moment <= stay.until}
        assert carrying == {each for each in (case, pallet) if each is not None}


@given(packings(), _TIMES)
def test_later_marks_change_nothing_before_them(packing: dict[str, list[Mark]], moment: int) -> None:
    def before(direct: dict[str, list[Stay]]) -> set[tuple[str, int]]:
        found = carried("unit", direct)
        return {(stay.container, at) for stay in found for at in range(moment) if stay.since <= at <= stay.until}

    assert before(direct(packing)) == before(direct(packing, until=moment - 1))


@given(packings(), _TIMES)
def test_what_is_wanted_after_a_moment_is_the_rest_of_the_whole(packing: dict[str, list[Mark]], after: int) -> None:
    def moments(found: list[Stay]) -> set[tuple[str, int]]:
        return {(stay.container, at) for stay in found for at in range(after + 1, 40) if stay.since <= at <= stay.until}

    assert moments(list(carried("unit", direct(packing), after))) == moments(list(carried("unit", direct(packing))))


def test_a_thing_that_is_in_itself_ends_somewhere() -> None:
    marks = [Mark("a", 1, "b", True), Mark("b", 1, "a", True)]
    assert len(list(carried("a", stays(marks)))) == 8
