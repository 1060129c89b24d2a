from datetime import UTC, date, datetime, timedelta
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.text.formats import Name, about_km, show
from resolver.text.pages import PAGE_TEXTS
from resolver.text.reasons import TEXTS, step_name
from resolver.web.negotiation import negotiate_language
from schemas.event import BIZ_STEPS


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("*", "zh"),
        ("en", "en"),
        ("EN-au", "en"),
        ("zh-Hant", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-AU,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh;q=0.1, en;q=0.9", "en"),
        ("en;q=0.5, zh-TW;q=0.50", "en"),
        ("fr-FR, de;q=0.7", "zh"),
        ("fr, *;q=0.5", "zh"),
        ("fr, en;q=0.1", "en"),
        ("zh;q=0, *", "en"),
        ("zh;q=0, en;q=0", "zh"),
        ("*;q=0.9, en;q=0.2", "zh"),
        ("en;q=0.8, *;q=0.9", "zh"),
        ("en;q=banana, zh;q=0.1", "zh"),
        ("en;q=2, zh;q=0.1", "zh"),
        ("enx, zhx;q=0.2", "zh"),
        (" en ; q=0.7 ,, zh;q=0.3", "en"),
    ],
)
def test_the_language_that_the_reader_prefers_is_chosen(header, language):
    assert negotiate_language(header) == language


@given(st.text(alphabet='enzhfr-*,;q=.0123456789 \t"é', max_size=60))
def test_whatever_a_client_sends_one_of_the_two_comes_out(header):
    assert negotiate_language(header) in ("zh", "en")


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_greater_weight_wins_in_either_order(a, b):
    one = negotiate_language(f"zh;q={a / 1000}, en;q={b / 1000}")
    other = negotiate_language(f"en;q={b / 1000}, zh;q={a / 1000}")
    if a != b:
        assert one == other == ("zh" if a > b else "en")


def fields(template):
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name)


@pytest.mark.parametrize("slug", [*TEXTS, *PAGE_TEXTS])
def test_both_languages_say_the_same_with_the_same_values(slug):
    chinese, english = (TEXTS if slug in TEXTS else PAGE_TEXTS)[slug]
    assert fields(chinese) == fields(english)
    assert chinese
    assert english
    if slug not in ("other_language", "brand"):
        assert any(character > "\u2e80" for character in chinese)
        assert not any(character > "\u2e80" for character in english)


@pytest.mark.parametrize("biz_step", sorted(BIZ_STEPS))
def test_every_business_step_has_a_name(biz_step):
    other = step_name("no_such_step", "en")
    assert (step_name(biz_step, "en") == other) == (biz_step == "other")


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (date(2026, 9, 1), "2026年9月1日", "1 Sep 2026"),
        (datetime(2026, 8, 31, 16, 5, tzinfo=UTC), "2026年9月1日 00:05", "1 Sep 2026, 00:05"),
        (timedelta(days=3, hours=2, minutes=9), "3 天 2 小时", "3 d 2 h"),
        (timedelta(seconds=20), "1 分钟", "1 min"),
        (12345, "12,345", "12,345"),
        (2.345, "2.3", "2.3"),
        (Name(en="Wuhan", zh="武汉"), "武汉", "Wuhan"),
        ("HD260901", "HD260901", "HD260901"),
    ],
)
def test_values_are_shown_as_readers_of_each_language_write_them(value, chinese, english):
    assert (show(value, "zh"), show(value, "en")) == (chinese, english)


def test_distances_are_no_more_exact_than_they_are_worth():
    assert [about_km(km) for km in (7.6, 99.4, 104, 1996)] == [8, 99, 100, 2000]
