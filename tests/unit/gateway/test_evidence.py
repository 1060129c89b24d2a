"""Evidence: order plays no part, what is innocent stays silent, and the numbers are those of the papers."""

from math import exp, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.calibration import conformal_threshold, guilty_shares
from gateway.evidence.clone_share import clone_share, copies_per_code, detectable_share
from gateway.evidence.clusters import Attempt, ExpiredScan, dumped, guessing, ring_excess, rolls
from gateway.evidence.features import Fix, State, read
from gateway.evidence.item import MAX_HANDSETS, InnerCode, ItemEvidence, Mark, Scan
from gateway.evidence.lanes import (
    Lane,
    LaneCounts,
    Members,
    PageHinkley,
    benjamini_hochberg,
    diverting,
    excesses,
    negative_binomial_tail,
)
from gateway.evidence.leak_source import Node, Suspect, imputed_path, locate, next_inspection
from gateway.evidence.model import dump_model, fitted_model, parse_model
from gateway.evidence.reader_clocks import SECOND_US
from gateway.evidence.transit import Mode, Transit, t_below, t_quantile
from gateway.evidence.weighing import Cause, Context, weigh

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
SHANGHAI, SUZHOU, URUMQI = (31.23, 121.47), (31.30, 120.59), (43.83, 87.62)
SHOP = Mark(T0, "s1", "shop", "receiving", *SHANGHAI)
SALE = Mark(T0 + 10 * DAY, "s1", "shop", "retail_selling", *SHANGHAI)


def scan(days: float, handset: str, where=SHANGHAI, radius=0.1, **more) -> Scan:
    return Scan(T0 + int(days * DAY), handset, *where, radius, **more)


def score(scans, marks=(SHOP, SALE), **context) -> float:
    """What the evidence claims, before strangers are bounded (test_strangers.py)."""
    weight = weigh(read(ItemEvidence().seen(scans, marks)), fitted_model(), Context(**context))
    return sum(term.log_odds for term in weight.terms[Cause.COPIED] if term.name != "strangers")


looks_of_all_kinds = st.lists(
    st.builds(
        scan,
        st.floats(0, 90),
        st.sampled_from("abcdefgh"),
        st.sampled_from([SHANGHAI, SUZHOU, URUMQI]),
        st.sampled_from([0.1, 25.0, 300.0, 1e9]),
        opened=st.booleans(),
        inner=st.sampled_from(list(InnerCode)),
    ),
    max_size=12,
)


@given(looks_of_all_kinds, st.randoms(use_true_random=False), st.integers(0, 12))
def test_the_order_of_arrival_and_doubles_change_nothing(scans, rng, cut):
    whole = ItemEvidence().seen(scans, (SHOP, SALE))
    mixed = [*scans, *scans[:3]]
    rng.shuffle(mixed)
    a, b = ItemEvidence().seen(mixed[:cut], (SALE,)), ItemEvidence().seen(mixed[cut:], (SHOP,))
    assert a.merged(b) == b.merged(a) == whole
    assert weigh(read(a.merged(b)), fitted_model(), Context()) == weigh(read(whole), fitted_model(), Context())


@given(looks_of_all_kinds)
def test_a_posterior_over_causes_adds_up_to_one(scans):
    weight = weigh(read(ItemEvidence().seen(scans, (SHOP,))), fitted_model(), Context(faulty=0.5))
    posterior = weight.posterior()
    assert set(posterior) == set(Cause)
    assert isclose(sum(posterior.values()), 1)
    assert all(0 <= share <= 1 for share in posterior.values())


def test_a_thousand_handsets_take_no_more_room_than_a_few():
    many = [scan(day, f"phone{day}") for day in range(1000)]
    kept = ItemEvidence().seen(many)
    assert len(kept.scans) == MAX_HANDSETS
    assert kept == ItemEvidence().seen(many[500:]).merged(ItemEvidence().seen(many[:500]))


def test_a_buyer_at_home_with_the_family_accuses_nobody():
    assert score([scan(11, "buyer"), scan(11.1, "spouse"), scan(15, "buyer")]) < 0


def test_a_further_household_at_the_other_end_of_the_country_speaks_for_copies():
    assert score([scan(11, "home")]) < 0 < score([scan(11, "home"), scan(30, "far", URUMQI)])


def test_a_rough_position_says_less_than_a_fine_one():
    assert score([scan(11, "far", URUMQI, 300.0)]) < score([scan(11, "far", URUMQI)])


def test_a_look_far_away_before_the_sale_is_strong_evidence_and_in_the_shop_none():
    assert score([scan(5, "far", URUMQI)]) > 4
    assert score([scan(5, "shopkeeper")]) < 1


def test_a_photo_that_goes_round_is_not_counted_as_goods():
    everywhere = [(31 + number % 7, 100 + number) for number in range(12)]
    viral = [scan(20 + number / 50, f"p{number}", where) for number, where in enumerate(everywhere)]
    assert read(ItemEvidence().seen(viral, (SHOP, SALE))).burst
    assert score(viral) == 0


def test_a_festival_on_which_everyone_travels_weakens_distance():
    far = [scan(11, "far", URUMQI)]
    assert isclose(score(far) - score(far, travel=4.0), log(4), rel_tol=1e-6)


def test_a_lane_that_stands_out_raises_its_members():
    far = [scan(11, "far", URUMQI)]
    assert isclose(score(far, pooled={"far": 1.0}), score(far) + 1)


def test_a_phone_that_scans_many_codes_is_left_out():
    evidence = ItemEvidence().seen([scan(5, "checker", URUMQI)], (SHOP,))
    assert read(evidence, frozenset({"checker"})).places == ()


def test_places_know_what_became_of_the_item():
    evidence = ItemEvidence().seen([scan(-1, "a"), scan(5, "b"), scan(11, "c", radius=25.0)], (SHOP, SALE))
    states = [place.state for place in read(evidence).places]
    assert states == [State.NOWHERE, State.BEFORE, State.SOLD]
    assert read(evidence).places[2].fix is Fix.MIDDLE


def test_the_model_survives_being_written_and_says_where_it_comes_from():
    model = fitted_model()
    again = parse_model(dump_model(model))
    assert dump_model(again) == dump_model(model)
    assert model.provenance["worlds"] == "0-9"
    with pytest.raises(ValueError, match="no evidence model"):
        parse_model('{"place": {}}')


# -- lanes


def country(extra=()) -> LaneCounts:
    scans = [400] * 12
    km = [[abs(a - m) * 300.0 for m in range(12)] for a in range(12)]
    observed = {Lane(a, m): 1 + (a + m) % 2 for a in range(12) for m in range(12) if a != m}
    return LaneCounts(scans, observed | dict(extra), km)


def test_a_country_of_travellers_has_no_lane_that_stands_out():
    assert excesses(country(), 5.0) == ()


def test_two_lanes_of_one_dealer_stand_out_alone():
    found = excesses(country([(Lane(3, 9), 40), (Lane(3, 1), 31)]), 5.0)
    assert [each.lane for each in found] == [Lane(3, 1), Lane(3, 9)]
    assert all(each.expected < 5 for each in found)


def test_when_everybody_travels_three_times_as_much_nobody_stands_out():
    base = country()
    tripled = LaneCounts(base.scans, {lane: 3 * number for lane, number in base.observed.items()}, base.km)
    assert excesses(tripled, 5.0) == ()


@given(st.integers(0, 60), st.floats(0.01, 40), st.floats(0.5, 50))
def test_a_negative_binomial_tail_falls_and_is_a_probability(minimum, mean, dispersion):
    tail = negative_binomial_tail(minimum, mean, dispersion)
    assert 0 <= tail <= 1
    assert negative_binomial_tail(minimum + 1, mean, dispersion) <= tail


def test_a_negative_binomial_tail_is_that_of_the_geometric_where_it_must_be():
    # With dispersion 1 it is geometric: P(X >= k) = (m / (1 + m)) ** k.
    assert isclose(negative_binomial_tail(7, 2.0, 1.0), (2 / 3) ** 7, rel_tol=1e-9)


def test_benjamini_and_hochberg_find_what_their_paper_finds():
    # Table 1 of the paper of 1995: 15 tests, four of which pass at 0.05.
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    assert sum(benjamini_hochberg(p, 0.05, 15)) == 4


def test_whole_cases_that_are_gone_from_home_are_diverted_and_busy_codes_are_copied():
    assert diverting(Members(codes=24, handsets=25, sold_at_home=0, cases=2))
    assert not diverting(Members(codes=24, handsets=60, sold_at_home=18, cases=23))
    assert not diverting(Members(codes=15, handsets=24, sold_at_home=14, cases=1)), "one case was copied"


def test_a_share_that_rises_for_good_sets_off_the_drift_alarm_and_noise_does_not():
    steady = rising = PageHinkley()
    for day in range(60):
        steady = steady.seen(0.06 + 0.01 * (day % 2))
        rising = rising.seen(0.06 if day < 30 else 0.18)
    assert rising.drifting
    assert not steady.drifting


# -- batches, transit, thresholds


def test_a_clone_share_corrects_for_what_the_test_misses_and_accuses():
    share = clone_share(30, 1000, sensitivity=0.8, specificity=0.99)
    assert isclose(share.share, (0.03 - 0.01) / 0.79)
    assert share.low < share.share < share.high
    nothing = clone_share(0, 1000, sensitivity=0.8, specificity=0.9998)
    assert nothing.share == nothing.low == 0
    assert 0 < nothing.detectable < 0.02
    with pytest.raises(ValueError, match="chance"):
        clone_share(1, 10, 0.4, 0.5)


def test_more_scans_detect_smaller_shares():
    assert detectable_share(5000, 0.8, 0.9995) < detectable_share(500, 0.8, 0.9995)


def test_copies_are_counted_though_unseen_codes_are_not():
    # Poisson of mean 2, truncated: the mean of what is seen is 2 / (1 - e^-2) = 2.313.
    seen = [1] * 313 + [2] * 313 + [3] * 209 + [4] * 104 + [5] * 42 + [6] * 14 + [7] * 5
    assert copies_per_code(seen, 0.1) == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize(("value", "degrees", "below"), [(1.0, 1.0, 0.75), (2.353, 3.0, 0.95), (-12.706, 1.0, 0.025)])
def test_student_s_t_is_that_of_the_tables(value, degrees, below):
    assert t_below(value, degrees) == pytest.approx(below, abs=2e-5)
    assert t_quantile(below, degrees) == pytest.approx(value, rel=1e-3)


def test_a_lane_learns_its_own_time_slowly_and_forgives_a_lost_pallet():
    lane = Transit(Mode.ROAD, usual=log(24))
    for day in range(60):
        lane = lane.seen(30 + day % 3, day)
    assert 27 < exp(lane.location) < 31
    again = lane.seen(2000, 61)
    assert exp(again.location) < exp(lane.location) * 1.06
    assert lane.early(4) < 0.02 < lane.early(29)
    assert lane.too_fast_h(minimum=6) >= 6
    assert lane.too_slow_h() > 60


def test_a_threshold_for_the_budget_is_found_though_one_item_in_a_hundred_is_criminal():
    honest = [-log((number + 0.5) / 20_000) for number in range(20_000)]  # exponential scores
    assert sum(value > conformal_threshold(honest, 5e-4) for value in honest) == pytest.approx(10, abs=3)
    # The criminals take up room at the top, so that the limit rises: too high is the safe side.
    limit = conformal_threshold([*honest, *[40.0] * 100], 5e-4)
    assert sum(value > limit for value in honest) <= 10
    assert limit < 12


def test_what_a_score_means_depends_on_how_much_crime_there_is():
    tail = [(1.0, 9.0), (5.0, 7.0), (50.0, 4.0)]
    clean = guilty_shares([9.5, 9.1, 7.5, *[4.5] * 45], 10_000, tail)
    dirty = guilty_shares([*[9.5] * 60, 7.5, *[4.5] * 45], 10_000, tail)
    assert clean[0] < 0.5
    assert dirty[0] > 0.95
    assert dirty[-1] < 0.1


# -- clusters


def test_three_codes_of_one_roll_name_the_roll():
    found = rolls([("L1", 5000), ("L1", 5400), ("L1", 6100), ("L1", 90_000), ("L2", 5100)])
    assert [(roll.lot, roll.first, roll.last, roll.surfaced) for roll in found] == [("L1", 5000, 6100, 3)]


def test_old_goods_in_one_market_are_dumped_and_old_goods_everywhere_are_kept_too_long():
    shares = {str(market): 0.05 for market in range(20)}
    dump = [ExpiredScan(100 + number, "7", "L1", f"d{number}", f"buyer-{number}") for number in range(12)]
    kept = [ExpiredScan(100 + number, str(number % 20), "L1", f"k{number}", f"v{number}") for number in range(20)]
    assert [each.market for each in dumped([*dump, *kept[:4]], shares)] == ["7"]
    assert dumped(kept, shares) == []
    collected = [scan._replace(voice=f"collector-{number % 2}") for number, scan in enumerate(dump)]
    assert dumped([*collected, *kept[:4]], shares) == [], "one or two who kept a case too long dump nothing"


def test_a_ring_needs_three():
    assert ring_excess(2, 100, 0.001) == 0
    assert ring_excess(3, 100, 0.001) > 2


def test_a_guesser_is_stopped_and_a_scratched_label_is_not():
    guesser = [Attempt(T0 + number * SECOND_US, known=False) for number in range(100)]
    assert guessing(guesser) == 9
    scratched = [Attempt(T0 + number * SECOND_US, known=number > 5) for number in range(8)]
    carrier = [Attempt(T0 + number * 60 * SECOND_US, known=number % 5 > 0) for number in range(300)]
    assert guessing(scratched) is None
    assert guessing(carrier) is None


# -- the source of a leak

NODES = [
    Node("dc", "dc", 3000),
    *(Node(f"d{number}", "dealer", 300) for number in range(10)),
    *(Node(f"d{number}s{shop}", "shop", 30) for number in range(10) for shop in range(10)),
]


def suspect(number: int, dealer: int, sure=0.9) -> Suspect:
    return Suspect(f"i{number}", sure, {"dc": 1.0, f"d{dealer}": 1.0, f"d{dealer}s{number % 10}": 1.0})


def test_five_codes_of_different_shops_lead_to_their_dealer():
    leak = locate([suspect(number, 4) for number in range(5)], NODES, 3000)
    assert leak.ranked[0][0] == "d4"
    assert leak.ranked[0][1] > 0.9
    assert leak.credible == ("d4",)
    assert isclose(sum(p for _, p in leak.ranked), 1)


def test_one_code_leaves_it_open_and_false_ones_do_not_mislead():
    assert len(locate([suspect(1, 4)], NODES, 3000).credible) > 1
    mixed = [*(suspect(number, 4, 0.7) for number in range(5)), suspect(6, 2, 0.7), suspect(7, 8, 0.7)]
    assert locate(mixed, NODES, 3000).ranked[0][0] == "d4"


def test_the_next_inspection_goes_where_it_tells_most():
    leak = locate([suspect(1, 4)], NODES, 3000)
    best = next_inspection(leak, {"nowhere": ["d9"], "dealer 4": ["d4"], "its shop": ["d4s1"]})
    assert best is not None
    assert best[0] in ("dealer 4", "its shop")
    assert 0 < best[1] <= leak.entropy


def test_a_missed_read_leaves_the_supplier_on_the_path():
    path = imputed_path(["s1"], {"s1": "d1", "d1": "dc"}, 0.9)
    assert path == {"s1": 1.0, "d1": 0.9, "dc": pytest.approx(0.81)}
