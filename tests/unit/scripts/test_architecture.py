"""The checks of the architecture find what they are for: each is shown a small tree in which it does not hold."""

import pytest

from scripts.architecture import rooms
from scripts.architecture.libraries import check_libraries
from scripts.architecture.purity import check_purity
from scripts.architecture.rooms import check_module_circles, check_resolver, check_rooms, circles
from scripts.architecture.source import read_modules
from scripts.architecture.words import check_words, words_of


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Writes files of a package ``resolver`` with two rooms, ``text`` below ``web``, and reads them as modules."""
    monkeypatch.setattr(rooms, "FLOORS", {"resolver": (frozenset({"text"}), frozenset({"web"}))})

    def write(**files):
        contents = {"__init__": "", "text/__init__": '"""Text."""', "web/__init__": '"""Web."""'}
        for name, text in (contents | {name.replace("__in__", "/"): text for name, text in files.items()}).items():
            path = tmp_path / "resolver" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_modules(tmp_path, ["resolver"])

    return write


def messages(violations):
    return [f"{each.path.as_posix()}:{each.line} {each.message}" for each in violations]


def test_a_tree_that_holds_has_no_violations(tree):
    modules = tree(
        web__in__api="from resolver.text import formats\n", text__in__formats='"""Forms. Pure."""\nimport re\n'
    )
    for check in (check_rooms, check_module_circles, check_resolver, check_libraries, check_purity, check_words):
        assert messages(check(modules)) == []


def test_a_room_may_not_import_a_room_above_it_not_even_inside_a_function(tree):
    modules = tree(
        web__in__page="", text__in__formats="def late():\n    from resolver.web import page\n    return page\n"
    )
    assert messages(check_rooms(modules)) == [
        "resolver/text/formats.py:2 text imports web, which is not on a lower floor"
    ]


def test_a_relative_import_counts_like_any_other(tree):
    modules = tree(web__in__page="", text__in__formats="from ..web import page\n")
    assert len(messages(check_rooms(modules))) == 1


def test_a_new_room_needs_a_floor_and_a_docstring(tree):
    found = messages(check_rooms(tree(vault__in____init__="")))
    assert [message.partition(" ")[0] for message in found] == ["resolver/vault/__init__.py:1"] * 2


def test_a_floor_without_its_room_is_found(tree, monkeypatch):
    monkeypatch.setattr(rooms, "FLOORS", {"resolver": (frozenset({"text", "vault"}), frozenset({"web"}))})
    assert "vault" in messages(check_rooms(tree()))[0]


def test_modules_in_a_circle_are_found_within_a_room_too(tree):
    modules = tree(web__in__a="from resolver.web import b\n", web__in__b="import resolver.web.a\n")
    assert messages(check_module_circles(modules)) == [
        "resolver/web/a.py:1 these modules import each other: resolver.web.a, resolver.web.b"
    ]


def test_circles_are_the_strongly_connected_components():
    arrows = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["e"], "e": ["d"], "f": ["a"]}
    assert sorted(circles(arrows)) == [["a", "b", "c"], ["d", "e"]]


def test_only_named_modules_stand_at_the_top_of_the_resolver(tree):
    modules = tree(app="", services="", drawer="")
    assert messages(check_resolver(modules)) == ["resolver/drawer.py:1 a module of the resolver lives in a room"]


def test_services_are_for_handlers_only(tree):
    asks = "from resolver.services import Services\n"
    modules = tree(services="", web__in__api=asks, web__in__link_api=asks, web__in__page=asks)
    assert [message.partition(":")[0] for message in messages(check_resolver(modules))] == ["resolver/web/page.py"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("web__in__page", "import psycopg"),
        ("web__in__page", "from psycopg.rows import dict_row"),
        ("web__in__page", "from paho.mqtt.client import Client"),
        ("web__in__page", "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey"),
    ],
)
def test_a_library_in_a_module_that_is_not_for_it_is_found(tree, module, line):
    assert len(messages(check_libraries(tree(**{module: line + "\n"})))) == 1


def test_a_library_in_its_own_module_is_not(tree, monkeypatch):
    modules = tree(
        web__in__link_store="import psycopg\n",
        store__in__session="import psycopg_pool\n",
        web__in__mqtt_link="import paho.mqtt.client\n",
        mint__in__issuer="from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n",
    )
    assert messages(check_libraries(modules)) == []


def test_what_says_that_it_is_pure_reaches_no_clock_through_another_module(tree):
    modules = tree(
        web__in__page='"""Pages. Pure."""\nfrom resolver.text import formats\n',
        text__in__formats="import time\n",
    )
    assert messages(check_purity(modules)) == [
        "resolver/web/page.py:1 says that it is pure, and reaches resolver.text.formats -> time"
    ]


def test_a_generator_that_is_handed_in_is_pure(tree):
    assert messages(check_purity(tree(web__in__page='"""Draws. Pure."""\nfrom random import Random\n'))) == []
    assert messages(check_purity(tree(web__in__page='"""Draws. Pure."""\nfrom random import choice\n'))) != []


@pytest.mark.parametrize(
    "code",
    ["class LogLook: pass", "def look_up(): pass", "def f(kept): pass", "for held in (): pass", "import os as door"],
)
def test_a_banned_word_is_found_wherever_a_name_is_given(tree, code):
    assert len(messages(check_words(tree(web__in__page=code + "\n")))) == 1


def test_words_are_parts_of_identifiers_not_of_other_words(tree):
    assert words_of("LockedRow_HTTPLink2d") == ["locked", "row", "http", "link", "d"]
    assert messages(check_words(tree(web__in__page="lookup = withheld = threshold = tally_of = 1\n"))) == [
        "resolver/web/page.py:1 'tally_of' says 'tally': better count"
    ]
