"""A consumer scans a code: the page in real Chromium, in both languages, with and without JavaScript."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from schemas.event import Event, LocationSource
from schemas.geodesy import Position
from schemas.keys import inner_key
from schemas.serial import Sealer
from scripts.system.fixtures import BATCH, GTIN, MAKER
from tests.support.browser import Traffic, available, chromium
from tests.support.stack import TestStack, hours_ago
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not available(), reason="Chromium is not installed (Debian: chromium chromium-driver)"),
]


@pytest.fixture(scope="module")
def site(stack: TestStack) -> TestStack:
    """Two units: one with an ordinary life, one seen at two ends of the country within an hour."""
    stack.register_maker()
    stack.start_resolver()
    shanghai, urumqi = Position(31.2304, 121.4737, 100), Position(43.8256, 87.6168, 100)
    with stack.device("line") as line, stack.device("far") as far:
        line.send(
            line.batch(
                1,
                *(
                    Event(
                        stack.unit(n), hours_ago(50 - n), "commissioning", position=shanghai, source=LocationSource.GPS
                    )
                    for n in (0, 1)
                ),
                Event(stack.unit(1), hours_ago(5), "receiving", position=shanghai, source=LocationSource.GPS),
            )
        )
        far.send(
            far.batch(1, Event(stack.unit(1), hours_ago(4), "receiving", position=urumqi, source=LocationSource.GPS))
        )
    return stack


@pytest.mark.parametrize(("language", "heading"), [("zh-CN", "正品"), ("en-GB", "Genuine")])
def test_the_page_speaks_the_browsers_language_and_asks_nobody_else(site, tmp_path, language, heading) -> None:
    with chromium(tmp_path, language=language) as driver:
        driver.get(site.base_url + site.unit(0))
        assert heading in driver.find_element(By.TAG_NAME, "h1").text
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith(language[:2])
        assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
        traffic = Traffic(driver)
        assert traffic.hosts == {f"127.0.0.1:{site.http_port}"}
        assert 0 < traffic.size < 60_000
        complaints = [entry for entry in driver.get_log("browser") if "favicon" not in entry["message"]]
        assert complaints == []


def test_a_copied_code_says_so_with_its_evidence_and_never_says_fake(site, tmp_path) -> None:
    with chromium(tmp_path, language="en") as driver:
        driver.get(site.base_url + site.unit(1))
        text = driver.find_element(By.TAG_NAME, "body").text
    assert "copied" in driver_heading(text)
    assert "km" in text
    assert "fake product" not in text.lower()


def driver_heading(text: str) -> str:
    return text[:400].lower()


def test_everything_that_matters_works_without_javascript(site, tmp_path) -> None:
    with chromium(tmp_path, javascript=False) as driver:
        driver.get(site.base_url + site.unit(0))
        assert "正品" in driver.find_element(By.TAG_NAME, "h1").text
        assert driver.find_elements(By.CSS_SELECTOR, "svg[role=img]"), "the map is drawn by the server"
        form = driver.find_element(By.CSS_SELECTOR, "form[action$='/reports']")
        driver.execute_cdp_cmd("Runtime.enable", {})
        for choice in form.find_elements(By.CSS_SELECTOR, "select[name=suspicion]"):
            Select(choice).select_by_index(1)
        for choice in form.find_elements(By.CSS_SELECTOR, "input[name=suspicion]")[:1]:
            choice.find_element(By.XPATH, "..").click()
        form.find_element(By.NAME, "place").send_keys("淘宝某店")
        form.find_element(By.NAME, "remark").send_keys("价格太低")
        form.find_element(By.CSS_SELECTOR, "button[type=submit], button:not([type])").click()
        WebDriverWait(driver, 10).until(lambda page: site.unit(0) in page.current_url)
        reported = "SELECT place, remark FROM suyuan.consumer_report"
        WebDriverWait(driver, 10).until(lambda _: site.query(reported) == [("淘宝某店", "价格太低")])


def test_a_look_at_the_page_is_an_event_like_any_other_and_is_not_held_against_the_phone(site, tmp_path) -> None:
    unit = site.unit(2)
    stored = "SELECT audience, reader_org FROM suyuan.event WHERE item_id = %s"
    with chromium(tmp_path, language="en") as driver:
        driver.get(site.base_url + unit)
        assert driver.find_element(By.CSS_SELECTOR, ".lead").text == "You are the first to check this code."
        wait_for(lambda: site.query(stored, unit[1:]) == [("consumer", "consumers")])
        driver.refresh()
        said = driver.find_element(By.CSS_SELECTOR, ".lead").text
    assert said == "You checked this code once before; other phones 0 times."


def test_who_shares_a_place_adds_it_to_the_evidence_and_who_does_not_leaves_none(site, tmp_path) -> None:
    unit = site.unit(3)
    with chromium(tmp_path, language="en") as driver:
        driver.execute_cdp_cmd(
            "Emulation.setGeolocationOverride", {"latitude": 30.57, "longitude": 104.06, "accuracy": 20}
        )
        driver.get(site.base_url + unit)
        places = "SELECT latitude IS NOT NULL FROM suyuan.event WHERE item_id = %s ORDER BY recorded_at, occurred_at"
        wait_for(lambda: site.query(places, unit[1:]) == [(False,)])
        button = driver.find_element(By.XPATH, "//button[contains(., 'location')]")
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        wait_for(lambda: site.query(places, unit[1:]) == [(False,), (True,)])
    handsets = site.query(
        "SELECT count(DISTINCT handset), count(handset) FROM suyuan.event WHERE item_id = %s", unit[1:]
    )
    assert handsets == [(1, 2)], "one phone, one pseudonym"


def test_who_opens_a_pack_may_say_where(site, tmp_path) -> None:
    serial = Sealer(inner_key(site.seal_root(), MAKER, 0), 0).seal(GTIN, BATCH, 4)
    places = "SELECT latitude, source, network IS NULL FROM suyuan.opening"
    with chromium(tmp_path, language="en") as driver:
        driver.execute_cdp_cmd(
            "Emulation.setGeolocationOverride", {"latitude": 30.57, "longitude": 104.06, "accuracy": 20}
        )
        driver.get(f"{site.base_url}/OPEN/01/{GTIN}/21/{serial}")
        wait_for(lambda: site.query(places) == [(None, None, True)])
        driver.find_element(By.XPATH, "//button[contains(., 'location')]").click()
        wait_for(lambda: site.query(places) == [(30.57, "coarse", True)])
    assert site.query("SELECT later FROM suyuan.opening") == [(0,)], "it is the same phone"


def test_a_mistyped_code_gets_a_page_that_points_at_the_mistake(site, tmp_path: Path) -> None:
    with chromium(tmp_path, language="en") as driver:
        driver.get(site.base_url + site.unit(0).replace("/01/09521234000013", "/01/09521234000014"))
        assert "check digit" in driver.find_element(By.TAG_NAME, "body").text.lower()
