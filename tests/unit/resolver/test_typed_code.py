import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.consumer.typed_code import typed_path
from schemas.digital_link import parse

PATH = "/01/09521234000013/21/7K2M9QX4TB0RVWZ3N8HC"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (PATH, PATH),
        (PATH.lstrip("/"), PATH),
        (f"  https://id.example.com{PATH}\n", PATH),
        (f"HTTPS://ID.EXAMPLE.COM{PATH}", PATH),
        (f"https://id.example.com{PATH}?8030=K1abc-_&x=1#top", f"{PATH}?8030=K1abc-_&x=1"),
        ("(01)09521234000013(21)7K2M9 QX4TB 0RVWZ 3N8HC", PATH),
        ("(01)09521234000013(21)A/B", "/01/09521234000013/21/A%2FB"),
        ("//evil.example/01", "/evil.example/01"),
        ("https://id.example.com//evil.example", "/evil.example"),
        ("\\\\evil.example", "/evil.example"),
        ("http://[broken", "/http%3A//%5Bbroken"),
        ("码", "/%E7%A0%81"),
    ],
)
def test_what_was_pasted_becomes_the_path_of_its_page(text, path):
    assert typed_path(text) == path


def test_an_element_string_leads_to_the_unit():
    assert parse(typed_path("(01)09521234000013(21)ABC")).item_id == "01/09521234000013/21/ABC"


@given(st.text(max_size=80))
def test_a_redirection_never_leaves_this_host(text):
    path = typed_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isascii()
    assert path.isprintable()
