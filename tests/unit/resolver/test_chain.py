from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from resolver.verdict.chain import GapKind, build_chain
from tests.support.samples import (
    CENTRE,
    DEALER,
    JOURNEY,
    MAKER,
    PALLET,
    PLANT,
    SHOP,
    STORE,
    event_id,
    look,
    row,
)

MADE = JOURNEY[0]


def kinds(*rows):
    return [gap.kind for gap in build_chain(rows).gaps]


def test_a_whole_way_is_told_in_event_order_and_has_no_gap():
    chain = build_chain(reversed(JOURNEY))
    assert [step.biz_step for step in chain.steps] == [each.biz_step for each in JOURNEY]
    assert chain.gaps == ()
    assert chain.steps[0].who == MAKER
    assert chain.steps[-1].who == DEALER


def test_steps_of_the_container_say_so():
    vias = {step.biz_step: step.via for step in build_chain(JOURNEY[:4]).steps}
    assert vias == {"commissioning": None, "packing": PALLET, "shipping": PALLET, "receiving": PALLET}


@given(st.permutations([*JOURNEY, look("a", 900), look("b", 40, 30.1, 114.0), MADE]))
def test_the_order_of_arrival_and_repeats_change_nothing(rows):
    assert build_chain(rows) == build_chain([*JOURNEY, look("b", 40, 30.1, 114.0), look("a", 900)])


def test_one_event_reached_by_two_containers_is_one_step():
    packed = row("packed", 2, "packing", PLANT)
    rows = [packed, replace(packed, via=PALLET), replace(packed, via="00/095212340000000020")]
    assert [step.via for step in build_chain(rows).steps] == [None]


def test_events_of_one_instant_stand_in_the_order_of_a_life():
    rows = [row("c", 0, "shipping", PLANT), row("b", 0, "packing", PLANT), row("a", 0, "commissioning", PLANT)]
    assert [step.biz_step for step in build_chain(rows).steps] == ["commissioning", "packing", "shipping"]


def test_a_unit_that_was_sent_and_not_seen_since_is_on_its_way():
    chain = build_chain([MADE, row("s", 5, "shipping", PLANT)])
    assert [gap.kind for gap in chain.gaps] == [GapKind.IN_TRANSIT]
    assert chain.unexplained == ()


def test_a_unit_that_was_sent_and_that_a_consumer_has_was_never_received():
    chain = build_chain([MADE, row("s", 5, "shipping", PLANT), look("l", 90)])
    (gap,) = chain.unexplained
    assert (gap.kind, gap.after.event_id, gap.until) == (
        GapKind.NOT_RECEIVED,
        event_id("s"),
        chain.scans[0].occurred_at,
    )


def test_sent_and_sent_on_from_elsewhere_lacks_a_receipt():
    rows = MADE, row("s", 5, "shipping", PLANT), row("t", 9, "shipping", CENTRE), row("r", 12, "receiving", SHOP)
    assert kinds(*rows) == [GapKind.NOT_RECEIVED]


def test_received_without_being_sent_lacks_a_dispatch():
    assert kinds(MADE, row("r", 9, "receiving", CENTRE)) == [GapKind.NOT_SENT]


def test_sold_somewhere_else_without_a_word_is_an_unrecorded_move():
    assert kinds(MADE, row("x", 9, "retail_selling", STORE)) == [GapKind.UNRECORDED_MOVE]


def test_a_way_that_begins_in_the_middle_lacks_its_origin():
    assert kinds(row("r", 9, "receiving", CENTRE)) == [GapKind.NO_ORIGIN]


def test_departing_after_shipping_and_reads_on_the_road_are_no_gaps():
    rows = (
        MADE,
        row("s", 5, "shipping", PLANT),
        row("d", 6, "departing", PLANT),
        row("t", 8, "transporting", CENTRE),
        row("r", 12, "receiving", SHOP),
    )
    assert kinds(*rows) == []


def test_an_inspection_anywhere_says_nothing_of_custody():
    check = row("i", 3, "inspecting", STORE, audience="inspector")
    chain = build_chain([MADE, check, row("s", 5, "shipping", PLANT)])
    assert len(chain.steps) == 3
    assert [gap.kind for gap in chain.gaps] == [GapKind.IN_TRANSIT]


def test_a_place_that_nobody_registered_still_counts_as_a_place():
    rows = MADE, row("r", 9, "receiving", None, read_point="gate-9", reader_org="dealer-09")
    chain = build_chain(rows)
    assert [gap.kind for gap in chain.gaps] == [GapKind.NOT_SENT]
    assert (chain.steps[1].who, chain.steps[1].org_id) == (None, "dealer-09")


def test_consumers_are_counted_and_their_places_are_not_published():
    document = build_chain([*JOURNEY, look("l", 900, 30.51234, 114.36789), look("m", 950)]).to_json("zh")
    assert document["consumer_scans"] == {
        "count": 2,
        "first_at": "2026-10-08T12:30:00+00:00",
        "last_at": "2026-10-10T14:30:00+00:00",
        "signature": {"status": "unsigned"},
    }
    assert "30.51" not in str(document)
    assert document["steps"][0]["organisation"] == "花都酒业"
    assert document["steps"][0]["biz_step_name"] == "赋码启用"


def test_nothing_recorded_is_an_empty_chain():
    assert build_chain([]).to_json()["steps"] == []
