"""Linksets in both forms, and where their links may lead."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from resolver.federation.description import description
from resolver.link import linkset, target, vocabulary
from resolver.link.choice import Level, Link
from resolver.link.granularity import levels, with_lot
from resolver.link.vocabulary import DEFAULT, GS1, UnknownLinkType
from scripts.environment import ROOT

FOLDER = ROOT / "schemas" / "json"
LINKSET, DESCRIPTION = (
    Draft202012Validator(json.loads((FOLDER / f"{name}.schema.json").read_text()))
    for name in ("linkset", "gs1resolver")
)
ALL_OF_IT = Link(
    GS1 + "pip",
    "https://a.example/b?c=d",
    'Über "Tee"\\茶',
    hreflang=("zh-Hans-CN", "en", "und"),
    media_type="text/html",
    context=("CN",),
    forwards_query=False,
    is_default=True,
    roles=("maker",),
)
LEVELS = [
    Level("https://r.example/01/1/21/2", "茶"),
    Level("https://r.example/01/1/10/3", "茶"),
    Level("https://r.example/01/1", "茶", (ALL_OF_IT, Link("describedby", "https://a.example/x", "Data"))),
]


def test_a_linkset_has_the_published_shape_with_one_bare_default_link():
    document = linkset.to_json(LEVELS)
    LINKSET.validate(document)
    first, last = document["linkset"]
    assert first == {"anchor": "https://r.example/01/1/21/2", "itemDescription": "茶"}
    assert last[DEFAULT] == [{"href": ALL_OF_IT.href, "title": ALL_OF_IT.title}]
    assert last[GS1 + "pip"] == [
        {
            "href": ALL_OF_IT.href,
            "title": ALL_OF_IT.title,
            "type": "text/html",
            "hreflang": ["zh-CN", "en"],
            "context": ["CN"],
            "fwqs": False,
            "public": False,
        }
    ]


@pytest.mark.parametrize("wrong", [{"@context": "x"}, {"description": "x"}, {"gs1:pip": []}, {GS1 + "pip#a": []}])
def test_the_shape_refuses_what_other_resolvers_add(wrong):
    document = linkset.to_json(LEVELS)
    document["linkset"][0] |= wrong
    assert not LINKSET.is_valid(document)


def test_the_text_form_is_a_link_field_value():
    text = linkset.to_text(LEVELS)
    assert text.count('anchor="https://r.example/01/1"') == 3
    assert "title*=UTF-8''%C3%9Cber%20%22Tee%22%5C%E8%8C%B6" in text
    assert text.isascii()
    assert text.endswith("\n")


def test_the_description_file_has_the_published_shape():
    DESCRIPTION.validate(description("https://id.example.com"))
    assert not DESCRIPTION.is_valid({"name": "x"})


def test_the_vocabulary_has_the_sixty_terms_and_refuses_others():
    assert len([each for each in vocabulary.terms() if each.curie.startswith("gs1:")]) == 60
    assert vocabulary.registrable("gs1:pip") == vocabulary.registrable("https://gs1.org/voc/pip") == GS1 + "pip"
    assert vocabulary.registrable("https://voc.example.com/dpp") == "https://voc.example.com/dpp"
    for wrong in (
        "gs1:nosuchlt",
        "gs1:handledBy",
        "suyuan:verdict",
        "pip",
        "https://a.example/b#c",
        "javascript:1",
        "",
    ):
        with pytest.raises(UnknownLinkType):
            vocabulary.registrable(wrong)


@pytest.mark.parametrize(
    ("href", "query", "location"),
    [
        ("https://a.example/", "", "https://a.example/"),
        ("https://a.example/", "foo=bar", "https://a.example/?foo=bar"),
        ("https://a.example/p?x=1", "foo=bar", "https://a.example/p?x=1&foo=bar"),
        ("https://a.example/p?x=1", "x=2&foo=bar", "https://a.example/p?x=1&foo=bar"),
        ("https://a.example/p#top", "a=b", "https://a.example/p?a=b#top"),
        ("https://a.example/", "linkType=gs1%3Apip&context=CN&a=b", "https://a.example/?a=b"),
        ("https://a.example/", "link%54ype=x&a=b", "https://a.example/?a=b"),
        ("https://a.example/", "a=%0d%0aSet-Cookie:x", "https://a.example/?a=%0d%0aSet-Cookie:x"),
        ("https://a.example/", "a=b%26c", "https://a.example/?a=b%26c"),
        ("https://a.example/", "&&a&&", "https://a.example/?a"),
        ("https://a.example/", 'a=\r\nb<>"', "https://a.example/?a=%0D%0Ab%3C%3E%22"),
    ],
)
def test_a_requests_query_travels_on_and_changes_nothing_else(href, query, location):
    assert target.merged(href, query) == location


@given(st.text(max_size=80))
def test_no_query_moves_a_target(query):
    there = target.merged("https://a.example/p", query)
    assert there == "https://a.example/p" or there.startswith("https://a.example/p?")
    assert there.isascii()
    assert not set(there) & set('\r\n "<>#\\')


@pytest.mark.parametrize(
    "href",
    [
        "ftp://a.example/",
        "javascript:alert(1)",
        "//a.example/",
        "https://user:pw@a.example/",
        "https://a.example/ b",
        "https://a.example/\r\nX: y",
        "https://a.example/茶",
        "https:///nowhere",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.0.0.1/",
        "http://2130706433/",
        "http://10.0.0.8/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://database.internal/",
        "http://intranet/",
        "https://a.example:0/",
        "https://" + "a" * 2100,
    ],
)
def test_links_lead_to_public_hosts_only(href):
    with pytest.raises(target.RefusedTarget):
        target.checked(href)


def test_levels_go_from_the_serial_up_and_a_known_lot_is_one_of_them():
    assert levels("/01/G/10/L/21/S") == (
        "01/G/10/L/21/S",
        "01/G/21/S",
        "01/G/10/L",
        "01/G",
    )
    assert levels("/00/S") == ("00/S",)
    assert len(levels("/01/G/22/V/10/L/21/S")) == 8
    assert with_lot("01/G/21/S", "A%2FB") == "01/G/10/A%2FB/21/S"
    assert with_lot("01/G/22/V/21/S", "L") == "01/G/22/V/10/L/21/S"
    assert with_lot("01/G/10/M/21/S", "L") == "01/G/10/M/21/S"
