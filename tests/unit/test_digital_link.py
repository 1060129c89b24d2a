import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import digital_link
from schemas.digital_link import DigitalLink
from schemas.errors import InvalidIdentifier
from schemas.gs1 import check_digit

GTIN = "09521234000013"
SSCC = "095212340000000013"
GLN = "9521234000006"
HOST = "https://id.example"
CSET = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

GOOD = {
    f"{HOST}/01/{GTIN}": DigitalLink("01", GTIN),
    f"/01/{GTIN}": DigitalLink("01", GTIN),
    f"/01/{GTIN}/": DigitalLink("01", GTIN),
    f"HTTPS://ID.EXAMPLE/01/{GTIN}/21/S1": DigitalLink("01", GTIN, serial="S1"),
    f"{HOST}:8443/01/{GTIN}/22/V/10/L/21/S": DigitalLink("01", GTIN, variant="V", lot="L", serial="S"),
    "/01/9521234000013": DigitalLink("01", GTIN),
    "/01/012345678905": DigitalLink("01", "00012345678905"),
    "/01/12345670": DigitalLink("01", "00000012345670"),
    f"/01/{GTIN}/10/A%2FB": DigitalLink("01", GTIN, lot="A/B"),
    f"/01/{GTIN}/21/ABC%2540XYZ": DigitalLink("01", GTIN, serial="ABC%40XYZ"),
    f"/some/root/01/{GTIN}": DigitalLink("01", GTIN, stem=("some", "root")),
    f"/01/01/{GTIN}": DigitalLink("01", GTIN, stem=("01",)),
    f"/00/{SSCC}": DigitalLink("00", SSCC),
    f"/414/{GLN}": DigitalLink("414", GLN),
    f"/414/{GLN}/254/dock-3": DigitalLink("414", GLN, extension="dock-3"),
    f"/01/{GTIN}?linkType=gs1:pip#top": DigitalLink("01", GTIN, query="linkType=gs1:pip"),
}

# text, reason, part, and the characters that the span must point at
BAD = [
    ("", "not_a_uri", "uri", ""),
    ("01/x", "not_a_uri", "uri", "01/x"),
    (f"ftp://id.example/01/{GTIN}", "not_a_uri", "uri", f"ftp://id.example/01/{GTIN}"),
    (f"https:///01/{GTIN}", "not_a_uri", "uri", f"https:///01/{GTIN}"),
    ("https://id.example", "not_a_uri", "uri", "https://id.example"),
    ("/", "no_primary_key", "path", "/"),
    (f"{HOST}/about?x=1", "no_primary_key", "path", "/about"),
    ("/01", "no_primary_key", "path", "/01"),
    (f"/01/{GTIN}/21", "no_primary_key", "path", f"/01/{GTIN}/21"),
    (f"/01/{GTIN}/colour/red", "no_primary_key", "path", f"/01/{GTIN}/colour/red"),
    (f"/01/{GTIN}/٢١/S", "no_primary_key", "path", f"/01/{GTIN}/٢١/S"),
    ("/01/0952123400001x", "not_digits", "01", "0952123400001x"),
    ("/01/٠٩٥٢١٢٣٤٠٠٠٠١٣", "not_digits", "01", "٠٩٥٢١٢٣٤٠٠٠٠١٣"),
    ("/01/0952123400001", "check_digit", "01", "1"),
    ("/01/123", "length", "01", "123"),
    ("/00/123", "length", "00", "123"),
    ("/414/123", "length", "414", "123"),
    ("/01/09521234000014", "check_digit", "01", "4"),
    (f"/01/{GTIN}/99/x", "unexpected_ai", "99", "99"),
    (f"/00/{SSCC}/21/x", "unexpected_ai", "21", "21"),
    (f"/414/{GLN}/21/x", "unexpected_ai", "21", "21"),
    (f"/01/{GTIN}/21/a/10/b", "ai_order", "10", "10"),
    (f"/01/{GTIN}/21/a/21/b", "ai_order", "21", "21"),
    (f"/01/{GTIN}/21//", "length", "21", ""),
    (f"/01/{GTIN}/21/{'x' * 21}", "length", "21", "x" * 21),
    (f"/01/{GTIN}/21/a b", "character_set", "21", "a b"),
    (f"/01/{GTIN}/21/%E7%A0%81", "character_set", "21", "%E7%A0%81"),
    (f"/01/{GTIN}/21/%00", "character_set", "21", "%00"),
    (f"{HOST}/01/{GTIN}/21/%FF", "percent_encoding", "21", "%FF"),
]


@pytest.mark.parametrize("text", GOOD)
def test_a_well_formed_uri_is_read(text):
    link = digital_link.parse(text)
    assert link == GOOD[text]
    assert link.query == GOOD[text].query


@pytest.mark.parametrize(("text", "reason", "part", "wrong"), BAD)
def test_a_malformed_uri_is_refused_by_its_part_and_span(text, reason, part, wrong):
    with pytest.raises(InvalidIdentifier) as refused:
        digital_link.parse(text)
    error = refused.value
    assert (error.reason, error.part) == (reason, part)
    assert text[slice(*error.span)] == wrong
    assert error.detail.isprintable()


def test_a_uri_without_end_is_refused_before_it_is_read():
    text = f"/01/{GTIN}?" + "x" * digital_link.MAX_LENGTH
    with pytest.raises(InvalidIdentifier) as refused:
        digital_link.parse(text)
    assert refused.value.part == "uri"
    assert refused.value.span == (digital_link.MAX_LENGTH, len(text))


def test_the_item_is_the_same_whatever_lot_host_or_spelling_stood_beside_it():
    texts = [
        f"/01/{GTIN}/21/S1",
        f"{HOST}/01/{GTIN}/21/S1",
        f"HTTP://OTHER.EXAMPLE/X/01/{GTIN}/10/L/21/S1?a=b",
        "/01/9521234000013/21/%531",
    ]
    assert {digital_link.parse(text).item_id for text in texts} == {f"01/{GTIN}/21/S1"}
    assert {digital_link.parse(text).element_string for text in texts} == {f"(01){GTIN}(21)S1"}


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        (f"/01/{GTIN}", f"01/{GTIN}"),
        (f"/01/{GTIN}/10/a%2Fb", f"01/{GTIN}/10/a%2Fb"),
        (f"/00/{SSCC}", f"00/{SSCC}"),
        (f"/414/{GLN}/254/d", f"414/{GLN}/254/d"),
    ],
)
def test_things_of_each_level_have_their_own_id(text, item_id):
    assert digital_link.parse(text).item_id == item_id


values = st.text(alphabet=CSET, min_size=1, max_size=20)
maybe = st.none() | values
digits = st.integers(0, 10**17 - 1)


def numbered(width):
    return digits.map(lambda n: f"{n % 10**width:0{width}d}").map(lambda s: f"{s}{check_digit(s)}")


links = st.one_of(
    st.builds(DigitalLink, st.just("01"), numbered(13), variant=maybe, lot=maybe, serial=maybe),
    st.builds(DigitalLink, st.just("00"), numbered(17)),
    st.builds(DigitalLink, st.just("414"), numbered(12), extension=maybe),
)


@given(links)
def test_every_identity_survives_being_written_and_read(link):
    assert digital_link.parse(link.path) == link
    assert digital_link.parse(HOST + link.path + "/") == link


pieces = st.sampled_from(
    ["/", "//", "01", "00", "414", "21", "10", "254", GTIN, SSCC, GLN, "%", "%2", "%2F", "%FF", "?", "#", "é", "\ud800"]
)


@given(st.text() | st.lists(pieces | st.text(max_size=3)).map("".join).map(lambda tail: "/" + tail))
def test_any_text_at_all_is_read_or_refused_with_a_span_inside_it(text):
    try:
        link = digital_link.parse(text)
    except InvalidIdentifier as error:
        refused = error
    else:
        assert digital_link.parse(link.path).item_id == link.item_id
        return
    start, end = refused.span
    assert 0 <= start <= end <= len(text)
    assert refused.detail.isprintable()
