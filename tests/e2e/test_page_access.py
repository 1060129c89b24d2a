"""The consumer page for everybody: axe-core's rules, keyboard alone, few bytes, one host, in both languages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from schemas.event import Event, LocationSource
from schemas.geodesy import Position
from tests.support.browser import Traffic, available, chromium
from tests.support.stack import TestStack, hours_ago, npm_environment
from tests.support.waiting import wait_for

AXE = "axe-core@4"
PAINTED = "return performance.getEntriesByName('first-contentful-paint').length"
NPM = shutil.which("npm")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not available(), reason="Chromium is not installed (Debian: chromium chromium-driver)"),
]


@pytest.fixture(scope="module")
def site(stack: TestStack) -> TestStack:
    """One unit with an ordinary life, one seen at two ends of the country within an hour."""
    stack.register_maker()
    stack.start_resolver()
    shanghai, urumqi = Position(31.2304, 121.4737, 100), Position(43.8256, 87.6168, 100)
    with stack.device("line") as line, stack.device("far") as far:
        line.send(
            line.batch(
                1,
                *(
                    Event(stack.unit(n), hours_ago(50), "commissioning", position=shanghai, source=LocationSource.GPS)
                    for n in (0, 1)
                ),
                Event(stack.unit(1), hours_ago(5), "receiving", position=shanghai, source=LocationSource.GPS),
            )
        )
        far.send(
            far.batch(1, Event(stack.unit(1), hours_ago(4), "receiving", position=urumqi, source=LocationSource.GPS))
        )
    return stack


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """axe-core's source, from the package registry."""
    if NPM is None:
        pytest.skip("npm is not installed: the pages were NOT checked for accessibility")
    folder = tmp_path_factory.mktemp("axe")
    command = [NPM, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", AXE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=npm_environment())
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if os.environ.get("SUYUAN_TEST_REQUIRE") == "all":
            pytest.fail(f"{AXE} could not be had: {done.stderr[-300:]}")
        pytest.skip(f"{AXE} could not be had: the pages were NOT checked for accessibility: {done.stderr[-300:]}")
    return Path(script).read_text(encoding="utf-8")


def pages(site: TestStack) -> dict[str, str]:
    return {
        "genuine": site.unit(0),
        "copied": site.unit(1),
        "forged": site.unit(0)[:-20] + "0" * 20,
        "malformed": site.unit(0).replace("/01/09521234000013", "/01/09521234000014"),
        "landing": "/",
    }


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_passes_the_accessibility_rules_and_asks_nobody_else(site, tmp_path, axe, language) -> None:
    faults = {}
    with chromium(tmp_path, language=language) as driver:
        driver.set_script_timeout(30)
        for name, path in pages(site).items():
            driver.get(site.base_url + path)
            wait_for(lambda: driver.execute_script(PAINTED) == 1)
            traffic = Traffic(driver)
            assert traffic.hosts <= {f"127.0.0.1:{site.http_port}"}, name
            assert traffic.size < 60_000, name
            driver.execute_script(axe)
            found = driver.execute_async_script("axe.run().then(arguments[0], (e) => arguments[0]({violations: [e]}))")
            faults[name] = [
                (each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found["violations"]
            ]
    assert {name: each for name, each in faults.items() if each} == {}, json.dumps(faults, ensure_ascii=False)


def test_a_suspicion_can_be_reported_by_keyboard_alone(site, tmp_path) -> None:
    with chromium(tmp_path, language="en") as driver:
        driver.get(site.base_url + site.unit(0))
        reached: list[str] = []
        for _ in range(60):
            driver.switch_to.active_element.send_keys(Keys.TAB)
            focused = driver.switch_to.active_element
            outline = driver.execute_script(
                "const s = getComputedStyle(arguments[0]); return s.outlineStyle + s.outlineWidth", focused
            )
            name = focused.get_attribute("name") or focused.get_attribute("class") or focused.tag_name
            assert not outline.startswith("none") or focused.tag_name == "body", f"{name} shows no focus"
            reached.append(name)
            if focused.get_attribute("name") == "suspicion":
                focused.send_keys(Keys.SPACE)
            if focused.get_attribute("name") == "remark":
                focused.send_keys("cap looks wrong")
            if focused.tag_name == "button" and focused.get_attribute("type") == "submit":
                focused.send_keys(Keys.ENTER)
                break
        assert reached[0] == "skip", "the first stop skips to the result"
        thanks = driver.find_element(By.CSS_SELECTOR, ".thanks[role=status]")
        assert thanks.is_displayed()
    assert site.query("SELECT remark FROM suyuan.consumer_report") == [("cap looks wrong",)]
