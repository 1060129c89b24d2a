import re

import pytest
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from hypothesis import given
from hypothesis import strategies as st

from schemas import ai_content, ai_relation, application_identifier
from schemas.application_identifier import find, leading

# All that the General Specifications know, by asking the table for every number that can be one.
TABLE = {
    entry.ai: entry
    for number in [f"{n:0{width}d}" for width in (2, 3, 4) for n in range(10**width)]
    if (entry := application_identifier._table_entry(number)) is not None
}


def test_the_table_is_whole():
    assert len(TABLE) > 500
    assert {"00", "01", "10", "21", "414", "8030", "8110"} <= set(TABLE)


@pytest.mark.parametrize("ai", application_identifier._COMMON)
def test_what_is_known_without_the_table_is_what_the_table_says(ai):
    assert TABLE[ai].format == f"N{len(ai)}+{application_identifier._COMMON[ai]}"


def test_separators_are_due_where_the_table_says():
    assert {ai for ai in TABLE if find(ai).separated} == {ai for ai, entry in TABLE.items() if entry.separator_required}


@st.composite
def values(draw):
    """An AI and a value of its form: the right number of characters of the right sets."""
    ai = draw(st.sampled_from(sorted(TABLE)))
    characters = {"N": "0123456789", "X": "!\"%&'()*+,-./09:;<=>?AZ_az", "Y": "#-/09AZ", "Z": "-09AZ_az"}
    value = ""
    for part in find(ai).components:
        if part.optional and draw(st.booleans()):
            break
        value += draw(st.text(characters[part.kind], min_size=part.least, max_size=part.most))
    return ai, value


@given(values())
def test_a_value_of_the_right_form_is_one_by_the_tables_pattern(drawn):
    ai, value = drawn
    assert find(ai).fault(value) is None
    if ai_content.fault(ai, value) is None and ai != "8010":  # the table wants five characters of a CPID
        assert re.fullmatch(TABLE[ai].pattern, ai + value)


@pytest.mark.parametrize(
    ("ai", "value", "reason", "wrong"),
    [
        ("10", "", "length", ""),
        ("10", "A" * 21, "length", "A" * 21),
        ("7007", "2601312", "length", "2601312"),
        ("3103", "12345é", "not_digits", "é"),
        ("8010", "9521x", "character_set", "x"),
        ("8030", "ab=c", "character_set", "="),
        ("7030", "15 ", "not_digits", " "),
    ],
)
def test_a_wrong_form_is_pointed_at(ai, value, reason, wrong):
    fault = find(ai).fault(value if ai != "7030" else value + "X")
    assert fault.reason == reason
    assert value[fault.start : fault.end] == wrong


@pytest.mark.parametrize(
    ("ai", "good", "bad", "wrong"),
    [
        ("00", "095212340000000013", "095212340000000014", "4"),
        ("8013", "1987654Ad4X4bL5ttr2310c2K", "1987654Ad4X4bL5ttr2310c2L", "2L"),
        ("8003", "09521234000006A", "19521234000006A", "1"),
        ("8003", "09521234000006A", "09521234000007A", "7"),
        ("8004", "9521A", "952A1", "952A"),
        ("17", "261200", "261232", "32"),
        ("17", "240229", "230229", "29"),
        ("7006", "260630", "260600", "00"),
        ("7003", "2606302359", "2606302459", "24"),
        ("4324", "2606309999", "2606302460", "24"),
        ("8008", "26063012", "2606301260", "60"),
        ("8008", "260630125959", "260630125960", "60"),
        ("7250", "19000228", "19000229", "29"),
        ("423", "156392", "156999", "999"),
        ("7030", "999X", "998X", "998"),
        ("4307", "CN", "XX", "XX"),
        ("3910", "1561", "1571", "157"),
        ("4300", "A%E4%B8%AD", "A%E4%B", "%B"),
        ("4309", "18000000003600000000", "18000000013600000000", "1800000001"),
        ("4330", "001000-", "001000+", "+"),
        ("8001", "00010000100191", "00010000000191", "00000"),
        ("8006", "095212340000130202", "095212340000130302", "0302"),
        ("8007", "GB82WEST12345698765432", "GB82WEST12345698765433", "GB82WEST12345698765433"),
        ("8011", "10", "01", "01"),
        ("7040", "1ABC", "1AB%", "%"),
        ("7241", "80", "11", "11"),
        ("7258", "1/2", "3/2", "3/2"),
        ("8014", "1987654Ad4X4bL5ttr2310c2K", "123", "123"),
    ],
)
def test_what_a_value_says_is_checked(ai, good, bad, wrong):
    assert find(ai).fault(good) is None
    assert ai_content.fault(ai, good) is None
    fault = ai_content.fault(ai, bad)
    assert bad[fault.start : fault.end] == wrong


@given(values())
def test_the_check_of_what_a_value_says_names_a_part_of_it_or_nothing(drawn):
    ai, value = drawn
    fault = ai_content.fault(ai, value)
    if fault is not None:
        assert 0 <= fault.start < fault.end <= len(value)
        assert fault.reason
        assert fault.detail


def test_what_the_rules_speak_of_exists():
    spoken = {ai for sequences in ai_relation.QUALIFIERS.values() for sequence in sequences for ai in sequence}
    spoken |= set(ai_relation.QUALIFIERS) | ai_relation.PATH_ONLY
    assert spoken <= set(TABLE)
    for patterns, others in ai_relation._NEEDS + ai_relation._EXCLUDES:
        for pattern in re.findall(r"[0-9n]+", f"{patterns} {others}"):
            assert any(ai_content.stands_for(pattern, ai) for ai in TABLE), pattern


def test_no_ai_is_the_beginning_of_another():
    for ai in TABLE:
        assert leading(ai + "9" * 20) == find(ai)
    assert leading("") is leading("0") is leading("xx") is None
    assert isinstance(TABLE["01"], GS1ApplicationIdentifier)
