import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.cards import CARDS as ASSESSED_CARDS
from gateway.rules import CARDS as RULES
from gateway.rules.resolver_cards import CARRIER_CARDS
from schemas.assessed import ASSESSED
from schemas.evidence import STANDING
from schemas.explain.assessment_sentences import ASSESSED_SENTENCES
from schemas.explain.benign_causes import BENIGN_OF_RULE
from schemas.explain.explanation import ExplainedFinding, Explanation, explain
from schemas.explain.rule_sentences import RULE_SENTENCES, reachable_km
from schemas.geodesy import least_travel_hours
from schemas.internet import is_public

CARDS = (*RULES, *ASSESSED_CARDS, *CARRIER_CARDS)
HOUR = 3_600_000_000
AT = 1_780_000_000_000_000
SAMPLES = {
    "forged_code": {"proof": "forged"},
    "printed_forgery": {"serials": ["0123456789ABCDEFGHJK"], "found": 1, "networks": 3, "days": 2, "proof": "forged"},
    "forged_wave": {"networks": 40, "usual": 1.5},
    "aggregation_break": {"km": 812.4, "container": "00/395212340000000011", "observed_by": "reader"},
    "late_return": {"days": 41.0, "by_another": True},
    "received_twice": {"hours": 90.0, "read_point": "shop-1"},
    "displaced_reader": {"read_point": "shop-1", "km": 150},
    "unregistered_unit": {"batch_number": 3, "index": 41, "revoked": False},
    "before_commissioning": {"commissioned_at": AT + 5 * HOUR},
    "after_end": {"ended_by": "destroying"},
    "second_sale": {"first_at": "shop-1", "second_at": "shop-2"},
    "recalled_seen": {"since": AT - 72 * HOUR, "read_point": "shop-1"},
    "expired_seen": {"since": AT - 2 * HOUR, "read_point": "shop-1"},
    "impossible_travel": {"km": 1660.0, "hours": 0.5, "least_hours": 4.45},
    "off_territory": {"km": 71.2, "dealer": "d", "market": "m"},
    "lane_excess": {
        "dealer": "d",
        "market": "m",
        "observed": 52,
        "expected": 4.0,
        "scans": 400,
        "networks": 9,
        "days": 6,
        "p": 1e-30,
    },
    "pair_mismatch": {},
    "counter_back": {},
    "enumeration": {"guesses": 160, "seconds": 40},
    "sequence_conflict": {"sequence": 7},
    "foreign_claims": {"claims": 140, "day": "2026-03-01"},
    "copied_evidence": {
        "nats": 12.1,
        "limit": 8.5,
        "terms": [
            {"name": "another_handset", "nats": 9.1, "km": 1210.0},
            {"name": "distance", "nats": 3.0, "km": 640.0},
        ],
        "silent_without": ["another_handset"],
    },
    "diverted_evidence": {"nats": 9.0, "limit": 8.5, "terms": [{"name": "lane", "nats": 6.0}], "silent_without": []},
    "refilled_evidence": {"nats": 9.0, "limit": 8.5},
    "lane_evidence": {"dealer": "d", "market": "m", "observed": 52, "expected": 4.0, "p": 1e-30},
    "label_roll": {"lot": "L1", "first": 7, "last": 90, "surfaced": 4},
    "dumped_lot": {"units": 8, "market": "m"},
    "code_guessing": {"probes": 41},
    "reader_clock": {"offset_s": -5400.0},
    "early_arrivals": {"early_items": 4},
}


def explained(rule, confidence=0.95, **more) -> Explanation:
    return explain([ExplainedFinding(rule, confidence, AT, SAMPLES.get(rule, {}) | more)])


def test_every_rule_has_an_account_and_names_what_else_it_may_be():
    rules = {card.name for card in CARDS}
    assert rules >= STANDING | ASSESSED | {"sequence_conflict"}
    assert rules == {*RULE_SENTENCES, *ASSESSED_SENTENCES} == set(BENIGN_OF_RULE) == set(SAMPLES)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_innocent_causes_are_those_of_the_rules_card(card):
    assert "; ".join(each.en for each in BENIGN_OF_RULE[card.name]) == card.innocent_causes


@pytest.mark.parametrize("rule", sorted(SAMPLES))
def test_an_explanation_is_whole_in_both_languages(rule):
    found = explained(rule)
    sentences = [*found.evidence, found.silent_if, found.benign.sentence]
    assert 1 <= len(found.evidence) <= 3
    for each in sentences:
        assert any(character > "\u2e80" for character in each.zh)
        assert not any(character > "\u3000" for character in each.en)
        assert each.en.endswith((".", ".)."))
        assert "None" not in each.en + each.zh
    assert found.lines("en")[0] == found.evidence[0].en


@pytest.mark.parametrize(
    ("rule", "more", "words"),
    [
        ("impossible_travel", {}, "1595 km nearer or 4.0 h later"),
        ("before_commissioning", {}, "5.0 h later"),
        ("recalled_seen", {}, "3 days earlier"),
        ("off_territory", {}, "42 km nearer"),
        ("lane_excess", {}, "fewer than 12 first scans"),
        ("lane_excess", {"least_observed": 21}, "fewer than 21 first scans"),
        ("unregistered_unit", {}, "of 42 units or more"),
        ("copied_evidence", {}, "up to 1210 km apart, the strength would stay below 8.5 (it is 12.1)"),
    ],
)
def test_what_would_have_kept_it_silent_is_computed_from_its_numbers(rule, more, words):
    assert words in explained(rule, **more).silent_if.en


def test_what_would_have_kept_it_silent_has_the_figures_of_the_evidence():
    terms = [{"name": "another_handset", "nats": 15.4, "km": 0.0}, {"name": "distance", "nats": 1.0, "km": 97.0}]
    found = explained("copied_evidence", terms=terms, silent_without=["another_handset", "distance"])
    assert "up to 0 km apart" in found.evidence[0].en
    assert "up to 0 km apart" in found.silent_if.en
    assert "97 km from its holder" in found.silent_if.en


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (["reader", "reader"], "Two enrolled readers saw"),
        (["phone", "reader"], "An enrolled reader and a stranger's phone"),
        (["phone", "phone"], "Two strangers' phones"),
    ],
)
def test_impossible_travel_says_who_observed(sides, words):
    assert explained("impossible_travel", observed_by=sides).evidence[0].en.startswith(words)


def test_what_buyers_say_is_told_with_its_numbers_and_what_else_it_may_be():
    terms = [
        {"name": "reported", "nats": 2.5, "reporters": 3},
        {"name": "low_price", "nats": 1.5, "share": 0.583},
    ]
    posterior = {"diverted": 0.6, "cheap": 0.38, "device": 0.02}
    found = explained("diverted_evidence", terms=terms, silent_without=["low_price"], posterior=posterior)
    told = "\n".join(found.lines("en"))
    assert "Buyers reported it (people: 3) (strength 2.5)." in told
    assert "only 58% of what is usual" in told
    assert "a promotion, second-hand goods, or a slip in typing the price (probability 38.0%)" in told
    assert "Were it not that the reported price is only 58%" in told
    assert "3 位消费者举报了它" in found.evidence[0].zh
    assert "促销" in found.benign.sentence.zh


def test_a_lane_s_low_prices_are_evidence_that_is_named():
    lane = explained("lane_evidence", low_prices=6.0, prices=7.0, price_nats=2.9)
    assert "Of 7 prices that consumers reported there, 6 are far below the channel's (strength 2.9)." in lane.lines(
        "en"
    )
    assert "7 个价格中有 6 个" in "".join(lane.lines("zh"))
    assert "prices" not in "".join(explained("lane_evidence").lines("en"))


@given(st.floats(0, 24))
def test_the_counterfactual_distance_is_just_what_the_travel_rule_lets_pass(hours):
    km = reachable_km(hours)
    assert km == 50 or least_travel_hours(km) <= hours + 1e-6
    assert least_travel_hours(km + 1) > hours


def test_three_pieces_of_the_strongest_rules_come_first_and_each_once():
    found = explain(
        [
            ExplainedFinding("second_sale", 0.9, AT, SAMPLES["second_sale"]),
            ExplainedFinding("impossible_travel", 0.95, AT, SAMPLES["impossible_travel"]),
            ExplainedFinding("impossible_travel", 0.95, AT + 1, SAMPLES["impossible_travel"]),
        ]
    )
    assert ["1660 km" in found.evidence[0].en, "sold" in found.evidence[1].en] == [True, True]
    assert len(set(found.evidence)) == 3


@given(st.permutations([ExplainedFinding(rule, 0.9, AT, details) for rule, details in SAMPLES.items()]))
def test_the_order_of_findings_does_not_matter(findings):
    assert explain(findings) == explain(list(reversed(findings)))


def test_a_probability_that_was_not_measured_says_so_and_one_that_was_is_taken():
    shared = explained("impossible_travel").benign
    assert shared.probability == pytest.approx(0.025)
    assert "not measured" in shared.sentence.en
    measured = explained("impossible_travel", posterior={"clone": 0.9, "travel": 0.03, "device_fault": 0.07}).benign
    assert (measured.probability, measured.measured) == (0.07, True)
    assert "a fault of a reader (probability 7.0%)" in measured.sentence.en


def test_a_rule_without_an_account_shows_its_numbers():
    assert "score = 7" in explained("a_new_rule", score=7).evidence[0].en


def test_nothing_is_explained_when_nothing_stands():
    assert explain([]).lines("zh") == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("fec0::1", False),
        ("::8.8.8.8", False),
    ],
)
def test_only_addresses_of_the_whole_internet_are_public(address, public):
    assert is_public(address) is public
