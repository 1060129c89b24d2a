import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import element_string
from schemas.digital_link import DigitalLink
from schemas.errors import InvalidIdentifier
from schemas.gs1 import check_digit

GTIN, SSCC, GLN = "09521234000013", "095212340000000013", "9521234000006"
CSET = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
GS = "\x1d"

GOOD = {
    f"(01){GTIN}(21)A1": DigitalLink("01", GTIN, serial="A1"),
    f"(21)A1(01){GTIN}(10)L": DigitalLink("01", GTIN, lot="L", serial="A1"),
    f"(01){GTIN}(21)A(1)(B": DigitalLink("01", GTIN, serial="A(1)(B"),
    rf"(01){GTIN}(21)A\(10)B\\": None,
    f"(00){SSCC}(02){GTIN}(37)12": DigitalLink("00", SSCC),
    f"(414){GLN}(254)dock-3": DigitalLink("414", GLN, extension="dock-3"),
    f"01{GTIN}21A1": DigitalLink("01", GTIN, serial="A1"),
    f"]d201{GTIN}21A1{GS}17261231": DigitalLink("01", GTIN, serial="A1"),
    f"]Q3{GS}01{GTIN}10L{GS}21A1": DigitalLink("01", GTIN, lot="L", serial="A1"),
    f"]C101{GTIN}{GS}21A1{GS}": DigitalLink("01", GTIN, serial="A1"),
    f"]e001{GTIN}\u241d21A1": DigitalLink("01", GTIN, serial="A1"),
    f"]C100{SSCC}": DigitalLink("00", SSCC),
    "]E09521234000013": DigitalLink("01", GTIN),
    "]E412345670": DigitalLink("01", "00000012345670"),
    f"]I1{GTIN}": DigitalLink("01", GTIN),
    "9521234000013": DigitalLink("01", GTIN),
    "12345670": DigitalLink("01", "00000012345670"),
    f"(01){GTIN}(21)A1(21)A1": DigitalLink("01", GTIN, serial="A1"),
}

# text, reason, part, and the characters that the span must point at
BAD = [
    (f"(01){GTIN}x", "length", "01", f"{GTIN}x"),
    ("(01)09521234000014", "check_digit", "01", "4"),
    (f"(01){GTIN}(21)A B", "character_set", "21", " "),
    (f"(01){GTIN}(38)1", "unknown_ai", "path", "38"),
    (f"(01){GTIN} (21", "length", "01", f"{GTIN} (21"),
    ("(x)1", "brackets", "path", "(x)1"),
    (f"(01){GTIN}(21)A(21)B", "repeated_ai", "21", "21"),
    (f"(01){GTIN}(235)T(21)S", "excludes", "21", "21"),
    ("(10)L", "no_primary_key", "path", "10)L"),
    (f"(01){GTIN}(17)261301", "date", "17", "13"),
    (f"(01){GTIN}(8030)K1x", "requires", "8030", "8030"),
    (f"]Q101{GTIN}", "symbology", "symbol", "]Q1"),
    ("]E012345", "length", "01", "12345"),
    (f"01{GTIN}21", "length", "21", ""),
    (f"01{GTIN}38", "unknown_ai", "path", "38"),
    ("0109521234", "length", "01", "09521234"),
    ("]d2", "empty", "path", "]d2"),
    ("9521234000014", "no_primary_key", "path", "9521234000014"),
]


@pytest.mark.parametrize("text", [text for text, link in GOOD.items() if link is not None])
def test_an_element_string_is_read_in_each_of_its_forms(text):
    assert element_string.read(text) == GOOD[text]


def test_a_backslash_keeps_a_bracket_in_its_value():
    assert element_string.read(rf"(01){GTIN}(21)A\(10)B").serial == "A(10)B"


def test_attributes_are_kept():
    link = element_string.read(f"(00){SSCC}(02){GTIN}(37)12")
    assert link.attributes == {"02": GTIN, "37": "12"}
    assert element_string.read(f"01{GTIN}8200https://x.example/").attributes == {"8200": "https://x.example/"}


@pytest.mark.parametrize(("text", "reason", "part", "wrong"), BAD)
def test_what_is_wrong_is_pointed_at(text, reason, part, wrong):
    with pytest.raises(InvalidIdentifier) as refused:
        element_string.read(text)
    error = refused.value
    assert (error.reason, error.part, text[slice(*error.span)]) == (reason, part, wrong)


values = st.text(alphabet=CSET, min_size=1, max_size=20)
gtins = st.integers(0, 10**13 - 1).map(lambda n: f"{n:013d}{check_digit(f'{n:013d}')}")
links = st.builds(
    DigitalLink,
    st.just("01"),
    gtins,
    variant=st.none() | values,
    lot=st.none() | values,
    serial=st.none() | values,
    attributes=st.dictionaries(st.sampled_from(["240", "90", "91", "400"]), values),
)


@given(links)
def test_both_forms_survive_being_written_and_read(link):
    for text in (element_string.bracketed(link), element_string.plain(link), "]Q3" + element_string.plain(link)):
        again = element_string.read(text)
        assert (again, again.attributes) == (link, link.attributes)
