import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32


def test_the_alphabet_is_crockfords_and_fits_the_alphanumeric_mode_of_qr():
    assert base32.ALPHABET == "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert not set("ILOU") & set(base32.ALPHABET)
    assert set(base32.ALPHABET) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize(
    ("value", "length", "text"),
    [(0, 1, "0"), (31, 1, "Z"), (32, 2, "10"), (0, 4, "0000"), (1234567, 5, "15NM7"), ((1 << 100) - 1, 20, "Z" * 20)],
)
def test_numbers_are_written_most_significant_character_first(value, length, text):
    assert base32.encode(value, length) == text
    assert base32.decode(text) == value


@pytest.mark.parametrize(("value", "length"), [(-1, 4), (32, 1), (1 << 100, 20), (1, 0)])
def test_a_number_that_does_not_fit_is_refused(value, length):
    with pytest.raises(OverflowError):
        base32.encode(value, length)


@given(st.integers(0, (1 << 100) - 1))
def test_every_number_survives_the_round_trip(value):
    assert base32.decode(base32.encode(value, 20)) == value


@given(st.binary(max_size=80))
def test_bytes_survive_the_round_trip(data):
    text = base32.encode_bytes(data)
    assert len(text) == -(-8 * len(data) // 5)
    assert base32.decode_bytes(text, len(data)) == data


def test_bytes_have_exactly_one_spelling():
    text = base32.encode_bytes(b"\xff")
    assert text == "ZW"
    for last in "XYZ":  # the same eight bits, other padding
        with pytest.raises(ValueError, match="padding"):
            base32.decode_bytes("Z" + last, 1)


@pytest.mark.parametrize("text", ["", "Z", "ZW0"])
def test_bytes_of_another_length_are_refused(text):
    with pytest.raises(ValueError, match="take 2 characters"):
        base32.decode_bytes(text, 1)


@pytest.mark.parametrize("character", ["U", "I", "a", "-", " ", "é", "\ud800"])
def test_decoding_is_exact_about_the_alphabet(character):
    with pytest.raises(KeyError):
        base32.decode("0" + character)


def test_what_a_person_may_have_typed_is_put_right():
    assert base32.normalise("oO0 iIlL1 abcxyz") == "000 11111 ABCXYZ"
    assert base32.normalise("uU-é") == "uU-é", "U has no look-alike and stays wrong"


@given(st.text(alphabet=base32.ALPHABET))
def test_normal_text_is_left_alone_and_lower_case_comes_back(text):
    assert base32.normalise(text) == text
    assert base32.normalise(text.lower()) == text
