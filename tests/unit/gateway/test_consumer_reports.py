"""Consumers' reports: one person's word is little, a flood of them is less, and prices accuse lanes, not typists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.consumer_reports import MAX_REPORT_LLR, MAX_REPORTED_LLR, weigh_reports
from gateway.evidence.features import read
from gateway.evidence.item import MAX_VOICES, ItemEvidence, Mark, Report, Scan, Suspected
from gateway.evidence.lanes import Lane, LaneCounts, Members, diverting, excesses
from gateway.evidence.model import fitted_model
from gateway.evidence.price_evidence import (
    MAX_LANE_LLR,
    MAX_PRICE_LLR,
    ReportEvidence,
    lane_prices,
    price_evidence,
)
from gateway.evidence.weighing import Cause, Context, weigh
from schemas.price import MIN_PRICES, PRIOR_SCALE, price_channel

DAY = 24 * 3_600_000_000
T0 = 1_780_000_000_000_000
SHANGHAI = (31.23, 121.47)
SHOP = Mark(T0, "s1", "shop", "receiving", *SHANGHAI)
SALE = Mark(T0 + 10 * DAY, "s1", "shop", "retail_selling", *SHANGHAI)
USUAL = [12_800, 12_900, 13_000, 12_700, 13_100, 12_800, 12_600, 13_200]


def scan(days: float, handset: str, where=SHANGHAI) -> Scan:
    return Scan(T0 + int(days * DAY), handset, *where, 0.1)


def report(
    reporter: str,
    suspected: Suspected = Suspected.COUNTERFEIT,
    price_fen: int = 0,
    days: float = 20,
    network: str = "",
) -> Report:
    return Report(T0 + int(days * DAY), reporter, suspected, price_fen, network)


def evidence_of(reports: dict[int, list[Report]], scanned: int = 1000) -> dict[int, ReportEvidence]:
    own = {item: ItemEvidence().seen(reports=each).reports for item, each in reports.items()}
    return weigh_reports(own, lambda _: "09521234000013", range(scanned))


def priced(prices: dict[int, int], scanned: int = 1000) -> dict[int, ReportEvidence]:
    """Each unit's price reported by a person of its own."""
    return evidence_of(
        {item: [report(f"buyer-{item}", Suspected.OTHER, price)] for item, price in prices.items()}, scanned
    )


any_reports = st.lists(
    st.builds(
        report,
        st.sampled_from(["", *(f"phone{number}" for number in range(12))]),
        st.sampled_from(list(Suspected)),
        st.sampled_from([0, 1, 128, 6_000, 12_800, 1_280_000]),
        st.integers(0, 90),
        st.sampled_from(["", "", "net-a", "net-b"]),
    ),
    max_size=30,
)


@given(any_reports, st.randoms(use_true_random=False), st.integers(0, 30))
def test_the_order_of_reports_and_doubles_change_nothing(reports, rng, cut):
    whole = ItemEvidence().seen(reports=reports)
    mixed = [*reports, *reports[:4]]
    rng.shuffle(mixed)
    a, b = ItemEvidence().seen(reports=mixed[:cut]), ItemEvidence().seen(reports=mixed[cut:])
    assert a.merged(b) == b.merged(a) == whole.merged(whole) == whole
    assert len({each.voice for each in whole.reports}) <= MAX_VOICES


@given(st.dictionaries(st.integers(0, 20), any_reports, max_size=8))
def test_whatever_people_say_reports_alone_raise_no_alert_and_no_watch(reports):
    found = evidence_of(reports)
    limits = fitted_model().thresholds
    for each in found.values():
        assert all(0 < log_odds <= MAX_REPORTED_LLR for log_odds in each.reported.values())
        assert 0 <= each.cheap <= MAX_PRICE_LLR
        for evidence in (ItemEvidence(), ItemEvidence().seen([scan(11, "buyer")], (SHOP, SALE))):
            alone = weigh(read(evidence), fitted_model(), Context(reports=each))
            assert alone.score < limits["watch"] < limits["alert"]


def test_what_was_said_counts_whatever_was_said_first():
    reports = {item: [report(f"p{item}"), report("rival", days=item)] for item in range(9)}
    backwards = {item: reports[item][::-1] for item in reversed(reports)}
    assert evidence_of(reports) == evidence_of(backwards)


def test_one_report_is_worth_a_word_two_people_more_and_one_person_ten_times_no_more():
    one = evidence_of({7: [report("a")]})[7].reported[Suspected.COUNTERFEIT]
    two = evidence_of({7: [report("a"), report("b")]})[7].reported[Suspected.COUNTERFEIT]
    again = evidence_of({7: [report("a", days=day) for day in range(10)]})[7].reported[Suspected.COUNTERFEIT]
    many = evidence_of({7: [report(f"phone{number}") for number in range(500)]})[7].reported[Suspected.COUNTERFEIT]
    assert one == again == MAX_REPORT_LLR
    assert one < two <= many == MAX_REPORTED_LLR


def test_a_report_accuses_of_what_it_suspects_and_of_nothing_else():
    evidence = read(ItemEvidence().seen([scan(11, "buyer")], (SHOP, SALE)))
    silent = weigh(evidence, fitted_model(), Context()).log_odds
    for suspected, cause in (
        (Suspected.COUNTERFEIT, Cause.COPIED),
        (Suspected.TAMPERED, Cause.REFILLED),
        (Suspected.DIVERTED, Cause.DIVERTED),
    ):
        reported = weigh(
            evidence, fitted_model(), Context(reports=evidence_of({7: [report("a", suspected)]})[7])
        ).log_odds
        assert {each for each in reported if reported[each] > silent[each]} == {cause}
    quality = evidence_of({7: [report("a", Suspected.OTHER)]})[7]
    assert weigh(evidence, fitted_model(), Context(reports=quality)).log_odds == silent


def test_a_rival_who_reports_a_thousand_units_has_one_word_among_them():
    flood = evidence_of({item: [report("rival")] for item in range(1000)})
    assert max(each.reported.get(Suspected.COUNTERFEIT, 0.0) for each in flood.values()) <= MAX_REPORT_LLR / 1000


def test_a_flood_from_many_phones_accuses_nobody_because_everything_is_reported():
    flood = evidence_of({item: [report(f"phone{item}")] for item in range(300)})
    assert not any(each.reported for each in flood.values())


def test_a_rival_s_flood_does_not_drown_an_honest_buyer():
    flood = {item: [report("rival")] for item in range(1000)}
    honest = evidence_of(flood | {7: [report("rival"), report("buyer")]})[7]
    assert honest.reported[Suspected.COUNTERFEIT] >= MAX_REPORT_LLR


def test_names_of_phones_cost_nothing_so_a_network_is_one_voice():
    one = evidence_of({7: [report(f"made-up-{number}", network="rival's") for number in range(50)]})[7]
    assert one.reported[Suspected.COUNTERFEIT] == MAX_REPORT_LLR
    flood = evidence_of({item: [report(f"made-up-{item}", network="rival's")] for item in range(100)})
    assert max(each.reported[Suspected.COUNTERFEIT] for each in flood.values()) <= MAX_REPORT_LLR / 100
    moving = evidence_of({item: [report("rival", network=f"net-{item}")] for item in range(100)})
    assert max(each.reported[Suspected.COUNTERFEIT] for each in moving.values()) <= MAX_REPORT_LLR / 100
    honest = [report("buyer", network="home"), *(report(f"made-up-{n}", network="rival's") for n in range(50))]
    assert evidence_of({7: honest})[7].reported[Suspected.COUNTERFEIT] == MAX_REPORTED_LLR


def test_those_whose_names_nobody_knows_are_one_voice():
    nameless = evidence_of({7: [report("", days=day) for day in range(5)], 8: [report("")]})
    assert nameless[7].reported[Suspected.COUNTERFEIT] == pytest.approx(MAX_REPORT_LLR / 2)


def test_everybody_may_report_a_photo_that_goes_round():
    everywhere = [(31 + number % 7, 100 + number) for number in range(12)]
    viral = [scan(20 + number / 50, f"p{number}", where) for number, where in enumerate(everywhere)]
    context = Context(reports=evidence_of({7: [report("a"), report("b")]})[7])
    assert weigh(read(ItemEvidence().seen(viral, (SHOP, SALE))), fitted_model(), context).log_odds[Cause.COPIED] == 0


# -- prices


def test_a_channel_needs_prices_and_believes_few_of_them_less():
    assert price_channel(USUAL[: MIN_PRICES - 1]) is None
    few, many = price_channel(USUAL[:MIN_PRICES]), price_channel(USUAL * 40)
    assert few is not None
    assert many is not None
    assert many.scale < few.scale < PRIOR_SCALE
    assert few.middle == pytest.approx(12_900, rel=0.02)


def test_a_price_far_below_the_channel_stands_out_and_a_discount_does_not():
    usual = price_channel(USUAL)
    assert usual is not None
    assert [price for price in (4_990, 8_000, 10_500, 12_000, 30_000) if usual.far_below(price)] == [4_990, 8_000]


def test_where_shops_differ_widely_a_low_price_is_nothing_special():
    wide = price_channel([6_000, 8_000, 10_000, 14_000, 18_000, 24_000] * 10)
    assert wide is not None
    assert not wide.far_below(6_000)


@pytest.mark.parametrize("slip", [0.01, 100, 1 / 6, 1 / 12, 1 / 24, 6, 12, 24])
def test_yuan_typed_as_fen_and_the_price_of_a_case_are_slips_and_no_evidence(slip):
    typed = priced(dict(enumerate([*USUAL, round(12_800 * slip)])))
    assert not any(each.low or each.cheap for each in typed.values())
    assert typed[len(USUAL)].weight == 0, "it is no price of this unit"
    slips = price_channel([*USUAL, *(round(price * slip) for price in USUAL[:3])])
    assert slips is not None
    assert (slips.prices, slips.middle) == (len(USUAL), pytest.approx(12_850, rel=0.01))


def test_a_slip_and_a_right_price_of_one_unit_do_not_make_a_low_one():
    buyers = {item: [report(f"b{item}", Suspected.OTHER, price)] for item, price in enumerate(USUAL)}
    mixed = {99: [report("a", Suspected.OTHER, 12_800), report("b", Suspected.OTHER, 128)]}
    assert not evidence_of(buyers | mixed)[99].low


def test_a_low_price_speaks_for_diversion_and_half_as_much_for_a_copy():
    low = priced(dict(enumerate([*USUAL, 7_500])))[len(USUAL)]
    assert low.low
    assert low.cheap == MAX_PRICE_LLR
    assert low.share == pytest.approx(7_500 / 12_850, rel=0.02)
    evidence = read(ItemEvidence().seen([scan(11, "buyer")], (SHOP, SALE)))
    silent = weigh(evidence, fitted_model(), Context()).log_odds
    reported = weigh(evidence, fitted_model(), Context(reports=low)).log_odds
    assert reported[Cause.DIVERTED] - silent[Cause.DIVERTED] == MAX_PRICE_LLR
    assert reported[Cause.COPIED] - silent[Cause.COPIED] == pytest.approx(MAX_PRICE_LLR / 2)
    at_home = weigh(evidence, fitted_model(), Context(reports=low, sold_abroad=False)).log_odds
    assert at_home[Cause.DIVERTED] == 0, "what is cheap at home isn't diverted"


def test_in_a_promotion_low_prices_are_common_and_say_little():
    promoted = priced(dict(enumerate([*USUAL * 2, *[8_000] * 7])))
    alone = priced(dict(enumerate([*USUAL * 2, 8_000])))
    assert promoted[16].low
    assert promoted[16].cheap < alone[16].cheap


def test_one_person_s_prices_neither_make_a_channel_nor_bend_it():
    one = {item: [report("rival", Suspected.OTHER, 40_000)] for item in range(100, 200)}
    assert not any(each.weight for each in evidence_of(one).values())
    honest = {item: [report(f"b{item}", Suspected.OTHER, price)] for item, price in enumerate(USUAL)}
    assert not any(evidence_of(one | honest)[item].low for item in range(len(USUAL)))


def test_last_year_s_prices_are_last_year_s():
    old = {item: [report(f"b{item}", Suspected.OTHER, price, days=-400)] for item, price in enumerate(USUAL)}
    assert not evidence_of(old | {99: [report("new", Suspected.OTHER, 7_500)]})[99].low


def test_a_correction_replaces_a_price():
    twice = ItemEvidence().seen(
        reports=[report("a", Suspected.OTHER, 12_800, days=2), report("a", Suspected.OTHER, 128, days=1)]
    )
    assert [each.price_fen for each in twice.reports] == [12_800]


# -- prices of lanes

LOW, DEAR = ReportEvidence(cheap=1.0, share=0.6, weight=1.0, low=True), ReportEvidence(weight=1.0)


def lane_log_odds(own: list[ReportEvidence], others: list[ReportEvidence], market: list[ReportEvidence]) -> float:
    return lane_prices(price_evidence(own), price_evidence(others), price_evidence(market)).log_odds


def test_three_people_s_low_prices_raise_a_lane_and_two_do_not():
    assert lane_log_odds([LOW] * 2, [DEAR] * 40, []) == 0
    three = lane_log_odds([LOW] * 3, [DEAR] * 40, [])
    assert 0 < three <= MAX_LANE_LLR
    assert lane_log_odds([LOW] * 3 + [DEAR] * 12, [DEAR] * 40, []) < three
    shared = ReportEvidence(cheap=0.1, share=0.6, weight=0.1, low=True)
    assert lane_log_odds([shared] * 20, [DEAR] * 40, []) == 0, "one person's twenty prices, a tenth of a word each"


def test_a_market_that_is_cheap_for_everybody_accuses_no_lane():
    assert lane_log_odds([LOW] * 5, [DEAR] * 60 + [LOW] * 12, [LOW] * 12) < 0.5
    assert lane_log_odds([LOW] * 5, [LOW] * 40 + [DEAR] * 20, []) == 0


def country(observed: int) -> LaneCounts:
    scans = [400] * 12
    km = [[abs(a - m) * 300.0 for m in range(12)] for a in range(12)]
    lanes = {Lane(a, m): 1 + (a + m) % 2 for a in range(12) for m in range(12) if a != m}
    return LaneCounts(scans, lanes | {Lane(2, 7): observed}, km)


def test_low_prices_make_a_lane_believed_sooner_but_are_none_without_scans():
    prices = {Lane(2, 7): MAX_LANE_LLR}
    sooner = [n for n in range(1, 40) if excesses(country(n), 5.0, priced=prices)]
    later = [n for n in range(1, 40) if excesses(country(n), 5.0)]
    assert 6 <= min(sooner) < min(later)
    both = [excesses(country(39), 5.0, priced=each)[0] for each in ({}, prices)]
    assert both[1].pooled == both[0].pooled + MAX_LANE_LLR
    assert {each.lane for each in both} == {Lane(2, 7)}


def test_low_prices_tip_the_balance_from_copies_to_diversion():
    balanced = {"codes": 20, "handsets": 28, "sold_at_home": 5, "cases": 16}
    assert not diverting(Members(**balanced))
    assert diverting(Members(**balanced, priced=2.0))
    assert not diverting(Members(20, 60, 16, 20, priced=MAX_LANE_LLR)), (
        "busy codes that are sold at home too are copies"
    )
