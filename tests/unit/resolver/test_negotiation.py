"""Which answer a request gets, by what it says it can read, and who is a person."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.link.choice import Level, Link, best, choices, default_choice
from resolver.link.vocabulary import DEFAULT_MULTI, GS1
from resolver.web.negotiation import (
    HTML,
    JSON,
    LINKSET_JSON,
    LINKSET_TEXT,
    MAX_RANGES,
    is_person,
    language_ranges,
    language_weight,
    media_ranges,
    media_weight,
    negotiate_language,
    representation,
    wishes,
)

PIP = GS1 + "pip"


def test_what_strangers_send_is_not_kept_for_long():
    """Two thousand requests with the largest headers that the server takes leave next to nothing in memory."""
    tracemalloc.start()
    try:
        for number in range(2000):
            accept = f"a{number}/b," + "x/y;q=0.1," * 700
            languages = f"de-x{number}," + "aa;q=0.1," * 700
            representation(wishes(accept, languages, (f"C{number}",) * 100).media)
            negotiate_language(languages)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 8 << 20


def test_of_many_ranges_the_first_count():
    assert len(media_ranges("a/b," * 1000)) == MAX_RANGES
    assert len(language_ranges("de," * 1000)) == MAX_RANGES
    assert len(wishes("", "", ("CN",) * 1000).contexts) == MAX_RANGES


def link(name, *, hreflang=(), media_type="text/html", context=(), link_type=PIP, **more):
    return Link(link_type, f"https://a.example/{name}", name, tuple(hreflang), media_type, tuple(context), **more)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", None),
        ("*/*", None),
        ("undefined", None),
        (";;;,,,", None),
        ("image/png", None),
        ("text/html", HTML),
        ("application/xhtml+xml", HTML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("text/html, application/linkset+json", LINKSET_JSON),
        ("text/html, application/linkset+json;q=0.9", HTML),
        ("application/linkset", LINKSET_TEXT),
        ("APPLICATION/LINKSET+JSON", LINKSET_JSON),
        ("application/json", JSON),
        ("application/json, text/html", HTML),
        ("application/json, text/html;q=0.5", JSON),
        ("text/html;q=0", None),
        ("text/html;q=2", None),
        ("text/html;q=abc, application/json", JSON),
        ("*/json", None),
    ],
)
def test_a_client_gets_the_representation_that_it_names_and_follows_the_default_link_otherwise(accept, wanted):
    assert representation(media_ranges(accept)) == wanted


@pytest.mark.parametrize(
    ("accept", "media_type", "weight"),
    [
        ("text/*;q=0.3, text/html;q=0.7, text/plain, */*;q=0.5", "text/html", 0.7),
        ("text/*;q=0.3, text/html;q=0.7, text/plain, */*;q=0.5", "text/markdown", 0.3),
        ("text/*;q=0.3, text/html;q=0.7, text/plain, */*;q=0.5", "image/jpeg", 0.5),
        ("text/html;q=0, */*", "text/html", 0.0),
        ("text/html", "image/png", 0.0),
    ],
)
def test_the_most_specific_media_range_decides(accept, media_type, weight):
    assert media_weight(media_ranges(accept), media_type) == weight


MULTI = tuple(link(tag, hreflang=[tag], link_type=DEFAULT_MULTI) for tag in ("ja", "en", "zh-CN"))
LEVEL = Level("https://r.example/01/1", "x", (link("default", is_default=True), *MULTI))


@pytest.mark.parametrize(
    ("accept_language", "reached"),
    [
        ("", "default"),
        ("ja;q=0.1,en;q=0.9", "en"),
        ("en;q=0.1, ja;q=0.2", "ja"),
        ("en-AU", "en"),
        ("en-Latn-AU-x-mine", "en"),
        ("zh", "zh-CN"),
        ("zh-HK, en;q=0.8", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("fr, de;q=0.5", "default"),
        ("fr, *;q=0.1", "default"),  # the star fits all three alike
        ("en;q=0, ja;q=0.3", "ja"),
        ("EN-us", "en"),
        ("zh_CN", "default"),
        ("xx-" * 300, "default"),
    ],
)
def test_the_default_link_comes_in_the_readers_language(accept_language, reached):
    assert default_choice([LEVEL], wishes("*/*", accept_language, ())).title == reached


def test_a_market_comes_before_a_language_and_a_language_before_a_media_type():
    links = (
        link("cn-zh", hreflang=["zh"], context=["CN"]),
        link("cn-en", hreflang=["en"], context=["CN"]),
        link("de-en", hreflang=["en"], context=["DE"]),
        link("cn-en-pdf", hreflang=["en"], context=["CN"], media_type="application/pdf"),
    )
    reached = best(links, wishes("text/html;q=0.9, application/pdf;q=0.1", "en", ("cn",)))
    assert [each.title for each in reached] == ["cn-en"]
    assert [each.title for each in best(links, wishes("application/pdf", "en", ("CN",)))] == ["cn-en-pdf"]
    assert [each.title for each in best(links, wishes("", "en", ("DE",)))] == ["de-en"]


def test_links_that_fit_equally_well_are_all_offered_and_a_missing_type_is_not_replaced():
    level = Level("https://r.example/01/1", "x", (link("a", hreflang=["en"]), link("b", hreflang=["en"])))
    assert len(choices([level], PIP, wishes("text/html", "en", ()))) == 2
    assert choices([level], GS1 + "dpp", wishes("", "", ())) == ()


def test_a_type_is_taken_from_the_most_granular_level_that_has_it():
    unit = Level("https://r.example/01/1/21/2", "x")
    lot = Level("https://r.example/01/1/10/2", "x", (link("lot"),))
    gtin = Level("https://r.example/01/1", "x", (link("gtin"), link("dpp", link_type=GS1 + "dpp")))
    assert choices([unit, lot, gtin], PIP, wishes("", "", ()))[0].title == "lot"
    assert choices([unit, lot, gtin], GS1 + "dpp", wishes("", "", ()))[0].title == "dpp"
    assert default_choice([unit, lot, gtin], wishes("", "", ())).title == "lot"
    assert default_choice([unit], wishes("", "", ())) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_is_an_accident(accept, accept_language):
    wanted = wishes(accept, accept_language, (accept,))
    assert default_choice([LEVEL], wanted) in LEVEL.links
    assert all(0 <= each.weight <= 1 for each in (*wanted.media, *wanted.languages))


@given(st.lists(st.sampled_from(["zh", "zh-CN", "en", "en-GB", "ja", "*"]), unique=True), st.data())
def test_the_order_of_ranges_does_not_matter_their_weights_do(tags, data):
    weights = {tag: data.draw(st.integers(0, 9), label=tag) / 10 for tag in tags}
    ranges = [f"{tag};q={weight}" for tag, weight in weights.items()]
    turned = list(reversed(ranges))
    for tag in ("zh-CN", "en", "ja"):
        assert language_weight(language_ranges(",".join(ranges)), tag) == language_weight(
            language_ranges(",".join(turned)), tag
        )


@pytest.mark.parametrize(
    ("user_agent", "purpose", "person"),
    [
        ("Mozilla/5.0 (iPhone) MicroMessenger/8.0", "", True),
        ("Mozilla/5.0 HeadlessChrome/120", "", True),
        ("", "", True),
        ("Twitterbot/1.0", "", False),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "", False),
        ("Mozilla/5.0", "prefetch;prerender", False),
    ],
)
def test_previews_crawlers_and_prefetches_are_no_scans(user_agent, purpose, person):
    assert is_person(user_agent, purpose) is person
