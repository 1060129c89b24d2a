import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import compression, digital_link
from schemas.digital_link import DigitalLink, parse
from schemas.errors import InvalidIdentifier
from schemas.gs1 import check_digit
from tests.support import link_compression
from tests.support.link_compression import ai, foreign, number, segment, text

GTIN, SSCC, GLN = "09521234000013", "095212340000000013", "9521234000006"
HOST = "https://id.example/"
CSET = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

PACKED = {
    segment(ai("01"), number(GTIN)): f"/01/{GTIN}",
    segment(ai("01"), number(GTIN), ai("21"), text("0012", 20)): f"/01/{GTIN}/21/0012",
    segment(ai("0C"), number(GTIN), text("abc123", 20)): f"/01/{GTIN}/21/abc123",
    segment(
        ai("1A"), number(GTIN), text("LOT-7", 20), text("A/B", 20), number("261231")
    ): f"/01/{GTIN}/10/LOT-7/21/A%2FB?17=261231",
    segment(ai("00"), number(SSCC)): f"/00/{SSCC}",
    segment(ai("9D"), number(GLN), text("dock-3", 20)): f"/414/{GLN}/254/dock-3",
    segment(ai("2D"), number(GTIN), number("000195")): f"/01/{GTIN}?3103=000195",
    segment(ai("01"), number(GTIN), ai("3103"), number("000195")): f"/01/{GTIN}?3103=000195",
    segment(ai("253"), number(GLN), text("", 17)): f"/253/{GLN}",
    segment(ai("253"), number(GLN), text("AB", 17)): f"/253/{GLN}AB",
    segment(ai("255"), number(GLN), link_compression.length("012", 12), number("012")): f"/255/{GLN}012",
    segment(ai("8003"), number("0" + GLN), text("S_1", 16)): f"/8003/0{GLN}S_1",
    segment(
        ai("9A"), text("9521234AB", 30), link_compression.length("17", 12), number("17")
    ): "/8010/9521234AB/8011/17",
    segment(ai("8006"), number(GTIN + "0102"), ai("21"), text("Q", 20)): f"/8006/{GTIN}0102/21/Q",
    segment(ai("414"), number(GLN), ai("7040"), number("1"), text("ABC")): f"/414/{GLN}/7040/1ABC",
    segment(
        ai("01"), number(GTIN), ai("423"), number("156"), link_compression.length("392", 12), number("392")
    ): f"/01/{GTIN}?423=156392",
    segment(ai("01"), number(GTIN), ai("7230"), text("AB12", 30)): f"/01/{GTIN}?7230=AB12",
}


@pytest.mark.parametrize("packed", PACKED)
def test_a_compressed_link_is_the_one_it_was_made_from(packed):
    link, plain = parse(HOST + packed), parse(PACKED[packed])
    assert (link, link.attributes) == (plain, plain.attributes)
    assert link.canonical == PACKED[packed]


def test_the_bits_of_one_are_worked_out_by_hand():
    # AI 01 in two steps of four bits, the GTIN in the 47 bits that 14 digits may need, five zeros to ten characters.
    bits = "000000010001000101010001101010111000101001110001000110100000"
    assert int(bits[8:55], 2) == 9521234000013
    assert (
        "".join(link_compression.ALPHABET[int(bits[place : place + 6], 2)] for place in range(0, 60, 6)) == "ARFRq4pxGg"
    )
    assert parse("/ARFRq4pxGg") == DigitalLink("01", GTIN)


def test_what_is_not_gs1s_becomes_the_query():
    packed = segment(ai("01"), number(GTIN), foreign("foo", "b a&r"), foreign("x", "12"))
    link = parse(f"{HOST}root/{packed}?linkType=gs1:pip")
    assert link.query == "linkType=gs1:pip&foo=b%20a%26r&x=12"
    assert link.stem == ("root",)


def test_a_link_may_be_compressed_in_part():
    packed = segment(ai("10"), text("L7", 20), ai("17"), number("261231"))
    link = parse(f"{HOST}01/{GTIN}/{packed}")
    assert (link.value, link.lot, link.attributes) == (GTIN, "L7", {"17": "261231"})


def test_parameters_beside_a_compressed_link_are_attributes_too():
    packed = segment(ai("01"), number(GTIN))
    assert parse(f"{HOST}{packed}?17=261231").attributes == {"17": "261231"}


@pytest.mark.parametrize(
    "packed",
    [
        "",
        "A",
        "AB",
        "About_us",
        segment(ai("01"), number(GTIN))[:-1],
        segment(ai("01"), number(GTIN), "1"),
        segment(ai("01"), "1" * 47),
        segment(ai("01"), number(GTIN), ai("21"), "101", link_compression.length("A", 20), "0" * 7),
        segment(ai("01"), number(GTIN), ai("21"), "000", "11111", "0" * 80),
        segment(ai("01"), number(GTIN), ai("38"), "0" * 12),
        segment(ai("0B"), number(GTIN)),
        segment(ai("B1"), number(GTIN)),
        "é" * 12,
    ],
)
def test_what_is_no_compressed_link_is_refused_as_a_whole(packed):
    if packed:
        with pytest.raises(InvalidIdentifier) as refused:
            compression.unpack(packed, 7)
        assert (refused.value.reason, refused.value.span) == ("compression", (7, 7 + len(packed)))
    with pytest.raises(InvalidIdentifier, match="no_primary_key"):
        parse(HOST + packed)


def test_a_wrong_value_in_a_compressed_link_is_named():
    with pytest.raises(InvalidIdentifier) as refused:
        parse("/" + segment(ai("01"), number("09521234000014")))
    assert (refused.value.reason, refused.value.part) == ("check_digit", "01")


serials = st.text(alphabet=CSET, min_size=1, max_size=20)
gtins = st.integers(0, 10**13 - 1).map(lambda n: f"{n:013d}{check_digit(f'{n:013d}')}")


@given(gtins, serials, serials)
def test_every_value_survives(gtin, lot, serial):
    packed = segment(ai("01"), number(gtin), ai("10"), text(lot, 20), ai("21"), text(serial, 20))
    assert parse(f"/{packed}") == DigitalLink("01", gtin, lot=lot, serial=serial)


@given(st.text(alphabet=link_compression.ALPHABET, max_size=60))
def test_any_segment_at_all_is_unpacked_or_refused(packed):
    for read in (compression.unpack, lambda text: digital_link.parse(f"/{text}")):
        try:
            read(packed)
        except InvalidIdentifier as error:
            refused = error
        else:
            continue
        assert 0 <= refused.span[0] <= refused.span[1] <= len(packed) + 1
