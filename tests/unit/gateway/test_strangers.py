"""What strangers' phones may conclude: places and networks count, not phones; and a lie has a price."""

from collections import Counter
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.calibration import MAX_RISE, recalibrated_alert
from gateway.evidence.facts import FactCounts
from gateway.evidence.features import read
from gateway.evidence.flood import lifts
from gateway.evidence.handsets import Handsets
from gateway.evidence.item import InnerCode, ItemEvidence, Mark, Scan
from gateway.evidence.model import fitted_model
from gateway.evidence.price import Price, price_of_lie, strongest_lie
from gateway.evidence.strangers import borne_out, witnesses
from gateway.evidence.weighing import MAX_VOICE_LLR, Cause, Context, weigh

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
SHANGHAI, SUZHOU, HARBIN, URUMQI = (31.23, 121.47), (31.30, 120.59), (45.80, 126.53), (43.83, 87.62)
NOWHERE = (0.0, 0.0, 1e9)
SHOP = Mark(T0, "s1", "shop", "receiving", *SHANGHAI)
SALE = Mark(T0 + 10 * DAY, "s1", "shop", "retail_selling", *SHANGHAI)
ALERT = fitted_model().thresholds["alert"]
WATCH = fitted_model().thresholds["watch"]


def unplaced(days: float, handset: str, network: str, operator: str = "") -> Scan:
    return Scan(T0 + int(days * DAY), handset, *NOWHERE, network=network, operator=operator)


def placed(days: float, handset: str, where, network: str = "", radius=0.1, operator: str = "") -> Scan:
    source = "gps" if radius <= 3 else "fixed_ip"
    return Scan(T0 + int(days * DAY), handset, *where, radius, network=network, operator=operator, source=source)


def score(scans, marks=(SHOP, SALE), **context) -> float:
    evidence = ItemEvidence().seen(scans, marks)
    return weigh(read(evidence), fitted_model(), Context(**context)).log_odds[Cause.COPIED]


# -- silence: places and networks are counted, not phones


def test_five_loads_in_fourteen_seconds_from_one_address_say_nothing():
    loads = [unplaced(11 + number * 3.5 / 86_400, f"phone-{number}", "home") for number in range(5)]
    assert score(loads) < WATCH


def test_fifty_loads_without_a_cookie_from_one_address_say_nothing_in_whatever_time():
    for days in (0.001, 0.1, 1.0, 30.0):
        loads = [unplaced(11 + number * days / 50, f"phone-{number}", "home") for number in range(50)]
        assert score(loads) < WATCH


@pytest.mark.parametrize("place", [None, SHANGHAI, SUZHOU])
def test_four_phones_of_a_home_say_nothing_with_a_place_or_without(place):
    days = (11, 11.01, 11.5, 12.5)
    if place is None:
        family = [unplaced(day, f"phone-{day}", f"mobile-{day}") for day in days]
    else:
        family = [placed(day, f"phone-{day}", place, f"mobile-{day}") for day in days]
    alone = score(family[:1])
    assert score(family) <= alone
    assert score(family) < WATCH


def test_visitors_of_a_home_over_months_add_nothing():
    first = placed(11, "buyer", SUZHOU, "home")
    guests = [placed(20 + 10 * number, f"guest-{number}", SUZHOU, f"guest-{number}") for number in range(6)]
    assert score([first, *guests]) <= score([first])


def test_a_photo_that_goes_round_is_known_without_places():
    everywhere = [unplaced(20 + number / 60, f"phone-{number}", f"network-{number}") for number in range(60)]
    assert read(ItemEvidence().seen(everywhere, (SHOP, SALE))).burst
    assert score(everywhere) < WATCH


def test_what_was_seen_beside_a_photo_still_counts():
    copies = [placed(20, "a", HARBIN, "a"), placed(45, "b", URUMQI, "b")]
    photo = [unplaced(90 + number / 60, f"phone-{number}", f"network-{number}") for number in range(20)]
    assert score([*copies, *photo]) == pytest.approx(score(copies))


def test_a_new_client_adds_nothing_by_itself():
    known = [placed(11, "a", SHANGHAI, "n1"), placed(20, "b", HARBIN, "n2")]
    again = [unplaced(21 + number, f"new-{number}", "n2") for number in range(10)]
    assert score([*known, *again]) <= score(known)


# -- the best-placed look of a session


def test_the_place_that_a_person_shares_after_the_page_counts():
    page, shared = unplaced(11, "a", "n1"), placed(11.001, "a", HARBIN, "n1", radius=3.0)
    (place,) = read(ItemEvidence().seen([page, shared], (SHOP, SALE))).places
    assert place.scan == shared
    assert place.km > 1_000


def test_a_place_shared_weeks_later_is_another_session_s():
    page, later = unplaced(11, "a", "n1"), placed(40, "a", HARBIN, "n1")
    (place,) = read(ItemEvidence().seen([page, later], (SHOP, SALE))).places
    assert place.scan == page


looks = st.lists(
    st.builds(
        lambda day, handset, where, radius, network, opened, inner: Scan(
            T0 + int(day * DAY), handset, *where, radius, opened=opened, inner=inner, network=network
        ),
        st.floats(0, 30),
        st.sampled_from("abcdef"),
        st.sampled_from([SHANGHAI, SUZHOU, HARBIN]),
        st.sampled_from([0.1, 3.0, 25.0, 300.0, 1e9]),
        st.sampled_from(["", "n1", "n2"]),
        st.booleans(),
        st.sampled_from(list(InnerCode)),
    ),
    max_size=14,
)


@given(looks, looks, looks)
def test_merging_is_free_of_order_and_of_grouping(a, b, c):
    x, y, z = (ItemEvidence().seen(scans, (SHOP,)) for scans in (a, b, c))
    assert x.merged(y).merged(z) == x.merged(y.merged(z)) == z.merged(x).merged(y)
    assert x.merged(x) == x


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_a_flood_from_few_networks_leaves_room_for_the_others(seed, networks):
    flood = [unplaced(20, f"{seed}-{number}", f"flood-{number % networks}") for number in range(400)]
    honest = [placed(20 + number, f"buyer-{number}", HARBIN, f"network-{number}") for number in range(12)]
    kept = ItemEvidence().seen([*flood, *honest]).scans
    assert {scan.handset for scan in honest} <= {scan.handset for scan in kept}


# -- what strangers may conclude


def test_a_lie_about_a_genuine_item_costs_four_networks_in_two_regions():
    price = price_of_lie(fitted_model())
    assert price is not None
    assert price.networks >= 4
    assert price.regions >= 2
    assert price.days >= 2


@pytest.mark.parametrize(
    "cheaper",
    [Price(3, 3, 3), Price(10, 1, 10), Price(11, 0, 11), Price(16, 4, 1)],
    ids=lambda price: str(tuple(price)),
)
def test_evidence_from_fewer_networks_regions_or_days_stays_below_the_alert(cheaper):
    assert strongest_lie(cheaper, fitted_model()) < ALERT


def homes(*cities):
    """Places in these cities, no two of them in one home."""
    return [(latitude + 0.05 * number, longitude) for number, (latitude, longitude) in enumerate(cities)]


def test_copies_that_many_see_in_several_regions_are_an_alert():
    places = homes(HARBIN, URUMQI, SUZHOU, HARBIN, URUMQI, HARBIN)
    copies = [placed(15 + 8 * n, f"phone-{n}", place, f"network-{n}") for n, place in enumerate(places)]
    assert score(copies) >= ALERT


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_buyer_who_lives_far_away_spares_the_liar_no_network(lines):
    """One home is explained by the sale, wherever it is, and however many lines its phones have."""
    home = [placed(12 + 3 * n, f"family-{n}", HARBIN, f"line-{n}") for n in range(lines)]
    liar = [
        placed(15 + 8 * n, f"phone-{n}", place, f"network-{n}")
        for n, place in enumerate(homes(URUMQI, SUZHOU, URUMQI, SUZHOU))
    ]
    assert score([*home, *liar[:3]]) < ALERT
    assert score([*home, *liar]) >= ALERT


def test_the_liar_is_the_buyer_of_nothing_either():
    places = homes(URUMQI, SUZHOU, URUMQI, SUZHOU)
    liar = [placed(15 + 8 * n, f"phone-{n}", place, f"network-{n}") for n, place in enumerate(places)]
    assert score(liar) < ALERT, "one of the four may be the buyer"


def test_of_a_pool_what_honest_people_explain_does_not_bear_out_an_accusation():
    pool = witnesses(
        placed(2 * n, f"phone-{n}", place, f"network-{n}") for n, place in enumerate(homes(*[HARBIN, URUMQI] * 5))
    )
    assert borne_out([], pool._replace(explained=6))
    assert not borne_out([], pool._replace(explained=7))


def test_networks_of_one_operator_stay_below_the_alert():
    places = homes(HARBIN, URUMQI, SUZHOU, HARBIN, URUMQI, HARBIN)
    one = [placed(15 + 8 * n, f"phone-{n}", place, f"network-{n}", operator="one") for n, place in enumerate(places)]
    assert score(one) < ALERT
    two = [scan._replace(operator=f"operator-{number % 2}") for number, scan in enumerate(one)]
    assert score(two) >= ALERT


def test_what_is_attested_is_not_bounded():
    elsewhere = Mark(T0 + 12 * DAY, "s2", "shop", "retail_selling", *HARBIN)
    mismatch = Scan(T0 + 14 * DAY, "buyer", *HARBIN, 0.1, inner=InnerCode.MISMATCHED, network="n1", source="gps")
    assert score([mismatch], (SHOP, SALE, elsewhere)) >= ALERT
    another = mismatch._replace(at=mismatch.at + DAY, handset="another", network="n2")
    assert score([mismatch, another]) >= ALERT


def test_one_network_with_one_package_s_inner_code_accuses_no_other_package():
    mismatches = [
        Scan(T0 + 14 * DAY + n, f"p{n}", *HARBIN, 0.1, inner=InnerCode.MISMATCHED, network="n1") for n in range(5)
    ]
    assert score(mismatches) < ALERT


def test_what_one_network_says_of_an_item_is_bounded_however_many_facts_it_states():
    """Copies seen by five networks, one of which also holds another package's inner code against the outer one."""
    places = homes(HARBIN, URUMQI, SUZHOU, HARBIN, URUMQI)
    copies = [placed(15 + 8 * n, f"phone-{n}", place, f"network-{n}") for n, place in enumerate(places)]
    loud = [*copies[:-1], copies[-1]._replace(inner=InnerCode.MISMATCHED)]

    def terms(scans):
        return weigh(read(ItemEvidence().seen(scans, (SHOP, SALE))), fitted_model(), Context()).terms[Cause.COPIED]

    def claimed(scans):
        return sum(term.log_odds for term in terms(scans) if term.name != "strangers")

    assert sum(term.log_odds for term in terms(loud) if term.voice == "network-4") > MAX_VOICE_LLR
    assert claimed(loud) - claimed(copies[:-1]) == pytest.approx(MAX_VOICE_LLR)
    assert claimed(loud) > claimed(copies)


def test_a_phone_without_a_history_says_less():
    copies = [placed(11, "a", SHANGHAI, "a"), placed(30, "b", HARBIN, "b")]
    assert score(copies, standing={"b": 0.8}) < score(copies)


def test_a_flood_from_few_networks_lifts_the_limit_of_its_own_items_alone():
    flood = {item: frozenset({f"n{item % 4}", "n9"}) for item in range(200)}
    lifted = lifts({**flood, 1000: frozenset({"x", "y"}), 1001: frozenset({"y", "z"})})
    assert set(lifted) == set(flood)
    assert min(lifted.values()) > 8


def test_what_nobody_has_a_history_of_gains_one_at_its_second_item():
    handsets = Handsets()
    look = placed(1, "a", HARBIN, "n1")
    assert handsets.count(1, look) == set()
    assert handsets.weight(look) < 1
    assert handsets.count(2, placed(2, "b", HARBIN, "n1")) == {1}
    assert handsets.weight(look) == 1


def test_six_bottles_in_a_day_or_one_a_month_are_a_buyer_s_and_a_warehouse_is_not():
    pack, loyal, trade = Handsets(), Handsets(), Handsets()
    for number in range(12):
        loyal.count(number, placed(number * 30, "loyal", SUZHOU, "home"))
        trade.count(number, placed(1 + number / 100, "trade", SUZHOU, "shop"))
        if number < 6:
            pack.count(number, placed(1, "pack", SUZHOU, "home"))
    trade.count(12, placed(1.1, "trade", SUZHOU, "shop"))
    assert not loyal.in_trade("loyal")
    assert loyal.weight(placed(1, "loyal", SUZHOU, "home")) == 1
    assert pack.weight(placed(1, "pack", SUZHOU, "home")) == 1
    assert trade.in_trade("trade")
    trade.forget_items()
    assert not trade.days
    assert trade.in_trade("trade"), "weights outlive the items that they came from"


# -- the owner's own rates


def test_own_rates_begin_as_the_prior_s_and_end_as_the_owner_s():
    model = fitted_model()
    generous = FactCounts(households=Counter({1: 600, 2: 300, 3: 100}))
    assert model.owned(FactCounts()).hazard == pytest.approx(model.hazard)
    few, many = model.owned(generous, 1e6), model.owned(generous, 1.0)
    assert few.hazard == pytest.approx(model.hazard, abs=0.01)
    assert many.rates.further[0] == pytest.approx(0.4, abs=0.01)
    assert many.hazard[0] < model.hazard[0]


def test_counts_of_facts_are_taken_back_as_they_were_added():
    reading = read(ItemEvidence().seen([placed(11, "a", SHANGHAI, "a"), placed(30, "b", HARBIN, "b")], (SHOP, SALE)))
    counts = FactCounts()
    counts.add(reading)
    assert counts.households == Counter({2: 1})
    counts.remove(reading)
    assert not any((*counts.places.values(), *counts.links.values(), *counts.households.values()))


# -- limits


def test_a_crime_that_fills_the_sample_does_not_silence_its_own_alerts():
    honest = [-log((number + 0.5) / 20_000) for number in range(20_000)]  # exponential scores
    fixed, tail = 9.0, [(1.0, log(1e4)), (100.0, log(100)), (400.0, log(25))]
    assert recalibrated_alert(honest, fixed, tail, 1.1e-4) == pytest.approx(fixed, abs=0.01)
    crime = [9.5 + number / 40 for number in range(400)]
    assert recalibrated_alert([*honest, *crime], fixed, tail, 1.1e-4) <= fixed + 0.3
    noisy = [1.2 * score for score in honest]
    assert recalibrated_alert(noisy, fixed, tail, 1.1e-4) > fixed + 1
    assert recalibrated_alert([3 * score for score in honest], fixed, tail, 1.1e-4) == fixed + MAX_RISE
