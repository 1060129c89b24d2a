"""What the rules say, and above all when they keep silent."""

import json
from dataclasses import replace
from itertools import count
from math import exp, lgamma, log

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import CARDS, unit_folds
from gateway.rules.displaced_reader import displaced
from gateway.rules.fold import FirstScan, Fold, Manner
from gateway.rules.history import BatchFacts, DealerTerritories, History, Market, Sighting, Unit, bound_of, in_order
from gateway.rules.judgement import BROKEN, Concerned, Judgement, begin, proceed
from gateway.rules.territory import Heard, LaneCount, lane_excess, poisson_tail
from schemas.code import Proof
from schemas.event import Action, Audience, Event
from schemas.finding import Finding, Level
from schemas.geodesy import Position
from schemas.subject import ReaderSubject

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
SHANGHAI = Position(31.2304, 121.4737, 100)
SUZHOU = Position(31.2990, 120.5853, 100)
URUMQI = Position(43.8256, 87.6168, 100)
HOME = Market("shanghai", Position(31.2304, 121.4737, 0), 60)
FAR = Market("urumqi", Position(43.8256, 87.6168, 0), 60)
UNIT = Unit(
    "01/09521234000013/21/0123456789ABCDEFGHJK",
    "maker",
    Proof.SEALED,
    index=5,
    batch_number=1,
    batch=BatchFacts(quantity=100, expires_at=None, recalled_at=None, revoked=False, territory=()),
    commissioned_at=T0 - 90 * DAY,
)
_ids = count()


def look(hours: float, observer: str | None = "reader/a", where: Position | None = SHANGHAI, **more) -> Sighting:
    fields = {
        "event_id": f"{next(_ids):08}",
        "occurred_at": T0 + int(hours * HOUR),
        "biz_step": "inspecting",
        "action": Action.OBSERVE,
        "disposition": None,
        "audience": Audience.EDGE,
        "observer": observer,
        "read_point": None,
        "site_kind": None,
        "position": where,
        "bound": bound_of(more.pop("clock_bound_s", 2)),
    }
    return Sighting(**(fields | more))


def consumer(hours: float, handset: str = "handset/1", where: Position | None = SHANGHAI, **more) -> Sighting:
    return look(hours, handset, where, audience=Audience.CONSUMER, **more)


FOLDS = unit_folds((HOME, FAR))


def failed(rule: str, error: Exception) -> None:
    raise AssertionError(rule) from error


def fold(unit: Unit, history: History, judgement: Judgement | None = None) -> tuple[Judgement, list]:
    before = judgement or begin(FOLDS)
    states, concluded = proceed(Concerned(FOLDS, unit), unit, before.states, history, failed)
    return Judgement(states, history[-1].place_in_order if history else before.until), concluded


def judged(unit: Unit, *sightings: Sighting) -> list[tuple[str, Level]]:
    _, concluded = fold(unit, in_order(list(sightings)))
    return [(each.rule, each.level) for each in concluded if isinstance(each, Finding)]


def test_an_ordinary_life_raises_nothing() -> None:
    life = [
        look(0, site_kind="plant", biz_step="commissioning"),
        look(24, "reader/dc", SUZHOU, biz_step="receiving"),
        look(48, "reader/shop", SUZHOU, biz_step="retail_selling"),
        consumer(50, where=SUZHOU),
        consumer(2000, where=URUMQI),
    ]
    assert judged(UNIT, *life) == []


# Travel


def test_two_observers_too_far_apart_for_the_time_between_mean_two_objects() -> None:
    assert judged(UNIT, look(0), look(2, "reader/b", URUMQI)) == [("impossible_travel", Level.ALERT)]


def test_a_strangers_phone_on_either_side_makes_a_watch_and_never_an_alert() -> None:
    reader, phone = look(0), consumer(2, "handset/2", URUMQI)
    for sides, attested in (
        ((reader, phone), ["reader", "phone"]),
        ((consumer(0), look(2, "reader/b", URUMQI)), ["phone", "reader"]),
        ((consumer(0), phone), ["phone", "phone"]),
    ):
        (found,) = [each for each in fold(UNIT, in_order(list(sides)))[1] if isinstance(each, Finding)]
        assert (found.level, found.details["observed_by"]) == (Level.WATCH, attested)
        assert found.confidence < 0.5


def test_a_phone_that_slips_in_between_hides_nothing_that_two_readers_saw() -> None:
    between = [consumer(1, where=SHANGHAI), consumer(1.9, "handset/2", URUMQI)]
    alerts = [("impossible_travel", Level.ALERT)]
    assert [each for each in judged(UNIT, look(0), *between, look(2, "reader/b", URUMQI)) if each in alerts] == alerts


def test_where_a_networks_address_is_registered_contradicts_nobody() -> None:
    assert judged(UNIT, look(0), look(2, "reader/b", URUMQI, by_network=True)) == []
    assert judged(UNIT, consumer(0), consumer(2, "handset/2", URUMQI)._replace(by_network=True)) == []


def test_travel_is_judged_the_same_from_a_saved_state_as_from_the_whole_history() -> None:
    history = in_order([look(0), consumer(1), look(2, "reader/b", URUMQI), consumer(2.5, "handset/2")])
    for split in range(1, len(history)):
        first, concluded = fold(UNIT, history[:split])
        saved = Judgement(tuple(orjson.loads(orjson.dumps(first.states))), first.until)
        second, more = fold(UNIT, history[split:], saved)
        assert (concluded + more, orjson.loads(orjson.dumps(second.states))) == (
            fold(UNIT, history)[1],
            orjson.loads(orjson.dumps(fold(UNIT, history)[0].states)),
        )


@pytest.mark.parametrize(
    ("why", "second"),
    [
        ("there was time to fly", look(9, "reader/b", URUMQI)),
        ("one observer can't be in two places: its position was wrong", look(2, "reader/a", URUMQI)),
        ("nobody knows who looked", look(2, None, URUMQI)),
        ("the position is a mobile network's guess", look(2, "reader/b", replace(URUMQI, radius_m=300_000))),
        ("there is no position", look(2, "reader/b", None)),
        ("the two circles of error nearly touch", look(0.1, "reader/b", replace(SUZHOU, radius_m=40_000))),
        ("its clock may be off by half a day", look(2, "reader/b", URUMQI, clock_bound_s=43_200)),
    ],
)
def test_travel_that_errors_explain_is_no_conflict(why: str, second: Sighting) -> None:
    assert judged(UNIT, look(0), second) == [], why


def test_a_forged_code_is_not_also_called_copied() -> None:
    forged = UNIT._replace(proof=Proof.FORGED, batch=None, index=None)
    assert judged(forged, look(0), look(2, "reader/b", URUMQI)) == [
        ("forged_code", Level.FACT),
        ("forged_code", Level.ALERT),
    ]


# Proof


def test_one_damaged_read_is_a_fact_and_two_observers_make_an_alert() -> None:
    forged = UNIT._replace(proof=Proof.BAD_SIGNATURE)
    assert judged(forged, look(0), look(1)) == [("forged_code", Level.FACT)]
    assert ("forged_code", Level.ALERT) in judged(forged, look(0), look(1, "reader/b"))
    assert ("forged_code", Level.ALERT) not in judged(forged, look(0), look(1, None)), "nobody knows who looked"


def test_more_looks_at_a_forged_code_add_no_findings() -> None:
    forged = UNIT._replace(proof=Proof.FORGED)
    assert len(judged(forged, look(0), look(1, "reader/b"), look(2, "reader/c"), look(3))) == 2


@pytest.mark.parametrize(
    "unit",
    [
        UNIT._replace(batch=None),
        UNIT._replace(index=100),
        UNIT._replace(batch=replace(UNIT.batch, revoked=True)),
    ],
)
def test_a_sealed_code_of_no_registered_unit_is_watched(unit: Unit) -> None:
    assert ("unregistered_unit", Level.WATCH) in judged(unit, look(0))


# Life


def test_seen_before_commissioning_outside_the_plant_is_an_alert() -> None:
    unit = UNIT._replace(commissioned_at=T0 + 5 * HOUR)
    assert judged(unit, look(0)) == [("before_commissioning", Level.ALERT)]
    assert judged(UNIT._replace(commissioned_at=None), look(0)) == [("before_commissioning", Level.ALERT)]
    assert judged(unit, look(0, site_kind="plant")) == []
    assert judged(unit, look(5)) == []
    assert judged(unit, look(4.99)) == [], "within the clock's error"


def test_a_label_that_is_tried_at_the_owners_plant_is_not_stolen() -> None:
    unit = UNIT._replace(commissioned_at=None)
    folds = unit_folds((), {"maker": (SHANGHAI,), "rival": (URUMQI,)})

    def early(*sightings: Sighting) -> int:
        _, found = proceed(Concerned(folds, unit), unit, begin(folds).states, in_order(list(sightings)), failed)
        return len([each for each in found if isinstance(each, Finding) and each.rule == "before_commissioning"])

    tried = consumer(0)
    assert early(tried) == 0
    assert early(tried, consumer(5, "handset/2", SUZHOU)) == 1, "and later outside of it"
    assert early(consumer(0, where=URUMQI)) == 1, "another's plant"
    assert early(consumer(0, where=replace(SHANGHAI, radius_m=9_000))) == 1, "somewhere in the city"
    assert early(tried._replace(by_network=True)) == 1, "its network's place is not its own"
    assert early(consumer(0, where=None)) == 1


def test_seen_after_its_destruction_is_an_alert() -> None:
    assert judged(UNIT, look(0, biz_step="destroying"), look(5)) == [("after_end", Level.ALERT)]
    assert judged(UNIT, look(0, biz_step="destroying"), look(0.01)) == [], "within the clocks' errors"
    assert judged(UNIT, look(0, biz_step="destroying"), look(1, biz_step="decommissioning")) == []


def test_sold_twice_is_an_alert_unless_it_came_back_or_the_till_stuttered() -> None:
    def sale(hours: float, shop: str) -> Sighting:
        return look(hours, shop, None, biz_step="retail_selling", read_point=shop)

    assert judged(UNIT, sale(0, "shop-1"), sale(50, "shop-2")) == [("second_sale", Level.ALERT)]
    assert judged(UNIT, sale(0, "shop-1"), sale(0.1, "shop-1")) == []
    returned = look(20, "shop-1", None, biz_step="receiving", disposition="returned")
    assert judged(UNIT, sale(0, "shop-1"), returned, sale(50, "shop-2")) == []


@pytest.mark.parametrize(
    ("rule", "batch"), [("recalled_seen", {"recalled_at": T0}), ("expired_seen", {"expires_at": T0})]
)
def test_after_recall_or_expiry_a_look_is_a_fact_and_a_sale_an_alert(rule: str, batch: dict) -> None:
    unit = UNIT._replace(batch=replace(UNIT.batch, **batch))
    assert judged(unit, consumer(48)) == [(rule, Level.FACT)]
    assert judged(unit, look(48, biz_step="retail_selling")) == [(rule, Level.ALERT)]
    assert judged(unit, consumer(-48)) == []


# What contains it, what comes back


CASE = "00/395212340000000011"


def carried(hours: float, where: Position | None, **more) -> Sighting:
    """Seen as the content of its case."""
    return look(hours, "reader/case", where, via=CASE, **more)


def test_a_unit_by_itself_far_from_where_its_case_was_and_was_again_is_watched() -> None:
    there_and_back = [carried(0, SHANGHAI), look(30, "reader/b", URUMQI), carried(60, SUZHOU)]
    assert judged(UNIT, *there_and_back) == [("aggregation_break", Level.WATCH)]
    by_phone = [carried(0, SHANGHAI), consumer(30, where=URUMQI), carried(60, SUZHOU)]
    assert judged(UNIT, *by_phone) == [("aggregation_break", Level.WATCH)]


@pytest.mark.parametrize(
    ("why", "story"),
    [
        (
            "it was unpacked",
            [carried(20, SHANGHAI, action=Action.DELETE), look(30, "reader/b", URUMQI), carried(60, SUZHOU)],
        ),
        ("its case was not seen again", [look(30, "reader/b", URUMQI)]),
        ("its case went where it was", [look(30, "reader/b", URUMQI), carried(60, URUMQI)]),
        ("it was near its case", [look(30, "reader/b", replace(SHANGHAI, radius_m=9_000)), carried(60, SUZHOU)]),
        ("nobody knows where it was", [look(30, "reader/b", None), carried(60, SUZHOU)]),
        (
            "a phone's network is not its place",
            [consumer(30, where=URUMQI)._replace(by_network=True), carried(60, SUZHOU)],
        ),
        ("another case was seen", [look(30, "reader/b", URUMQI), carried(60, SUZHOU)._replace(via="00/other")]),
        ("clocks may be off", [look(30, "reader/b", URUMQI, clock_bound_s=43_200 * 3), carried(60, SUZHOU)]),
    ],
)
def test_a_unit_that_may_have_left_its_case_is_no_break(why: str, story: list[Sighting]) -> None:
    assert judged(UNIT, carried(0, SHANGHAI), *story) == [], why


def till(hours: float, observer: str = "shop/till") -> Sighting:
    return look(hours, observer, None, biz_step="retail_selling", read_point="shop")


def test_a_return_that_is_late_or_anothers_is_watched_and_an_ordinary_one_is_not() -> None:
    def returned(hours: float, observer: str = "shop/counter") -> Sighting:
        return look(hours, observer, None, biz_step="accepting", disposition="returned", read_point="shop")

    assert judged(UNIT, till(0), returned(9 * 24)) == []
    assert judged(UNIT, till(0), returned(11 * 24)) == [("late_return", Level.WATCH)]
    assert judged(UNIT, till(0), returned(24, "depot/gate")) == [("late_return", Level.WATCH)]
    assert judged(UNIT, returned(24)) == [], "it was never sold"
    assert judged(UNIT, till(0), returned(24), returned(30 * 24, "depot/gate")) == [], "one return of one sale"


def received(hours: float, read_point: str = "depot") -> Sighting:
    return look(hours, "depot/gate", None, biz_step="receiving", read_point=read_point)


def test_received_twice_with_nothing_between_is_watched() -> None:
    assert judged(UNIT, received(0), received(72)) == [("received_twice", Level.WATCH)]
    assert judged(UNIT, received(0), look(40, "depot/shelf", None, read_point="depot"), received(72)) == [
        ("received_twice", Level.WATCH)
    ]


@pytest.mark.parametrize(
    "between",
    [
        look(40, "depot/gate", None, biz_step="shipping", read_point="depot"),
        look(40, "shop/shelf", None, read_point="shop"),
        look(40, "depot/till", None, biz_step="retail_selling", read_point="depot"),
        look(40, "reader/case", None, via=CASE),
        received(40, "shop"),
    ],
)
def test_what_left_a_place_may_be_received_there_again(between: Sighting) -> None:
    assert not [rule for rule, _ in judged(UNIT, received(0), between, received(72)) if rule == "received_twice"]
    assert judged(UNIT, received(0), received(20)) == [], "counted again within a day"


def test_a_reader_far_from_the_site_that_it_names_is_told_once_a_day_and_no_goods_are_accused() -> None:
    def event(hours: float, where: Position | None, read_point: str | None = "shop", **more) -> Event:
        return Event(
            "/" + UNIT.item_id, T0 + int(hours * HOUR), "inspecting", read_point=read_point, position=where, **more
        )

    sites = {"shop": SHANGHAI}
    subject = ReaderSubject("maker", "line-1")
    told = list(displaced(subject, [event(0, SHANGHAI), event(1, URUMQI), event(2, URUMQI), event(25, URUMQI)], sites))
    assert [(each.level, each.subject, each.details["km"]) for each in told] == [
        (Level.WATCH, "reader/maker/line-1", 3250)
    ] * 2
    assert len({each.occurred_at for each in told}) == 2
    quiet = [
        event(0, replace(SUZHOU, radius_m=60_000)),
        event(0, None),
        event(0, URUMQI, None),
        event(0, URUMQI, "elsewhere"),
        event(0, URUMQI, audience=Audience.CONSUMER),
    ]
    assert list(displaced(subject, quiet, sites)) == []


# Territory


def dealt(*sightings: Sighting) -> History:
    return in_order([look(-40, "reader/d", SHANGHAI, site_kind="dealer", read_point="dealer-1"), *sightings])


def scanned(unit: Unit, *sightings: Sighting) -> FirstScan | None:
    _, concluded = fold(unit, dealt(*sightings))
    return next((each for each in concluded if isinstance(each, FirstScan)), None)


AT_HOME = UNIT._replace(batch=replace(UNIT.batch, territory=(HOME,)))


def test_off_territory_is_a_silent_hint_about_the_first_scan_only() -> None:
    scans = [consumer(0, where=URUMQI), consumer(50, "handset/2")]
    scan = scanned(AT_HOME, *scans)
    assert (scan.dealer_id, scan.market_id, scan.off_territory) == ("dealer-1", "urumqi", True)
    assert judged(AT_HOME, *dealt(*scans)) == [("off_territory", Level.WATCH)]


@pytest.mark.parametrize("where", [SHANGHAI, SUZHOU, replace(URUMQI, radius_m=300_000), None])
def test_a_scan_at_home_nearby_or_without_a_usable_place_is_not_off_territory(where: Position | None) -> None:
    scan = scanned(AT_HOME, consumer(0, where=where))
    assert scan is None or not scan.off_territory


def test_a_dealers_contract_is_the_territory_of_a_batch_that_has_none() -> None:
    contracts = DealerTerritories({"dealer-1": (HOME,), "dealer-2": ()}, "digest")
    anywhere, elsewhere = (replace(UNIT.batch, territory=own, dealers=contracts) for own in ((), (FAR,)))
    assert scanned(UNIT._replace(batch=anywhere), consumer(0, where=URUMQI)).off_territory
    assert not scanned(UNIT._replace(batch=anywhere), consumer(0, where=SHANGHAI)).off_territory
    assert not scanned(UNIT._replace(batch=elsewhere), consumer(0, where=URUMQI)).off_territory, (
        "the batch's own counts"
    )
    other = replace(anywhere, dealers=DealerTerritories({"dealer-2": (HOME,)}, "other"))
    assert not scanned(UNIT._replace(batch=other), consumer(0, where=URUMQI)).off_territory


def test_a_batch_without_territory_may_go_anywhere() -> None:
    assert not scanned(UNIT, consumer(0, where=URUMQI)).off_territory


def test_a_scan_before_any_dealer_belongs_to_no_lane_and_neither_do_later_ones() -> None:
    _, concluded = fold(AT_HOME, in_order([consumer(-50, where=URUMQI), *dealt(consumer(0, where=URUMQI))]))
    assert not [each for each in concluded if isinstance(each, FirstScan)]


@pytest.mark.parametrize(
    ("scans", "off", "alert"),
    [
        (60, 40, True),
        (1000, 55, False),
        (1000, 170, False),
        (1000, 181, True),
        (7, 7, False),
        (8, 8, True),
        (200, 8, False),
    ],
)
def test_a_lane_is_accused_by_number_ratio_and_chance_together(scans: int, off: int, alert: bool) -> None:
    heard = [Heard(voice, 20_000 + 2 * (voice % 3), 1) for voice in range(off)]
    found = list(lane_excess("maker", "dealer-1", scans, (LaneCount("urumqi", off, T0, heard),)))
    assert bool(found) == alert
    if found:
        assert (found[0].subject, found[0].level) == ("lane/maker/dealer-1/urumqi", Level.ALERT)


@pytest.mark.parametrize(
    ("networks", "days", "each", "level"),
    [
        (1, 5, 40, Level.WATCH),
        (3, 5, 4, Level.WATCH),
        (8, 1, 1, Level.WATCH),
        (8, 2, 1, Level.WATCH),  # two days in a row are one night's work
        (4, 3, 2, Level.ALERT),
        (2, 3, 20, Level.WATCH),  # of each network three count
    ],
)
def test_strangers_of_few_networks_or_days_accuse_no_dealer(networks: int, days: int, each: int, level: Level) -> None:
    heard = [Heard(voice, 20_000 + voice % days, each) for voice in range(networks)]
    scans = networks * each
    (found,) = lane_excess("maker", "dealer-1", scans, (LaneCount("urumqi", scans, T0, heard),))
    assert found.level is level


def test_scans_of_which_no_network_is_kept_are_one_stranger() -> None:
    heard = [Heard(None, 20_000 + day, 4) for day in range(9)]
    (found,) = lane_excess("maker", "dealer-1", 40, (LaneCount("urumqi", 36, T0, heard),))
    assert (found.level, found.details["networks"]) == (Level.WATCH, 1)


def test_a_network_is_one_voice_in_a_lane_and_another_in_the_next() -> None:
    one, again, other = (consumer(0, where=URUMQI, network=name) for name in ("a", "a", "b"))
    assert scanned(AT_HOME, one).voice == scanned(AT_HOME, again).voice != scanned(AT_HOME, other).voice
    assert scanned(AT_HOME, consumer(0, where=SHANGHAI, network="a")).voice != scanned(AT_HOME, one).voice


@given(st.integers(1, 200), st.floats(0.01, 150))
def test_the_poisson_tail_is_the_sum_that_it_stands_for(least: int, mean: float) -> None:
    below = sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(least))
    assert poisson_tail(least, mean) == pytest.approx(1 - below, abs=1e-9)


# Whatever the history


def sightings() -> st.SearchStrategy[Sighting]:
    places = st.sampled_from([SHANGHAI, SUZHOU, URUMQI, replace(URUMQI, radius_m=300_000), None])
    steps = st.sampled_from(["inspecting", "receiving", "shipping", "retail_selling", "destroying", "commissioning"])
    return st.builds(
        look,
        st.floats(-500, 500),
        st.sampled_from(["reader/a", "reader/b", "handset/1", None]),
        places,
        biz_step=steps,
        audience=st.sampled_from(list(Audience)),
        site_kind=st.sampled_from([None, "plant", "dealer"]),
        read_point=st.sampled_from([None, "shop-1", "shop-2"]),
    )


def units() -> st.SearchStrategy[Unit]:
    times = st.one_of(st.none(), st.integers(T0 - 400 * HOUR, T0 + 400 * HOUR))
    batches = st.builds(
        BatchFacts,
        quantity=st.sampled_from([1, 100]),
        expires_at=times,
        recalled_at=times,
        revoked=st.booleans(),
        territory=st.sampled_from([(), (HOME,)]),
    )
    return st.builds(
        Unit,
        st.just(UNIT.item_id),
        st.just("maker"),
        st.sampled_from(list(Proof)),
        index=st.sampled_from([None, 5]),
        batch_number=st.just(1),
        batch=st.one_of(st.none(), batches),
        commissioned_at=times,
    )


def fingerprints(concluded: list) -> list:
    return [each.finding_id if isinstance(each, Finding) else each for each in concluded]


@given(units(), st.lists(sightings(), max_size=12), st.randoms(use_true_random=False))
def test_findings_do_not_depend_on_the_order_of_arrival(unit, seen, shuffler) -> None:
    shuffled = seen.copy()
    shuffler.shuffle(shuffled)
    assert fold(unit, in_order(shuffled)) == fold(unit, in_order(seen))


@given(units(), st.lists(sightings(), max_size=12), st.integers(0, 12))
def test_going_on_from_what_was_kept_gives_what_folding_anew_gives(unit, seen, cut) -> None:
    """The state is kept as JSON between: what comes back must mean the same."""
    history = in_order(seen)
    whole, concluded = fold(unit, history)
    before, first = fold(unit, history[:cut])
    kept = Judgement(tuple(json.loads(json.dumps(before.states))), before.until)
    after, rest = fold(unit, history[cut:], kept)
    assert fingerprints(first + rest) == fingerprints(concluded)
    assert json.dumps(after.states) == json.dumps(whole.states)
    assert after.until == whole.until


@given(units(), sightings())
def test_a_fold_that_sleeps_or_has_ended_would_have_done_nothing(unit, seen) -> None:
    manner = Manner(seen.biz_step, seen.action, seen.audience, seen.site_kind, seen.via is not None)
    for each in FOLDS:
        if each.concerns(unit) and not each.wakes(manner):
            assert each.step(unit, None, seen) == (None, ()), each.card.name
        if each.concerns(unit) and each.final:
            assert each.step(unit, True, seen) == (True, ()), each.card.name


@given(units(), st.lists(sightings(), max_size=12))
def test_every_conclusion_is_named_once_and_rests_on_events_that_happened(unit, seen) -> None:
    history = in_order(seen)
    found = [each for each in fold(unit, history)[1] if isinstance(each, Finding)]
    assert len({finding.finding_id for finding in found}) == len(found)
    known = {sighting.event_id for sighting in history}
    for finding in found:
        assert set(finding.events) <= known
        assert 0 < finding.confidence <= 1
        json.dumps(finding.evidence())


def test_a_rule_that_raises_is_reported_once_and_spares_the_others() -> None:
    class Broken(Fold):
        card = FOLDS[0].card

        def concerns(self, *_: object) -> bool:
            return True

        def step(self, *_: object):
            raise ZeroDivisionError

    folds, said = (Broken(), *FOLDS[1:]), []
    history = in_order([look(0), look(2, "reader/b", URUMQI)])
    states, found = proceed(
        Concerned(folds, UNIT), UNIT, begin(folds).states, history, lambda rule, error: said.append((rule, type(error)))
    )
    assert said == [(FOLDS[0].card.name, ZeroDivisionError)]
    assert [finding.rule for finding in found] == ["impossible_travel"]
    assert states[0] == BROKEN


def test_every_rule_has_a_card_of_its_own() -> None:
    assert len({card.name for card in CARDS}) == len(CARDS)
    assert all(card.about.endswith(".") and card.innocent_causes for card in CARDS)
