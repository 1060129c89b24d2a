import pytest

from schemas import code, element_string, reading
from schemas.digital_link import MAX_LENGTH, parse
from schemas.errors import InvalidIdentifier
from schemas.keys import Issuer, Keyring
from schemas.serial import Sealer

GTIN = "09521234000013"
SEALER = Sealer(bytes(range(32)), 0)
SERIAL = SEALER.seal(GTIN, 7, 42)
KEYRING = Keyring({"9521234": Issuer("huadu", (SEALER,))}, {})
UNIT = f"01/{GTIN}/21/{SERIAL}"

FORMS = [
    f"https://id.example/{UNIT}",
    f"HTTPS://ID.EXAMPLE/{UNIT}/",
    f"/{UNIT}",
    UNIT,
    f"id.example/{UNIT}",
    f"]Q1https://id.example/{UNIT}",
    f"(01){GTIN}(21){SERIAL}",
    f"01{GTIN}21{SERIAL}",
    f"]d201{GTIN}21{SERIAL}",
    f"]Q3\x1d01{GTIN}21{SERIAL}",
    f"urn:epc:id:sgtin:9521234.000001.{SERIAL}",
    f"  (01) {GTIN} (21) {SERIAL.lower()}\n",
]


@pytest.mark.parametrize("text", FORMS)
def test_one_unit_has_one_name_in_whatever_form_it_is_read(text):
    link = reading.read(text)
    checked = code.check(link, KEYRING)
    assert (checked.item_id, checked.proof, link.path) == (UNIT, code.Proof.SEALED, f"/{UNIT}")


def test_many_are_checked_as_one_by_one():
    texts = [
        *FORMS,
        f"/01/{GTIN}",
        f"/01/{GTIN}/21/X",
        "/00/095212340000000013",
        "/414/9521234000006",
        "/01/04012345123456/21/A",
    ]
    links = [reading.read(text) for text in texts]
    assert code.check_many(links, KEYRING) == [code.check(link, KEYRING) for link in links]
    assert code.check_many([], KEYRING) == []


@pytest.mark.parametrize(
    ("text", "reason", "wrong"),
    [
        ("", "not_a_uri", ""),
        ("hello", "not_a_uri", "hello"),
        ("id.example/about", "no_primary_key", "/about"),
        ("01/09521234000014", "check_digit", "4"),
        ("]Q1https://id.example/01/09521234000014", "check_digit", "4"),
        ("(01)09521234000014", "check_digit", "4"),
        ("urn:epc:id:sgtin:9521234.000001", "epc_urn", "9521234.000001"),
    ],
)
def test_what_can_t_be_read_is_pointed_at_in_the_text_as_it_was_given(text, reason, wrong):
    with pytest.raises(InvalidIdentifier) as refused:
        reading.read(text)
    assert (refused.value.reason, text[slice(*refused.value.span)]) == (reason, wrong)


@pytest.mark.parametrize("text", ["(01)", "]d2", "urn:epc:id:", "9", " "])
def test_a_text_without_end_is_refused_before_it_is_read(text):
    with pytest.raises(InvalidIdentifier, match="too_long"):
        reading.read(text + "9" * MAX_LENGTH)


def test_a_signature_goes_from_a_link_to_an_element_string_and_back():
    link = parse(f"/{UNIT}?8030=K1{'A' * 86}")
    assert reading.read(element_string.bracketed(link)).attributes == link.attributes


@pytest.mark.parametrize(
    "text", ["/8004/9521234A", "/8003/09521234000006A", "/253/9521234000006", "/8018/952123400000000017"]
)
def test_the_owner_of_every_key_is_known_by_its_company_prefix(text):
    assert code.check(reading.read(text), KEYRING).org_id == "huadu"
