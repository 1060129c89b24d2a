"""The page of leak-source reports."""

import pytest

from resolver.consumer.page import render
from resolver.leak.report import LeakCase, LeakReport
from resolver.text.formats import Name
from tests.support.custody import NAMES, accused, custody_goods, leak_report, learned_supply

CASE = LeakCase("d4c6e0a1-5b1f-2c0e-9a77-3f1d2b8c4e55", "investigating", 13, 5)


@pytest.fixture(scope="module")
def goods():
    return custody_goods()


@pytest.fixture(scope="module")
def supply():
    return learned_supply()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_names_the_sites_draws_them_and_escapes_what_it_is_given(goods, supply, language):
    report = leak_report(accused(goods, 1, 2, 3, 4, 5), goods, supply)
    shown = LeakReport("maker", "09521234000013", Name(en="Spirit & more", zh="白酒"), report, NAMES, (CASE,))
    page = render("leaks.html", language, "", reports=[shown], failed=False)
    assert "<svg" in page
    assert f"/api/v1/cases/{CASE.case_id}" in page
    assert ("调查中" if language == "zh" else "investigating") in page
    assert "Site <dealer-1>" not in page
    assert ("站点 dealer-1" if language == "zh" else "Site &lt;dealer-1&gt;") in page
    assert page.count('class="credible"') == len(report["credible"])
    assert set(shown.to_json()) >= {"ranked", "credible", "inspect", "change", "suspects", "cases", "sentences"}
