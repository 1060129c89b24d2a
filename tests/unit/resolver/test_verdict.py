from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.verdict.facts import Decision, FirstScan
from resolver.verdict.verdict import Verdict, judge
from schemas.code import Checked, Proof
from schemas.finding import Kind, Level
from tests.support.samples import (
    AUTHORITY,
    BATCH,
    CHECKED,
    GTIN,
    HARBIN,
    ITEM,
    JOURNEY,
    MAKER,
    NOW,
    SHOP,
    START,
    event_id,
    facts,
    found,
    inspection,
    look,
    row,
    stories,
)

LOOKS = look("wuhan", 1000, 30.52, 114.36), look("harbin", 1002.5, 45.75, 126.64)
FAR = look("far", 700, 45.76, 126.62)
AGAIN = row("sold-again", 1300, "retail_selling", SHOP)
INSPECTED = inspection("wuhan", 1000, 30.52, 114.36), inspection("harbin", 1002.5, 45.75, 126.64)
COPIED = found("impossible_travel", Kind.COPIED, Level.ALERT, 1002.5, "wuhan", "harbin")
ENDED = found("second_sale", Kind.ENDED, Level.ALERT, 1300, "sold", "sold-again", confidence=0.9)
OFF = found("off_territory", Kind.DIVERTED, Level.WATCH, 700, "far", confidence=0.1)
FIRST = FirstScan("dealer-01", "harbin", True, START + timedelta(hours=700), HARBIN)
RECALL = {"recalled_at": NOW - timedelta(days=3)}
PAST = {"expires_on": date(2026, 10, 31)}


def word(checked=CHECKED, **changes):
    return judge(checked, facts(**changes)).verdict


def slugs(result):
    return [reason.slug.removeprefix("reason.") for reason in result.reasons]


@pytest.mark.parametrize("verdict", Verdict)
def test_each_sample_gets_the_word_that_it_is_named_for(verdict):
    assert stories()[verdict.value].verdict.verdict is verdict


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (Proof.FORGED, "serial_not_sealed"),
        (Proof.BAD_SIGNATURE, "signature_invalid"),
        (Proof.UNKNOWN_KEY, "signature_key_unknown"),
    ],
)
def test_a_failed_proof_is_all_that_says_forged_and_needs_no_history(proof, reason):
    result = judge(Checked(proof, ITEM, "huadu"), None)
    assert (result.verdict, slugs(result), result.confidence) == (Verdict.FORGED, [reason], 1.0)


@given(
    st.sampled_from([Proof.SIGNED, Proof.SEALED, Proof.REVOKED_KEY, Proof.FOREIGN]),
    st.lists(st.builds(found, st.just("any"), st.sampled_from(Kind), st.sampled_from(Level), st.just(1))),
    st.booleans(),
)
def test_no_finding_whatever_makes_an_authentic_code_forged(proof, findings, known):
    unit = facts(findings=tuple(findings)) if known else None
    assert judge(replace(CHECKED, proof=proof), unit).verdict is not Verdict.FORGED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"batch": None}, "batch_unknown"),
        ({"registered": False}, "unit_unregistered"),
        ({"batch": replace(BATCH, revoked_at=NOW)}, "batch_revoked"),
        ({"commissioned_at": None, "history": ()}, "not_commissioned"),
        ({"commissioned_at": NOW + timedelta(days=1)}, "not_commissioned"),
    ],
)
def test_a_unit_that_the_maker_does_not_vouch_for_cannot_be_confirmed(changes, reason):
    result = judge(CHECKED, facts(**changes))
    assert (result.verdict, slugs(result)) == (Verdict.UNKNOWN, [reason])


@pytest.mark.parametrize(
    ("checked", "reason"),
    [
        (replace(CHECKED, proof=Proof.REVOKED_KEY), "key_revoked"),
        (Checked(Proof.FOREIGN, ITEM), "foreign_code"),
        (Checked(Proof.FOREIGN, f"01/{GTIN}"), "no_unit"),
        (CHECKED, "batch_unknown"),
    ],
)
def test_without_facts_an_unforged_code_cannot_be_confirmed(checked, reason):
    result = judge(checked, None)
    assert (result.verdict, slugs(result)) == (Verdict.UNKNOWN, [reason])


def test_a_commissioning_event_is_as_good_as_the_register_from_the_maker_or_by_its_mandate():
    assert word(commissioned_at=None, history=JOURNEY) is Verdict.GENUINE
    packers = replace(JOURNEY[0], reader_org="packer-09")
    assert word(commissioned_at=None, history=(packers,)) is Verdict.GENUINE, "a stranger's is a claim: in no history"
    container = replace(JOURNEY[0], via="00/395212340000000011")
    assert word(commissioned_at=None, history=(container,)) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.GENUINE),
        ({"findings": (OFF,), "lane_incident": True, "first_scan": FIRST}, Verdict.DIVERTED),
        ({"findings": (OFF,), "lane_confirmed": True, "first_scan": FIRST}, Verdict.DIVERTED),
        ({"findings": (OFF,), "lane_incident": True, "batch": PAST}, Verdict.EXPIRED),
        ({"findings": (OFF, COPIED), "lane_incident": True, "batch": PAST}, Verdict.COPIED),
        ({"findings": (OFF, ENDED), "lane_incident": True, "batch": PAST}, Verdict.COPIED),
        ({"findings": (OFF, COPIED), "lane_incident": True, "batch": PAST | RECALL}, Verdict.RECALLED),
    ],
)
def test_the_graver_word_wins_and_the_other_reasons_stay(changes, verdict):
    batch = replace(BATCH, **changes.get("batch", {}))
    result = judge(CHECKED, facts(**(changes | {"batch": batch, "history": (*JOURNEY, FAR, AGAIN, *INSPECTED)})))
    assert result.verdict is verdict
    assert ("expired" in slugs(result)) == ("batch" in changes)
    assert ("lane_excess" in slugs(result)) == ("lane_incident" in changes)


def test_a_unit_off_its_territory_is_not_accused_unless_its_lane_is():
    result = judge(CHECKED, facts(findings=(OFF,), first_scan=FIRST, lane_incident=False))
    assert result.verdict is Verdict.GENUINE
    assert not {str(event_id("far"))} & {event for reason in result.reasons for event in reason.events}


def test_a_lane_that_phones_alone_accuse_is_a_note_on_a_genuine_unit():
    passed_by = row("passed", 690, "receiving", SHOP, latitude=45.75, longitude=126.64)
    for history in ((*JOURNEY[:7], FAR), (*JOURNEY[:7], passed_by, FAR)):
        result = judge(CHECKED, facts(history=history, findings=(OFF,), first_scan=FIRST, lane_incident=True))
        assert (result.verdict, result.notes[0].slug) == (Verdict.GENUINE, "note.off_territory")
        assert not any(each.kind.is_attested for each in result.notes[0].observed_by)


def test_diverted_names_the_inspector_who_saw_it_there_or_the_case_that_confirmed_the_lane():
    seen = facts(history=(*JOURNEY[:7], FAR, INSPECTED[1]), findings=(OFF,), first_scan=FIRST, lane_incident=True)
    confirmed = facts(history=(*JOURNEY[:7], FAR), findings=(OFF,), first_scan=FIRST, lane_confirmed=True)
    attested = [
        [
            each.says("en")
            for reason in judge(CHECKED, unit).reasons
            for each in reason.observed_by
            if each.kind.is_attested
        ]
        for unit in (seen, confirmed)
    ]
    assert attested == [["an inspector of Market Supervision"], ["a person's decision at Huadu Distillery"]]


@pytest.mark.parametrize("level", [Level.WATCH, Level.FACT])
def test_a_suspicion_of_a_copy_below_an_alert_is_silent(level):
    assert (
        word(findings=(found("impossible_travel", Kind.COPIED, level, 1002.5, "wuhan", "harbin"),)) is Verdict.GENUINE
    )


def test_impossible_travel_is_told_in_places_times_and_numbers():
    result = judge(CHECKED, facts(history=(*JOURNEY, *INSPECTED), findings=(COPIED,)))
    document = result.to_json("en")
    assert document["reasons"][0] == {
        "reason": "impossible_travel",
        "text": "This code was seen near Wuhan on 13 Oct 2026, 00:30 and near Harbin on 13 Oct 2026, 03:00: about "
        "2,000 km in 2 h 30 min. One item cannot travel that fast; it would need at least 4 h 51 min.",
        "params": {
            "first_at": "2026-10-12T16:30:00+00:00",
            "second_at": "2026-10-12T19:00:00+00:00",
            "first_place": {"en": "near Wuhan", "zh": "武汉附近"},
            "second_place": {"en": "near Harbin", "zh": "哈尔滨附近"},
            "distance_km": 2000,
            "apart": 9000.0,
            "needed": pytest.approx(17463, abs=30),
        },
        "events": [str(event_id("wuhan")), str(event_id("harbin"))],
        "observed_by": [
            {
                "kind": "inspector",
                "attested": True,
                "name": "Market Supervision",
                "text": "an inspector of Market Supervision",
                "readers": ["samr/r-1"],
                "events": [str(event_id("wuhan")), str(event_id("harbin"))],
            }
        ],
    }
    assert document["confidence"] == 0.95


def test_evidence_that_is_not_at_hand_accuses_nobody():
    result = judge(CHECKED, facts(findings=(COPIED,)))
    assert (result.verdict, result.notes[0].slug) == (Verdict.GENUINE, "note.seen_elsewhere")
    assert list(result.notes[0].events) == list(COPIED.evidence["events"])


def test_strangers_phones_far_apart_leave_a_genuine_unit_genuine_with_what_to_compare():
    watch = found("impossible_travel", Kind.COPIED, Level.WATCH, 1002.5, "wuhan", "harbin", confidence=0.3)
    plain = judge(CHECKED, facts(history=(*JOURNEY, *LOOKS)))
    result = judge(CHECKED, facts(history=(*JOURNEY, *LOOKS), findings=(watch,)))
    assert (result.verdict, slugs(result)) == (Verdict.GENUINE, slugs(plain))
    note = result.to_json("en")["notes"][0]
    assert "elsewhere: near Wuhan on 13 Oct 2026, 00:30 and near Harbin on" in note["text"]
    assert [each["attested"] for each in note["observed_by"]] == [False]
    assert "compare_inside" in result.actions
    assert 0.5 < result.confidence < plain.confidence
    assert result.summary == "summary.genuine_elsewhere"


def test_what_many_anonymous_phones_say_together_is_a_note_however_sure_it_is():
    looks = tuple(look(f"l{n}", 900 + n / 100, 30.5, 114.3) for n in range(50))
    alert = found("copied_evidence", Kind.COPIED, Level.ALERT, 901, *(f"l{n}" for n in range(50)), confidence=0.999)
    result = judge(CHECKED, facts(history=(*JOURNEY, *looks), findings=(alert,)))
    assert (result.verdict, result.notes[0].slug) == (Verdict.GENUINE, "note.seen_elsewhere")


def test_a_case_that_somebody_entitled_has_confirmed_makes_it_copied_and_says_who():
    decision = Decision("samr", NOW - timedelta(days=1), str(event_id("case")), AUTHORITY)
    result = judge(CHECKED, facts(decision=decision))
    (reason,) = result.to_json("en")["reasons"]
    assert (result.verdict, reason["reason"]) == (Verdict.COPIED, "case_confirmed")
    assert "Market Supervision confirmed on 19 Nov 2026" in reason["text"]
    assert [(each["kind"], each["attested"]) for each in reason["observed_by"]] == [("person", True)]


def test_a_second_sale_and_a_sighting_after_the_end_have_their_own_words():
    sold = judge(CHECKED, facts(history=(*JOURNEY, row("sold-again", 1300, "retail_selling", SHOP)), findings=(ENDED,)))
    gone = found("after_end", Kind.ENDED, Level.ALERT, 1400, "gone", "wuhan")
    seen = judge(CHECKED, facts(history=(*JOURNEY, row("gone", 950, "destroying", SHOP), *LOOKS), findings=(gone,)))
    assert (slugs(sold), slugs(seen)) == (["sold_twice"], ["seen_after_end"])
    assert "by Wuchang shop, and sold again" in sold.to_json("en")["reasons"][0]["text"]
    tills = [each.says("en") for each in sold.reasons[0].observed_by]
    assert tills == ["the till of Wuchang shop", "the till of Wuhan warehouse"]


def test_many_findings_are_told_by_the_first_the_last_and_a_count():
    findings = [found("after_end", Kind.ENDED, Level.ALERT, 1000 + n, "gone", f"look-{n}") for n in range(5)]
    result = judge(CHECKED, facts(history=(row("gone", 950, "destroying", SHOP),), findings=tuple(findings)))
    assert slugs(result) == ["suspected_copy", "suspected_copy", "more_evidence"]
    assert result.reasons[2].params == {"count": 3}


def test_a_recall_gives_its_reason_and_begins_when_it_was_declared():
    recalled = replace(BATCH, recalled_at=NOW, recall_reason="Caps leak.", recall_reason_zh="瓶盖渗漏。")
    assert judge(CHECKED, facts(batch=recalled)).to_json("zh")["reasons"][0]["text"].endswith("瓶盖渗漏。")
    assert judge(CHECKED, facts(batch=recalled)).to_json("en")["reasons"][0]["text"].endswith("Caps leak.")
    assert word(batch=recalled, now=NOW - timedelta(seconds=1)) is Verdict.GENUINE


def test_a_best_before_date_counts_to_the_end_of_its_day_in_china():
    batch = replace(BATCH, expires_on=date(2026, 10, 31))
    midnight = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert word(batch=batch, now=midnight - timedelta(seconds=1)) is Verdict.GENUINE
    assert word(batch=batch, now=midnight) is Verdict.EXPIRED


def test_genuine_is_never_certain_and_less_so_with_gaps():
    whole = judge(CHECKED, facts(history=JOURNEY))
    gaps = judge(CHECKED, facts(history=JOURNEY[:1] + JOURNEY[9:]))
    assert 1 > whole.confidence > gaps.confidence
    assert "history_gaps" in slugs(gaps)


def test_labels_seen_before_their_time_are_noted_on_a_genuine_unit():
    early = found("before_commissioning", Kind.EARLY, Level.ALERT, -50, "stolen", confidence=0.9)
    result = judge(CHECKED, facts(findings=(early,)))
    assert (result.verdict, result.notes[0].slug) == (Verdict.GENUINE, "note.seen_early")
    assert result.confidence < judge(CHECKED, facts()).confidence


def test_earlier_looks_are_a_fact_and_no_accusation():
    many = tuple(look(f"l{n}", 900 + n, 30.5, 114.3) for n in range(30))
    result = judge(CHECKED, facts(history=(*JOURNEY, *many), scans=30))
    assert result.verdict is Verdict.GENUINE
    (note,) = result.notes
    assert (note.params["count"], note.events) == (30, (str(event_id("l0")),))
    assert judge(CHECKED, facts(history=JOURNEY, scans=0)).notes[0].slug == "note.first_look"


@pytest.mark.parametrize(
    ("looks", "notes", "counted"),
    [
        ((), ["first_look"], {"own": 0, "other_phones": 0}),
        (("me",), ["only_you"], {"own": 1, "other_phones": 0}),
        (("me", "me", "me"), ["only_you"], {"own": 3, "other_phones": 0}),
        (("you", "you", "you"), ["looked_at"], {"own": 0, "other_phones": 1}),
        (("me", "you", "me", "they"), ["looked_at", "your_scans"], {"own": 2, "other_phones": 2}),
    ],
)
def test_a_phones_own_looks_are_never_held_against_it(looks, notes, counted):
    rows = tuple(look(f"l{n}", 900 + n, handset=handset) for n, handset in enumerate(looks))
    result = judge(CHECKED, facts(history=(*JOURNEY, *rows), scans=len(rows)), visitor={"me"})
    assert [note.slug.removeprefix("note.") for note in result.notes] == notes
    document = result.to_json("zh")
    assert document["earlier_scans"] == counted
    assert result.confidence == judge(CHECKED, facts(history=JOURNEY)).confidence


def test_a_place_that_nobody_knows_to_a_hundred_kilometres_is_not_named():
    for radius_m, slug in ((25_000.0, "note.looked_at_near"), (300_000.0, "note.looked_at")):
        (note,) = judge(CHECKED, facts(history=(look("a", 900, 30.5, 114.3, radius_m=radius_m),))).notes
        assert note.slug == slug


def test_a_stranger_without_an_install_id_is_one_phone_however_often_it_looks():
    rows = tuple(replace(look(f"l{n}", 900 + n), handset=None) for n in range(12))
    assert judge(CHECKED, facts(history=(*JOURNEY, *rows))).earlier.others == 1


@pytest.mark.parametrize("name", stories())
def test_every_verdict_says_who_observed_what_it_rests_on(name):
    result = stories()[name].verdict
    assert all(reason.observed_by for reason in result.reasons)
    if result.verdict is Verdict.COPIED:
        assert any(each.kind.is_attested for reason in result.reasons for each in reason.observed_by)


def test_a_maker_without_a_name_is_still_the_maker():
    result = judge(replace(CHECKED, proof=Proof.SIGNED), facts(maker=None))
    assert "the maker" in result.to_json("en")["reasons"][0]["text"]
    assert MAKER.name_zh in judge(CHECKED, facts()).to_json("zh")["reasons"][0]["text"]


@given(
    st.permutations([*JOURNEY, *INSPECTED, row("sold-again", 1300, "retail_selling", SHOP)]),
    st.permutations([COPIED, ENDED, OFF]),
    st.booleans(),
)
def test_the_order_of_rows_and_findings_changes_nothing(rows, findings, accused):
    kept = findings if accused else [OFF]
    straight = sorted(rows, key=lambda each: each.occurred_at)
    one = judge(CHECKED, facts(history=tuple(rows), findings=tuple(kept), first_scan=FIRST, lane_incident=True))
    other = judge(
        CHECKED,
        facts(
            history=tuple(straight),
            findings=tuple(sorted(kept, key=lambda each: each.rule)),
            first_scan=FIRST,
            lane_incident=True,
        ),
    )
    assert one == other


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", stories())
def test_every_verdict_is_told_to_programs_with_its_words_and_advice(name, language):
    document = stories()[name].verdict.to_json(language)
    assert document["title"]
    assert document["actions"]
    assert all(each["text"] for each in document["reasons"] + document["actions"])
    assert not any("{" in each["text"] for each in document["reasons"] + document["notes"])
