import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32
from schemas.ff1 import FF1
from schemas.gs1 import check_digit
from schemas.serial import BATCH_NUMBERS, INDEXES, KEY_NUMBERS, LENGTH, Sealer, UnitNumber

KEY = bytes(range(32))
GTIN = "09521234000013"

batches = st.integers(0, BATCH_NUMBERS - 1)
indexes = st.integers(0, INDEXES - 1)
key_numbers = st.integers(0, KEY_NUMBERS - 1)
gtins = st.integers(0, 10**13 - 1).map(lambda n: f"{n:013d}{check_digit(f'{n:013d}')}")


def numerals(value):
    return [value >> 5 * place & 31 for place in range(LENGTH - 1, -1, -1)]


@given(gtins, key_numbers, batches, indexes)
def test_a_serial_gives_back_what_was_sealed(gtin, key_number, batch, index):
    sealer = Sealer(KEY, key_number)
    serial = sealer.seal(gtin, batch, index)
    assert len(serial) == 20
    assert set(serial) <= set(base32.ALPHABET)
    assert sealer.unseal(gtin, serial) == UnitNumber(key_number, batch, index)


@given(gtins, key_numbers, batches, indexes)
def test_the_fast_path_is_ff1_of_the_standard(gtin, key_number, batch, index):
    plain = numerals(key_number << 56 | batch << 30 | index)
    slow = FF1(KEY, 32).encrypt(plain, int(gtin).to_bytes(8))
    assert Sealer(KEY, key_number).seal(gtin, batch, index) == "".join(base32.ALPHABET[n] for n in slow)


@given(batches, indexes, st.integers(0, LENGTH - 1), st.integers(1, 31))
def test_one_wrong_character_is_never_accepted(batch, index, position, shift):
    sealer = Sealer(KEY, 3)
    serial = sealer.seal(GTIN, batch, index)
    wrong = base32.ALPHABET[(base32.ALPHABET.index(serial[position]) + shift) % 32]
    assert sealer.unseal(GTIN, serial[:position] + wrong + serial[position + 1 :]) is None


@given(gtins, gtins, batches, indexes)
def test_a_serial_moved_to_another_gtin_is_never_accepted(gtin, other, batch, index):
    sealer = Sealer(KEY, 0)
    unit = sealer.unseal(other, sealer.seal(gtin, batch, index))
    assert (unit is not None) == (gtin == other)


@given(st.text(alphabet=base32.ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_a_made_up_serial_is_never_accepted(serial):
    assert Sealer(KEY, 0).unseal(GTIN, serial) is None


def test_another_key_or_key_number_does_not_unseal():
    serial = Sealer(KEY, 1).seal(GTIN, 7, 8)
    assert Sealer(bytes(32), 1).unseal(GTIN, serial) is None
    assert Sealer(KEY, 2).unseal(GTIN, serial) is None, "the number inside must be the sealer's own"


@pytest.mark.parametrize("serial", ["", "0" * 19, "0" * 21, "U" * 20, "é" * 20, "0" * 19 + "i", "\ud800" * 20])
def test_text_that_is_no_serial_is_none_and_not_an_error(serial):
    assert Sealer(KEY, 0).unseal(GTIN, serial) is None


def test_the_corners_of_the_fields_are_distinct_serials():
    serials = {
        Sealer(KEY, key_number).seal(GTIN, batch, index)
        for key_number in (0, KEY_NUMBERS - 1)
        for batch in (0, BATCH_NUMBERS - 1)
        for index in (0, 1, INDEXES - 1)
    }
    assert len(serials) == 12


@pytest.mark.parametrize(("batch", "index"), [(-1, 0), (0, -1), (BATCH_NUMBERS, 0), (0, INDEXES)])
def test_numbers_outside_their_field_are_refused(batch, index):
    with pytest.raises(ValueError, match="outside its field"):
        Sealer(KEY, 0).seal(GTIN, batch, index)


@pytest.mark.parametrize("key_number", [-1, KEY_NUMBERS])
def test_a_key_number_outside_its_field_is_refused(key_number):
    with pytest.raises(ValueError, match="key number"):
        Sealer(KEY, key_number)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(size):
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(bytes(size), 0)
