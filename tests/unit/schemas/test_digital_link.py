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
    f"/01/{GTIN}/235/T1": DigitalLink("01", GTIN, others=(("235", "T1"),)),
    f"/00/x/01/{GTIN}": DigitalLink("01", GTIN, stem=("00", "x")),
    f"/253/{GLN}ABC": DigitalLink("253", GLN + "ABC"),
    f"/255/{GLN}123": DigitalLink("255", GLN + "123"),
    "/401/9521234A": DigitalLink("401", "9521234A"),
    "/402/95212340000000013": DigitalLink("402", "95212340000000013"),
    f"/414/{GLN}/7040/1ABC": DigitalLink("414", GLN, others=(("7040", "1ABC"),)),
    f"/415/{GLN}/8020/ref-1": DigitalLink("415", GLN, others=(("8020", "ref-1"),)),
    f"/417/{GLN}": DigitalLink("417", GLN),
    f"/8003/0{GLN}S-1": DigitalLink("8003", f"0{GLN}S-1"),
    "/8004/9521234%2FA": DigitalLink("8004", "9521234/A"),
    f"/8006/{GTIN}0102/10/L/21/S": DigitalLink("8006", GTIN + "0102", lot="L", serial="S"),
    "/8010/9521234%23A/8011/12": DigitalLink("8010", "9521234#A", others=(("8011", "12"),)),
    "/8013/1987654Ad4X4bL5ttr2310c2K": DigitalLink("8013", "1987654Ad4X4bL5ttr2310c2K"),
    "/8017/952123400000000017/8019/3": DigitalLink("8017", "952123400000000017", others=(("8019", "3"),)),
    "/8018/952123400000000017": DigitalLink("8018", "952123400000000017"),
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
    ("/01/0952123400001x", "not_digits", "01", "x"),
    ("/01/٠٩٥٢١٢٣٤٠٠٠٠١٣", "not_digits", "01", "٠"),
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
    (f"/01/{GTIN}/21/a b", "character_set", "21", " "),
    (f"/01/{GTIN}/21/A%E7%A0%81B", "character_set", "21", "%E7%A0%81"),
    (f"/01/{GTIN}/21/AB~C%20D", "character_set", "21", "~"),
    (f"/01/{GTIN}/21/%00", "character_set", "21", "%00"),
    (f"{HOST}/01/{GTIN}/21/%FF", "percent_encoding", "21", "%FF"),
    (f"{HOST}/01/{GTIN}/21/%C3%A4%C3", "percent_encoding", "21", "%C3"),
    (f"https://a_b.example/01/{GTIN}", "host", "uri", "_"),
    (f'/x"y/01/{GTIN}', "uri_character", "uri", '"'),
    (f"/01/{GTIN}/21/A<B", "uri_character", "uri", "<"),
    (f"/gtin/{GTIN}", "old_name", "path", "gtin"),
    (f"/01/{GTIN}/lot/A", "old_name", "path", "lot"),
    (f"/01/{GTIN}/235/T/21/S", "excludes", "21", "21"),
    (f"/01/{GTIN}?123=4", "unknown_ai", "123", "123"),
    (f"/01/{GTIN}?17=", "length", "17", ""),
    (f"/01/{GTIN}?17=26123A", "not_digits", "17", "A"),
    (f"/01/{GTIN}?17=261301", "date", "17", "13"),
    (f"/01/{GTIN}?17=230229", "date", "17", "29"),
    (f"/01/{GTIN}?17=261231&17=261231", "repeated_ai", "17", "17"),
    (f"/01/{GTIN}?01={GTIN}", "repeated_ai", "01", "01"),
    (f"/01/{GTIN}?10=A", "belongs_in_path", "10", "10"),
    (f"/00/{SSCC}?21=A", "not_an_attribute", "21", "21"),
    (f"/00/{SSCC}?15=261231", "requires", "15", "15"),
    (f"/01/{GTIN}?37=2", "excludes", "01", "01"),
    (f"/01/{GTIN}?8030=K1abc", "requires", "8030", "8030"),
    (f"/253/{GLN}?8030=K1abc", "requires", "253", GLN),
    (f"/01/{GTIN}?x=1&422=999&y=2", "country", "422", "999"),
    (f"/01/{GTIN}?92=a%20b", "character_set", "92", "%20"),
    (f"/01/{GTIN}?92=a+b", "character_set", "92", "+"),
    ("/8013/1987654Ad4X4bL5ttr2310c2J", "check_digit", "8013", "2J"),
    ("/8004/95X", "company_prefix", "8004", "95X"),
    ("/8003/19521234000006", "value", "8003", "1"),
    ("/8010/9521234/8011/01", "value", "8011", "01"),
    ("/8006/095212340000130302", "value", "8006", "0302"),
    ("/8010/9521a", "character_set", "8010", "a"),
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


def test_data_attributes_are_read_and_checked_and_do_not_name_the_thing():
    link = digital_link.parse(f"{HOST}/01/{GTIN}/10/L/21/S?17=261200&3103=000195&linkType=gs1:pip&422=156&21x=1&")
    assert link.attributes == {"17": "261200", "3103": "000195", "422": "156"}
    assert link.query == "17=261200&3103=000195&linkType=gs1:pip&422=156&21x=1&"
    assert link == digital_link.parse(f"/01/{GTIN}/10/L/21/S")
    assert link.canonical == f"/01/{GTIN}/10/L/21/S?17=261200&3103=000195&422=156"
    assert digital_link.parse(link.canonical).attributes == link.attributes
    assert link.item_id == f"01/{GTIN}/21/S"


def test_a_short_gtin_is_pointed_at_where_it_stands():
    with pytest.raises(InvalidIdentifier) as refused:
        digital_link.parse("/01/9521234000014")
    assert "/01/9521234000014"[slice(*refused.value.span)] == "4"


@pytest.mark.parametrize("text", [text for text in GOOD if "?" not in text])
def test_every_key_is_read_behind_a_resolvers_root(text):
    path = text[text.index("/", 8) :] if "://" in text else text
    assert digital_link.parse("http://x.example/root" + path).path == GOOD[text].path


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


shapes = st.one_of(
    st.builds(lambda gtin: f"/01/{gtin}", numbered(13)),
    st.builds(lambda gtin, lot: f"/01/{gtin}/10/{lot}", numbered(13), values),
    st.builds(lambda gtin, serial: f"/01/{gtin}/21/{serial}", numbered(13), values),
    st.builds(lambda gtin, lot, serial: f"/01/{gtin}/10/{lot}/21/{serial}", numbered(13), values, values),
    st.builds(lambda sscc: f"/00/{sscc}", numbered(17)),
)
roots = st.sampled_from(
    ["", HOST, "HTTPS://ID.EXAMPLE", "/K1ABC", HOST + "/a//b", "/01/x", "/00/1", "//", HOST + "/10/1"]
)
damage = st.none() | st.tuples(st.integers(0, 80), st.sampled_from(list('/?#%01 "é\ud800~:;A')))


def answer(reader, text):
    try:
        link = reader(text)
    except InvalidIdentifier as error:
        return error.reason, error.detail, error.part, error.span
    return link, link.query, link.attributes


@given(shapes, roots, st.sampled_from(["", "/", "//", "?x=1", "#f"]), damage)
def test_both_readers_give_the_same_answer(shape, root, tail, change):
    text = root + shape + tail
    if change is not None:
        place, character = change
        text = text[:place] + character + text[place + 1 :]
    assert answer(digital_link.parse, text) == answer(digital_link.parse_by_table, text)


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
