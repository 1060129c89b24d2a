"""What a fuzzer runs: each reader of codes, and what has to hold for it whatever the text."""

from collections.abc import Callable

from schemas import compression, digital_link, element_string, epc_urn, normal, reading
from schemas.digital_link import DigitalLink
from schemas.errors import InvalidIdentifier

GTIN, SSCC, GLN = "09521234000013", "095212340000000013", "9521234000006"
SERIAL = "7K2M9QX4TB0RVWZ3N8HC"

READERS: dict[str, Callable[[str], object]] = {
    "digital_link": digital_link.parse,
    "digital_link_by_table": digital_link.parse_by_table,
    "compression": compression.unpack,
    "element_string": element_string.read,
    "epc_urn": epc_urn.read,
    "reading": reading.read,
}

TOKENS = [
    f"https://id.example/01/{GTIN}/10/L/21/{SERIAL}?17=261231&linkType=x",
    f"HTTPS://ID.EXAMPLE/K1{'A' * 103}/01/{GTIN}/21/{SERIAL}",
    f"(01){GTIN}(21){SERIAL}(17)261231",
    f"]d201{GTIN}21{SERIAL}\x1d17261231",
    "urn:epc:id:sgtin:9521234.000001.A%2F1",
    "https://id.example/GhFRq5sE2spZyf3ZNV4JGf43g",
    *("01", "00", "10", "21", "22", "235", "253", "254", "414", "415", "8003", "8006", "8010", "8013", "8020", "8030"),
    *(
        "/",
        "//",
        "?",
        "&",
        "=",
        "#",
        ";",
        "%",
        "%2F",
        "%FF",
        "%E7%A0%81",
        ":",
        ".",
        "(",
        ")",
        "\\",
        "]",
        "\x1d",
        "\u241d",
    ),
    *("https://", "http://h/", "urn:epc:", "id:", "class:", "sgtin:", "sscc:", "cpi:", "giai:", "gtin", "lot"),
    *(GTIN, SSCC, GLN, SERIAL, "9521234", "261231", "999", "-", " ", "\u3000", "０", "А", "é", "\ud800", "\x00"),
]


def check(name: str, text: str) -> None:
    """One run: nothing but an InvalidIdentifier comes out, its span is inside, what was read reads the same again."""
    try:
        found = READERS[name](text)
    except InvalidIdentifier as error:
        refused = error
    else:
        if isinstance(found, DigitalLink):
            _check_link(found)
        return
    start, end = refused.span
    assert 0 <= start <= end <= len(text), (refused.reason, refused.span)
    assert refused.detail.isprintable()
    assert refused.reason.isidentifier()


def _check_link(found: DigitalLink) -> None:
    again = digital_link.parse(found.path)
    assert (again.key, again.elements, again.item_id) == (found.key, found.elements, found.item_id)
    assert element_string.read(element_string.bracketed(found)).elements == found.elements
    assert normal.typed(found.path) == normal.typed(normal.typed(found.path))
