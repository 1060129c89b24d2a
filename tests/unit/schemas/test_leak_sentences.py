"""The leak-source report's sentences, in both languages."""

import pytest

from schemas.explain.leak_sentences import percent, sentences
from tests.support.custody import NAMES, accused, custody_goods, leak_report, learned_supply


@pytest.fixture(scope="module")
def goods():
    return custody_goods()


@pytest.fixture(scope="module")
def supply():
    return learned_supply()


def test_the_words_are_whole_in_both_languages_and_nothing_is_certain(goods, supply):
    report = leak_report(accused(goods, *range(12)), goods, supply)
    for each in sentences(report, NAMES):
        assert any(character > "\u2e80" for character in each.zh)
        assert each.en.endswith(".")
        assert "None" not in each.en + each.zh
        assert "100%" not in each.en + each.zh
    assert (percent(0.9999).en, percent(0.5).en, percent(1e-6).en) == ("over 99%", "50%", "under 1%")


def test_what_would_change_the_conclusion_is_said_in_words_also_when_nothing_present_would():
    change = {"site": "dealer-2", "codes": 2}
    ranked = [{"site": "dealer-1", "tier": "dealer", "probability": 0.9, "suspects": 5}]
    base = {"codes": 5, "ranked": ranked, "credible": ["dealer-1"]}
    texts = [sentences(base | {"change": change | {"fragile": fragile}}, NAMES)[-1] for fragile in (0, 2)]
    assert texts[0].zh.endswith("去掉任何一个现有的码，结论都不变。")
    assert texts[0].en.endswith("leaving out any one of the present codes does not.")
    assert "其中 2 个" in texts[1].zh
    assert "in 2 of 5 cases" in texts[1].en
