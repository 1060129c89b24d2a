"""Identifiers of other systems: each leads to one item, by rule or by the operator's tables."""

import pytest

from resolver.federation.scheme import Foreign, Space, Spaces, canonical_path, recognise
from schemas.errors import InvalidIdentifier

GTIN = "09521234000013"
PATH = f"/01/{GTIN}/21/ABC"
SPACES = Spaces(
    [
        Space("handle", "88.118.5/", "Huadu", f"/01/{GTIN}/21/{{suffix}}", None),
        Space("handle", "88.118", "Node 118", None, "https://other.example/hdl"),
        Space("ecode", "1.0101.", "Huadu's numbers", f"/01/{GTIN}/21/{{suffix}}", None),
        Space("oid", "1.2.156.3001.7", "Huadu's OIDs", f"/01/{GTIN}/21/{{suffix}}", None),
        Space("iso15459", "OD", "Odette", f"/01/{GTIN}/21/{{suffix}}", None),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        PATH,
        f"https://id.example.com{PATH}",
        f"(01){GTIN}(21)ABC",
        "urn:epc:id:sgtin:9521234.000001.ABC",
        "88.118.5/ABC",
        "hdl:88.118.5/ABC",
        "https://hdl.handle.net/88.118.5/ABC",
        "1.0101.ABC",
        "ecode:1.0101.ABC",
        f"0.(01){GTIN}(21)ABC",
        "iso15459:ODABC",
    ],
)
def test_every_spelling_is_one_item(text):
    assert canonical_path(text, lambda: SPACES).path == PATH


def test_an_oid_carries_its_item_in_its_last_arc():
    assert canonical_path("urn:oid:1.2.156.3001.7.42", lambda: SPACES).path == f"/01/{GTIN}/21/42"


def test_the_longest_prefix_counts_and_another_platform_may_answer():
    found = canonical_path("88.118.6/XYZ", lambda: SPACES)
    assert (found.path, found.resolver, found.title) == (None, "https://other.example/hdl", "Node 118")
    assert canonical_path("88.999.1/XYZ", lambda: SPACES) is None


def test_a_suffix_that_makes_no_serial_is_refused_by_name():
    with pytest.raises(InvalidIdentifier) as error:
        canonical_path("88.118.5/" + "A" * 21, lambda: SPACES)
    assert error.value.part == "21"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("88.1.2/x", Foreign("handle", "88.1.2/x")),
        ("88.1/a/b", Foreign("handle", "88.1/a/b")),
        ("87.1.2/x", None),
        ("urn:oid:2.16.840", Foreign("oid", "2.16.840")),
        ("urn:oid:3.1", None),
        ("urn:oid:1.02", None),
        ("2.64.abc.1", Foreign("ecode", "2.64.abc.1")),
        ("0.64.abc", None),
        ("iso15459:lhABC", Foreign("iso15459", "LHABC")),
        ("", None),
    ],
)
def test_a_form_is_recognised_by_its_shape(text, found):
    assert recognise(text) == found
