"""Subjects of findings: values inside, text at the edge, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.subject import (
    ClaimsSubject,
    DumpingSubject,
    ForgedSubject,
    GuessingSubject,
    ItemSubject,
    LaneSubject,
    OtherSubject,
    ReaderSubject,
    RollSubject,
    SiteSubject,
    SourceSubject,
    parse_subject,
)

TEXTS = {
    "01/09521234000013/21/2ABC": ItemSubject("01/09521234000013/21/2ABC"),
    "00/195212340000000018": ItemSubject("00/195212340000000018"),
    "lane/huadu/dealer-1/urumqi": LaneSubject("huadu", "dealer-1", "urumqi"),
    "roll/huadu/L/2026/3": RollSubject("huadu", "L/2026", 3),
    "dumping/huadu/urumqi": DumpingSubject("huadu", "urumqi"),
    "guessing/huadu/09521234000013": GuessingSubject("huadu", "09521234000013"),
    "forged/huadu/09521234000013/2026-03-01": ForgedSubject("huadu", "09521234000013", "2026-03-01"),
    "source/a handset": SourceSubject("a handset"),
    "reader/huadu/line-1": ReaderSubject("huadu", "line-1"),
    "claims/huadu/dealer-1": ClaimsSubject("huadu", "dealer-1"),
    "site/dealer-1": SiteSubject("dealer-1"),
    "rule/second_sale": OtherSubject("rule/second_sale"),
}


@pytest.mark.parametrize(("text", "subject"), TEXTS.items(), ids=TEXTS)
def test_a_subject_is_its_text(text, subject):
    assert parse_subject(text) == subject
    assert str(subject) == text


@given(
    st.text()
    | st.lists(st.sampled_from([*"01 00 lane roll dumping reader source site x 3 03".split(), ""])).map("/".join)
)
def test_whatever_the_text_it_is_read_and_written_unchanged(text):
    assert str(parse_subject(text)) == text


def test_only_items_with_a_serial_have_a_gtin():
    assert ItemSubject("01/09521234000013/21/2ABC").gtin == "09521234000013"
    assert ItemSubject("00/195212340000000018").gtin == ""


@pytest.mark.parametrize("text", [text for text in TEXTS if not text[0].isdigit()])
def test_no_other_subject_can_be_taken_for_an_item(text):
    assert not isinstance(parse_subject(text), ItemSubject)


def test_the_lanes_of_a_dealer_share_one_name():
    assert LaneSubject("huadu", "dealer-1", "urumqi").dealer_lanes == "lane/huadu/dealer-1"
    assert LaneSubject("huadu", "dealer-1", "urumqi").dealer_lanes == LaneSubject("huadu", "dealer-1", "x").dealer_lanes
