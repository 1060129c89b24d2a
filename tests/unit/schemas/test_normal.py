import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32, code, normal, reading
from schemas.errors import InvalidIdentifier
from schemas.keys import Issuer, Keyring
from schemas.serial import LENGTH, Sealer

GTIN = "09521234000013"
SEALER = Sealer(bytes(range(32)), 0)
SERIAL = SEALER.seal(GTIN, 7, 42)
KEYRING = Keyring({"9521234": Issuer("huadu", (SEALER,))}, {})

valid = st.text(alphabet=base32.ALPHABET, min_size=LENGTH, max_size=LENGTH)
CYRILLIC = str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")
GREEK = str.maketrans("ABEZHKMNPTYX", "ΑΒΕΖΗΚΜΝΡΤΥΧ")
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

CHANGES = {
    "lower case": str.lower,
    "full width": lambda text: text.translate(WIDE),
    "full width, lower case": lambda text: text.lower().translate(WIDE),
    "Cyrillic": lambda text: text.translate(CYRILLIC),
    "Greek": lambda text: text.translate(GREEK),
    "the letter O for zero": lambda text: text.replace("0", "O"),
    "the letters l and I for one": lambda text: text.replace("1", "l", 1).replace("1", "I"),
    "groups": lambda text: " ".join(text[place : place + 5] for place in range(0, 20, 5)),
    "hyphens": lambda text: "-".join(text[place : place + 4] for place in range(0, 20, 4)),
    "dashes of a word processor": lambda text: "\u2013".join(text[place : place + 4] for place in range(0, 20, 4)),
    "what can't be seen": lambda text: "\u200b" + text[:7] + "\u00ad" + text[7:] + "\ufeff",
    "an ideographic space": lambda text: text[:10] + "\u3000" + text[10:],
}


@pytest.mark.parametrize("change", CHANGES)
@given(serial=valid)
def test_what_a_phone_or_a_person_did_to_a_serial_is_undone(change, serial):
    assert normal.serial(CHANGES[change](serial)) == serial


@given(valid)
def test_a_valid_serial_is_never_changed_so_that_no_two_become_one(serial):
    assert normal.serial(serial) == serial
    assert normal.typed(f"/01/{GTIN}/21/{serial}") == f"/01/{GTIN}/21/{serial}"


@given(st.text(max_size=40))
def test_what_can_t_be_a_serial_is_left_alone(text):
    plain = normal.serial(text)
    assert plain == text or (len(plain) == LENGTH and set(plain) <= set(base32.ALPHABET))
    assert normal.serial(plain) == plain


@pytest.mark.parametrize("serial", ["abc-1", "SN 0001", "O0O0", "aBcDeFgHiJkLmNoPqRsT!"])
def test_a_serial_of_others_keeps_its_spelling(serial):
    assert normal.serial(serial) == serial


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "form", ["(01){gtin}(21){serial}", "/01/{gtin}/21/{serial}", "https://id.example/01/{gtin}/21/{serial}"]
)
def test_a_changed_code_is_still_judged_genuine(change, form):
    text = form.format(gtin=GTIN, serial=CHANGES[change](SERIAL))
    checked = code.check(reading.read(text), KEYRING)
    assert (checked.proof, checked.item_id) == (code.Proof.SEALED, f"01/{GTIN}/21/{SERIAL}")


@pytest.mark.parametrize("change", CHANGES)
def test_one_wrong_character_stays_a_forgery_whatever_else_was_done(change):
    wrong = base32.ALPHABET[(base32.ALPHABET.index(SERIAL[3]) + 1) % 32]
    text = CHANGES[change](SERIAL[:3] + wrong + SERIAL[4:])
    assert code.check(reading.read(f"(01){GTIN}(21){text}"), KEYRING).proof is code.Proof.FORGED


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ("\uff0801\uff09" + GTIN, f"01/{GTIN}"),
        ("(01) 0-952123-400001-3 ", f"01/{GTIN}"),
        ("9-521234-00001-3", f"01/{GTIN}"),
        ("https\uff1a//id.example/01/" + GTIN, f"01/{GTIN}"),
        ("https://id\u3002example/01/" + GTIN, f"01/{GTIN}"),
        (f"/01/{GTIN}/21/%D0%90{SERIAL[1:]}", f"01/{GTIN}/21/A{SERIAL[1:]}"),
    ],
)
def test_the_structure_is_mended_too(text, item_id):
    assert reading.read(text).item_id == item_id


def test_a_text_that_can_t_be_mended_is_refused_by_its_own_places():
    text = f"(01) {GTIN[:-1]}5"
    with pytest.raises(InvalidIdentifier) as refused:
        reading.read(text)
    start, end = refused.value.span
    assert 0 <= start <= end <= len(text)
