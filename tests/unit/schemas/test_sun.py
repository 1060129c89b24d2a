import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from schemas import sun
from schemas.errors import InvalidIdentifier
from schemas.sun import Freshness, Tap

ZERO = bytes(16)
# The two worked examples of AN12196, both with keys of zeros.
PICC, MAC = "EF963FF7828658A599F3041510671E88", "94EED9EE65337086"
PICC_2, ENC, MAC_2 = "FD91EC264309878BE6345CBE53BADF40", "CEE9A53E3E463EF1F459635736738962", "ECC1E7F6C6C73BF6"


def zero(uid):
    return ZERO


def test_the_examples_of_an12196_are_read():
    tap = sun.verify(PICC, MAC, meta_read_key=ZERO, key_of=zero)
    assert tap == Tap(bytes.fromhex("04DE5F1EACC040"), 61)
    tap = sun.verify(PICC_2, MAC_2, meta_read_key=ZERO, key_of=zero, file_data=ENC, mac_input=f"{ENC}&cmac=")
    assert tap == Tap(bytes.fromhex("04958CAA5C5E80"), 8, b"x" * 16)


@given(st.integers(0, 15), st.integers(0, 15))
def test_one_wrong_digit_is_never_accepted(place, digit):
    wrong = MAC[:place] + f"{digit:X}" + MAC[place + 1 :]
    assert (sun.verify(PICC, wrong, meta_read_key=ZERO, key_of=zero) is not None) == (wrong == MAC)
    wrong = PICC[:place] + f"{digit:X}" + PICC[place + 1 :]
    assert (sun.verify(wrong, MAC, meta_read_key=ZERO, key_of=zero) is not None) == (wrong == PICC)


def test_file_data_is_bound_by_the_mac():
    changed = "00" + ENC[2:]
    assert (
        sun.verify(PICC_2, MAC_2, meta_read_key=ZERO, key_of=zero, file_data=changed, mac_input=f"{changed}&cmac=")
        is None
    )


def test_another_key_opens_nothing():
    assert sun.verify(PICC, MAC, meta_read_key=bytes(15) + b"\x01", key_of=zero) is None
    assert sun.verify(PICC, MAC, meta_read_key=ZERO, key_of=lambda uid: bytes(15) + b"\x01") is None


def test_the_file_read_key_may_be_the_tags_own():
    asked = []

    def key_of(uid):
        asked.append(uid.hex())
        return ZERO

    assert sun.verify(PICC, MAC, meta_read_key=ZERO, key_of=key_of) is not None
    assert asked == ["04de5f1eacc040"]


@pytest.mark.parametrize("tag_byte", [0x00, 0x87, 0x47, 0xC4])
def test_a_tag_that_hides_something_else_is_no_message_of_ours(tag_byte):
    plain = bytes([tag_byte]) + bytes(15)
    sealed = Cipher(algorithms.AES128(ZERO), modes.CBC(ZERO)).encryptor().update(plain)
    assert sun.verify(sealed.hex(), MAC, meta_read_key=ZERO, key_of=zero) is None


@pytest.mark.parametrize(
    ("picc", "mac", "enc", "part"),
    [
        (PICC[:-1], MAC, "", "picc_data"),
        (PICC + "00", MAC, "", "picc_data"),
        ("x" * 32, MAC, "", "picc_data"),
        (" " + PICC[1:], MAC, "", "picc_data"),
        (PICC, MAC[:-2], "", "cmac"),
        (PICC, MAC, "00", "enc"),
        (PICC, MAC, "é" * 32, "enc"),
    ],
)
def test_what_is_not_hexadecimal_of_its_length_is_refused_by_name(picc, mac, enc, part):
    with pytest.raises(InvalidIdentifier) as refused:
        sun.verify(picc, mac, meta_read_key=ZERO, key_of=zero, file_data=enc)
    assert (refused.value.reason, refused.value.part) == ("hexadecimal", part)


def test_a_counter_that_repeats_or_goes_back_is_a_copy():
    tap = sun.verify(PICC, MAC, meta_read_key=ZERO, key_of=zero)
    seen = {last: sun.freshness(last, tap) for last in (None, 0, 60, 61, 62)}
    assert seen == {
        None: Freshness.FRESH,
        0: Freshness.FRESH,
        60: Freshness.FRESH,
        61: Freshness.REPEATED,
        62: Freshness.BACK,
    }
