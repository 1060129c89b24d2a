from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32, code, digital_link
from schemas.code import Proof
from schemas.errors import InvalidIdentifier
from schemas.keys import Issuer, Keyring, SigningKey
from schemas.serial import Sealer, UnitNumber

BASE = "https://id.example"
GTIN = "09521234000013"
OTHER_GTIN = "09521234000020"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SEALER = Sealer(bytes(range(32, 64)), 1)
SERIAL = SEALER.seal(GTIN, 7, 42)
UNIT = UnitNumber(1, 7, 42)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
SIGNING = SigningKey("K1", "huadu", KEY.public_key(), START, END)
ISSUER = Issuer("huadu", (Sealer(bytes(32), 0), SEALER))
KEYRING = Keyring({"9521234": ISSUER}, {"K1": SIGNING})

SEALED = code.uri(BASE, GTIN, SERIAL)
SIGNED = code.signed_uri(BASE, GTIN, SERIAL, "K1", KEY)
SIGNATURE = KEY.sign(code.signing_input("K1", f"(01){GTIN}(21){SERIAL}"))


def checked(text, keyring=KEYRING):
    return code.check(digital_link.parse(text), keyring)


def with_8030(value):
    return f"{BASE}/01/{GTIN}/21/{SERIAL}?linkType=gs1:pip&8030={value}"


def test_a_sealed_code_proves_itself_and_says_its_unit():
    found = checked(SEALED)
    assert found == code.Checked(Proof.SEALED, f"01/{GTIN}/21/{SERIAL}", "huadu", UNIT)
    assert found.proof.is_authentic


def test_a_signed_code_proves_itself_and_says_its_unit():
    found = checked(SIGNED)
    assert found == code.Checked(Proof.SIGNED, f"01/{GTIN}/21/{SERIAL}", "huadu", UNIT)
    assert found.proof.is_authentic


def test_both_grades_stay_in_the_alphanumeric_mode_of_qr():
    for text in (SEALED, SIGNED):
        assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_the_signature_does_not_bind_the_host():
    assert checked(SIGNED.replace("ID.EXAMPLE", "QR.ELSEWHERE.EXAMPLE/shop")).proof is Proof.SIGNED
    assert code.uri(BASE + "/", GTIN, SERIAL) == SEALED


def test_anybody_can_check_a_signed_code_offline_with_the_public_key():
    segment = SIGNED.split("/")[3]
    assert len(segment) == 2 + code.SIGNATURE_LENGTH
    signature = base32.decode_bytes(segment[2:], 64)
    KEY.public_key().verify(signature, f"suyuan/v1/code\nK1\n(01){GTIN}(21){SERIAL}".encode())


@given(st.integers(0, 19), st.sampled_from(base32.ALPHABET))
def test_one_wrong_character_of_a_serial_is_a_forgery(position, character):
    wrong = SERIAL[:position] + character + SERIAL[position + 1 :]
    for whole in (SEALED, SIGNED):
        proof = checked(whole.replace(SERIAL, wrong)).proof
        assert (proof is Proof.FORGED) == (wrong != SERIAL)


@given(st.integers(0, 104), st.sampled_from(base32.ALPHABET))
def test_one_wrong_character_of_a_signature_is_never_accepted(position, character):
    segment = SIGNED.split("/")[3]
    wrong = segment[:position] + character + segment[position + 1 :]
    proof = checked(SIGNED.replace(segment, wrong)).proof
    if wrong == segment:
        assert proof is Proof.SIGNED
    else:
        assert proof is (Proof.UNKNOWN_KEY if position < 2 else Proof.BAD_SIGNATURE)


@given(st.data(), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%*+-./:?#&=abcxyz"))
def test_one_wrong_character_anywhere_never_makes_another_code_genuine(data, character):
    for whole in (
        SEALED,
        SIGNED,
        BASE + with_8030("K1" + urlsafe_b64encode(SIGNATURE).decode().rstrip("="))[len(BASE) :],
    ):
        place = data.draw(st.integers(0, len(whole) - 1))
        try:
            found = checked(whole[:place] + character + whole[place + 1 :])
        except InvalidIdentifier:
            continue
        assert not found.proof.is_authentic or found.item_id == f"01/{GTIN}/21/{SERIAL}"


@given(st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_of_a_gtin_is_a_wrong_check_digit(place, shift):
    wrong = GTIN[:place] + str((int(GTIN[place]) + shift) % 10) + GTIN[place + 1 :]
    for whole in (SEALED, SIGNED):
        with pytest.raises(InvalidIdentifier, match="check_digit"):
            checked(whole.replace(GTIN, wrong))


@pytest.mark.parametrize("cut", [1, 20, 40])
def test_a_damaged_signature_is_not_an_absent_one(cut):
    segment = SIGNED.split("/")[3]
    assert checked(SIGNED.replace(segment, segment[:-cut])).proof is Proof.BAD_SIGNATURE
    assert checked(SIGNED.replace(segment, segment + "0" * cut)).proof is Proof.BAD_SIGNATURE
    assert checked(SIGNED.replace(segment, segment[:-1] + "%")).proof is Proof.BAD_SIGNATURE


def test_a_signature_of_another_unit_does_not_hold():
    other = SEALER.seal(GTIN, 7, 43)
    assert checked(SIGNED.replace(SERIAL, other)).proof is Proof.BAD_SIGNATURE


def test_case_and_look_alikes_are_put_right_and_name_the_same_item():
    typed = SERIAL.replace("1", "l").replace("0", "o").lower()
    assert typed != SERIAL
    for text in (SEALED.replace(SERIAL, typed), SIGNED.lower(), SEALED.lower(), SIGNED.replace("1", "1")):
        found = checked(text)
        assert found.proof.is_authentic
        assert (found.item_id, found.unit) == (f"01/{GTIN}/21/{SERIAL}", UNIT)


def test_a_signature_in_ai_8030_is_checked():
    text = urlsafe_b64encode(SIGNATURE).decode().rstrip("=")
    assert checked(with_8030("K1" + text)).proof is Proof.SIGNED
    assert checked(with_8030("ZZ" + text)).proof is Proof.UNKNOWN_KEY


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "==",
        lambda text: "." + text,
        lambda text: text[:40] + "%20" + text[40:],
        lambda text: text[:-1] + chr(ord(text[-1]) + 1),  # other padding bits, the same 64 bytes
        lambda text: text.swapcase(),
        lambda text: "",
        lambda text: "é" * 86,
    ],
)
def test_damage_to_ai_8030_is_a_bad_signature(damage):
    text = urlsafe_b64encode(SIGNATURE).decode().rstrip("=")
    assert checked(with_8030("K1" + damage(text))).proof is Proof.BAD_SIGNATURE


def test_an_empty_ai_8030_is_damage_and_not_absence():
    assert checked(with_8030("")).proof is Proof.UNKNOWN_KEY


def test_a_key_that_is_nobodys_or_anothers_is_unknown():
    assert checked(SIGNED, replace(KEYRING, signing={})).proof is Proof.UNKNOWN_KEY
    foreign = replace(SIGNING, org_id="other")
    assert checked(SIGNED, replace(KEYRING, signing={"K1": foreign})).proof is Proof.UNKNOWN_KEY


def test_a_revoked_signing_key_proves_nothing_but_a_bad_signature_is_still_bad():
    revoked = replace(KEYRING, signing={"K1": replace(SIGNING, revoked_at=START)})
    assert checked(SIGNED, revoked).proof is Proof.REVOKED_KEY
    assert checked(SIGNED.replace(SERIAL, SEALER.seal(GTIN, 7, 43)), revoked).proof is Proof.BAD_SIGNATURE
    assert checked(SEALED, revoked).proof is Proof.SEALED


def test_a_revoked_sealing_key_proves_nothing_whatever_the_signature_says():
    revoked = replace(KEYRING, prefixes={"9521234": replace(ISSUER, revoked=frozenset({1}))})
    for text in (SEALED, SIGNED):
        found = checked(text, revoked)
        assert found.proof is Proof.REVOKED_KEY
        assert not found.proof.is_authentic
        assert found.unit == UNIT


def test_what_nobody_here_issues_is_foreign():
    assert checked(f"/01/{GTIN}").proof is Proof.FOREIGN
    assert checked("/00/095212340000000013").proof is Proof.FOREIGN
    assert checked(f"/01/{GTIN}/21/{SERIAL}", Keyring({}, {})).proof is Proof.FOREIGN


def test_a_serial_on_another_gtin_of_the_same_maker_is_a_forgery():
    found = checked(f"/01/{OTHER_GTIN}/21/{SERIAL}")
    assert (found.proof, found.org_id, found.unit) == (Proof.FORGED, "huadu", None)


@given(st.text(max_size=120), st.text(max_size=120))
def test_nothing_in_stem_or_query_raises_or_proves_a_signature(stem, value):
    link = digital_link.DigitalLink("01", GTIN, serial=SERIAL, stem=(stem,), attributes={"8030": value})
    assert code.check(link, KEYRING).proof in {Proof.SEALED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY}
