import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import resolver.consumer.page
from resolver.consumer.page import render_landing, render_problem, render_story
from resolver.text.reasons import say
from resolver.verdict.document import custody_json
from resolver.verdict.verdict import Verdict
from resolver.web.problems import problem_of
from schemas.digital_link import parse
from schemas.errors import InvalidIdentifier
from tests.support.samples import (
    BASE_URL,
    BATCH,
    CHECKED,
    JOURNEY,
    MAKER,
    PRODUCT,
    SCAN_ID,
    SERIAL,
    STORE,
    facts,
    look,
    problem_pages,
    row,
    stories,
    story,
)

STATIC = Path(resolver.consumer.page.__file__).parent / "static"
LANGUAGES = ("zh", "en")
VOID = {"meta", "link", "input", "br", "path", "circle", "rect"}
STORIES = stories()


class Page(HTMLParser):
    """A page's tags, with a check that they nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text, self.problems = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert self.problems == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append((tag, self.getpos()))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def pages(language):
    every = {name: render_story(each, language, SCAN_ID) for name, each in STORIES.items()}
    return every | problem_pages(language) | {"landing": render_landing(language)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", Verdict)
def test_the_verdict_is_the_heading_in_words(verdict, language):
    text = render_story(STORIES[verdict.value], language, SCAN_ID)
    assert re.findall(r"<h1[^>]*>([^<]+)</h1>", text) == [say(f"verdict.{verdict}", language)]
    assert Page(text).all("html")[0]["lang"] == {"zh": "zh-CN", "en": "en"}[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_light_and_asks_no_other_host(language):
    assets = sum(file.stat().st_size for file in STATIC.iterdir())
    for text in pages(language).values():
        assert len(text.encode()) + assets < 60_000
        for tag, attrs in Page(text).tags:
            for name in ("src", "href", "action", "srcset", "poster"):
                address = attrs.get(name)
                assert address is None or address.startswith(("/", "?", "#", "data:,")), (tag, address)
                assert address is None or not address.startswith("//")
    for file in STATIC.iterdir():
        assert "http" not in file.read_text(encoding="utf-8")
        assert "@import" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_strict_policy_has_nothing_to_block(language):
    for text in pages(language).values():
        page = Page(text)
        assert all("src" in attrs for attrs in page.all("script"))
        assert page.all("style") == []
        assert not any(name == "style" or name.startswith("on") for _, attrs in page.tags for name in attrs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_screen_readers_find_names_for_everything(language):
    for text in pages(language).values():
        page = Page(text)
        ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
        assert len(ids) == len(set(ids))
        for _, attrs in page.tags:
            for name in ("aria-labelledby", "aria-describedby", "for"):
                assert set((attrs.get(name) or "").split()) <= set(ids)
        labelled = {attrs["for"] for attrs in page.all("label") if "for" in attrs}
        fields = [
            attrs for attrs in page.all("input") + page.all("textarea") if attrs.get("type") not in ("hidden", "radio")
        ]
        assert all(attrs["id"] in labelled for attrs in fields)
        assert all(attrs.get("aria-hidden") or attrs.get("role") for attrs in page.all("svg"))
        assert len(page.all("h1")) == len(page.all("main")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_story_has_product_maker_lot_dates_and_the_serial_to_compare(language):
    words = Page(render_story(STORIES["genuine"], language, SCAN_ID)).words
    name, maker = (PRODUCT.name_zh, MAKER.name_zh) if language == "zh" else (PRODUCT.name, MAKER.name)
    made, best = ("2026年9月1日", "2029年8月31日") if language == "zh" else ("1 Sep 2026", "31 Aug 2029")
    for expected in (name, maker, BATCH.lot, made, best, "UTC+8"):
        assert expected in words
    assert SERIAL in words.replace(" ", "")


def test_the_timeline_is_newest_first_by_place_and_names_the_container():
    _, _, text = render_story(STORIES["genuine"], "en", SCAN_ID).partition('id="way"')
    order = [text.index(each) for each in ("Checked once", "Wuchang shop", "Wuhan warehouse", "Zunyi plant<")]
    assert order == sorted(order)
    assert "in container SSCC …000013" in text
    assert '<time datetime="2026-09-01T00:30:00Z">1 Sep 2026, 08:30</time>' in text


def test_gaps_are_shown_as_gaps_and_goods_on_their_way_as_such():
    assert "Sent, but no receipt is on record" in render_story(STORIES["genuine-gaps"], "en", SCAN_ID)
    moving = render_story(story(unit=facts(history=JOURNEY[:3])), "en", SCAN_ID)
    assert '<li class="transit">' in moving
    assert '<li class="gap">' not in moving


def test_a_gap_stands_between_the_two_places_that_it_parts():
    history = (JOURNEY[0], row("r", 50, "receiving", STORE))
    text = render_story(story(unit=facts(history=history)), "en", SCAN_ID)
    assert text.index("Wuchang shop") < text.index("no dispatch is on record") < text.index("Zunyi plant</h3>")


def test_consumers_are_shown_by_count_and_roughly():
    looks = (look("a", 900, 30.51234, 114.36789), look("b", 950, 30.5, 114.3), look("c", 960, 36.0, 95.4))
    text = render_story(story(unit=facts(history=(*JOURNEY, *looks), scans=3)), "en", SCAN_ID)
    assert "Checked 3 times by consumers" in text
    assert "near Wuhan, near 36°N 95°E" in text
    assert "30.51" not in text
    assert "114.36" not in text


def test_a_recalled_lot_has_its_own_box_with_the_reason():
    words = Page(render_story(STORIES["recalled"], "zh", SCAN_ID)).words
    assert "召回通知" in words
    assert words.count("该批次瓶盖可能渗漏。") == 2
    assert "召回通知" not in Page(render_story(STORIES["genuine"], "zh", SCAN_ID)).words


def test_contradicting_places_are_drawn_and_explained():
    text = render_story(STORIES["copied"], "zh", SCAN_ID)
    assert 'class="clash"' in text
    assert "4、5 是相互矛盾的地点" in text
    in_words = re.search(r"相距约 ([0-9,]+) 公里", text).group(1)
    assert f">{in_words} 公里</text>" in text, "the map and the text have one figure"
    assert 'class="clash"' not in render_story(STORIES["genuine"], "zh", SCAN_ID)


def test_a_page_says_who_observed_what_and_how_sure_it_is():
    words = Page(render_story(STORIES["copied"], "zh", SCAN_ID)).words
    assert "来源：武昌门店的收银机；市场监管的查验人员" in words
    assert "把握：证据充分" in words
    elsewhere = Page(render_story(STORIES["genuine-elsewhere"], "en", SCAN_ID)).words
    assert "Source: consumers' phones (anonymous, not verified)" in elsewhere
    assert "How sure: some evidence" in elsewhere


@pytest.mark.parametrize(
    ("name", "words"),
    [("genuine-new", "You are the first to check this code."), ("genuine-only-you", "other phones 0 times.")],
)
def test_that_nobody_else_has_checked_is_said_in_big(name, words):
    text = render_story(STORIES[name], "en", SCAN_ID)
    assert words in re.search(r'<p class="lead">([^<]*)</p>', text).group(1)
    assert text.count(words) == 1


def test_an_inspection_stands_with_its_place_and_authority_and_is_no_leg_of_the_goods_way():
    text = render_story(STORIES["copied"], "en", SCAN_ID)
    assert re.search(r"near Harbin</h3>\s*<p class=\"who\">Market Supervision", text)
    assert text.count('class="leg"') == 3
    hands = custody_json(STORIES["copied"].chain, "en")["hands"]
    assert "Market Supervision" not in [hand["organisation"] for hand in hands]


def test_a_forged_code_tells_nothing_of_anybodys_goods():
    words = Page(render_story(STORIES["forged"], "en", SCAN_ID)).words
    assert MAKER.name not in words
    assert PRODUCT.name not in words
    assert "Its way so far" not in words


@pytest.mark.parametrize("name", [name for name in STORIES if name != "forged"])
def test_only_a_failed_proof_speaks_of_a_code_that_the_maker_did_not_make(name):
    for language in LANGUAGES:
        text = render_story(STORIES[name], language, SCAN_ID)
        assert say("verdict.forged", language) not in text
        assert say("summary.forged", language) not in text


def test_the_report_form_works_without_scripts():
    page = Page(render_story(STORIES["copied"], "en", SCAN_ID))
    (form,) = page.all("form")
    assert (form["method"], form["action"]) == ("post", "/reports")
    fields = {each["name"] for each in page.all("input") + page.all("textarea")}
    assert fields == {"uri", "lang", "suspicion", "place", "price_yuan", "remark"}
    assert {"name": "uri", "type": "hidden", "value": STORIES["copied"].uri}.items() <= page.all("input")[0].items()


def test_where_no_unit_stands_behind_the_code_a_report_is_about_the_product():
    forged = Page(render_story(STORIES["forged"], "en", SCAN_ID))
    assert len(forged.all("form")) == 1
    assert "a lead about the product" in forged.words
    assert "Tell us below" in forged.words
    assert "12315" in forged.words


def test_a_report_is_thanked_for():
    assert "Thank you, your report" in render_story(STORIES["genuine-new"], "en", SCAN_ID)
    assert "Thank you, your report" not in render_story(STORIES["genuine"], "en", SCAN_ID)


def test_the_page_says_what_was_recorded_and_when_nothing_was():
    assert SCAN_ID in render_story(STORIES["genuine"], "en", SCAN_ID)
    assert "This look left no scan on record" in render_story(STORIES["genuine"], "en", None)


def test_the_language_link_keeps_the_signature_and_drops_the_rest():
    text = render_story(STORIES["genuine"], "en", SCAN_ID, query="8030=K1abc&lang=en&reported=1")
    (link,) = [attrs for attrs in Page(text).all("a") if attrs.get("class") == "tongue"]
    assert (link["href"], link["hreflang"], link["lang"]) == ("?8030=K1abc&lang=zh", "zh-CN", "zh-CN")


def test_names_from_the_store_cannot_become_markup():
    evil = "<script>alert(1)</script>"
    unit = facts(
        product=replace(PRODUCT, name=evil, name_zh=evil),
        maker=replace(MAKER, name=evil, name_zh=evil),
        history=(row("x", 1, "receiving", replace(STORE, name=evil, name_zh=evil, latitude=48.0, longitude=2.0)),),
    )
    for language in LANGUAGES:
        text = render_story(story(unit=unit), language, SCAN_ID)
        assert evil not in text
        assert "&lt;script&gt;" in text
        assert len(Page(text).all("script")) == 1


def test_a_long_history_stays_light_and_says_what_it_leaves_out():
    long = [
        row(f"n{n}", n, "cycle_counting", (STORE, replace(STORE, site_id="b", latitude=31.0))[n % 2])
        for n in range(500)
    ]
    text = render_story(story(unit=facts(history=(JOURNEY[0], *long))), "en", SCAN_ID)
    assert "461 earlier records" in text
    assert len(text.encode()) < 45_000


def test_a_malformed_code_is_shown_with_the_wrong_characters_marked():
    page = problem_pages("en")["problem-400"]
    assert "<mark>9</mark>/21/" in page
    assert "product number, GTIN (01)" in page
    assert "check digit" in page


@pytest.mark.parametrize(
    "text",
    [
        "/01/0952123400001/21/A",
        "/01/x",
        "/01/09521234000013/21/%00",
        "/01/09521234000013/21/A/10/B",
        "/nothing",
        "nothing",
        "/" + "a" * 3000,
        "/01/09521234000013/99/A",
        "/01/09521234000013/21/%ff",
    ],
)
def test_every_way_to_be_malformed_has_its_own_words(text):
    with pytest.raises(InvalidIdentifier) as caught:
        parse(text)
    for language in LANGUAGES:
        page = render_problem(problem_of(caught.value), language, text)
        assert len(Page(page).all("mark")) == 1
        assert say("verdict.unknown", language) not in page
        assert len(page) < 5000


def test_what_was_typed_cannot_become_markup():
    wrong = f"{BASE_URL}/01/<script>alert(1)</script>/21/A"
    with pytest.raises(InvalidIdentifier) as caught:
        parse(wrong)
    assert len(Page(render_problem(problem_of(caught.value), "en", wrong)).all("script")) == 0


def test_a_problem_of_ours_does_not_accuse_the_item():
    assert "This says nothing about your item" in problem_pages("en")["problem-503"]


def test_an_unknown_language_is_read_as_the_default():
    assert render_story(STORIES["genuine"], "fr", SCAN_ID) == render_story(STORIES["genuine"], "zh", SCAN_ID)


def test_the_code_alone_is_enough_for_a_page():
    assert "Cannot be confirmed" in render_story(story(CHECKED, None), "en", SCAN_ID)


def luminance(colour):
    if len(colour) == 4:
        colour = "#" + "".join(2 * each for each in colour[1:])
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palettes():
    """The sheet's colours for each verdict, light and dark."""
    sheet = (STATIC / "page.css").read_text(encoding="utf-8")
    light, dark = sheet.split("@media (prefers-color-scheme: dark)", 1)
    dark = dark.split("* { box-sizing", 1)[0]

    def variables(text, selector):
        block = re.search(rf"{re.escape(selector)} \{{(.*?)\}}", text, re.DOTALL).group(1)
        return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6});", block))

    for verdict in Verdict:
        bright = variables(light, ":root") | variables(light, f".{verdict}")
        yield f"{verdict} light", bright
        yield f"{verdict} dark", bright | variables(dark, ":root") | variables(dark, f".{verdict}")


@pytest.mark.parametrize(("name", "colours"), list(palettes()))
def test_text_can_be_read_in_light_and_dark(name, colours):
    readable = (
        "ink/paper ink/card ink/tint ink/land soft/paper soft/card soft/tint soft/land word/tint word/card word/land"
    )
    readable += " on/word card/link link/paper link/card"
    for pair in readable.split():
        one, other = pair.split("/")
        assert contrast(colours[one], colours[other]) >= 4.5, (name, pair)
    for pair in ("field/paper", "field/card"):
        one, other = pair.split("/")
        assert contrast(colours[one], colours[other]) >= 3, (name, pair)
