"""Screenshots of the pages for the README: a demo world is played and opened in Chromium of a phone's size."""

import argparse
import io
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console
from selenium import webdriver

from firmware_sim.world.attacks import samples
from scripts.commands.up.acceptance import path_of
from scripts.commands.up.command import broker_of, progress_bar
from scripts.commands.up.play import play
from scripts.commands.up.seed import seed
from scripts.environment import ROOT
from scripts.system.operator import operator_token
from scripts.system.stack import Stack

PICTURES = {"genuine": "zh", "copied": "en", "diverted": "zh", "recalled": "en"}
"""Which verdict's page is taken in which language."""

WIDTH, HEIGHT = 390, 1180
_COLOURS = 128
_ASSESSED_S = 10.0
"""Time for the assessor to evaluate the world."""


def main(arguments: Sequence[str]) -> int:
    """Write docs/img/{verdict}.png and docs/img/leak.png; 0 when all are taken, 2 without a browser."""
    parser = argparse.ArgumentParser(
        prog="scripts/screenshots",
        description="Play a demo world and write screenshots of its pages to docs/img, for the README."
        " Needs chromium and chromedriver (Debian: chromium chromium-driver).",
    )
    parser.parse_args(arguments)
    console = Console(stderr=True)
    browser = shutil.which("chromium")
    driver_path = shutil.which("chromedriver")
    if browser is None or driver_path is None:
        console.print("scripts/screenshots needs chromium and chromedriver (Debian: chromium chromium-driver)")
        return 2
    with tempfile.TemporaryDirectory(prefix="suyuan-pictures-") as folder, Stack(Path(folder) / "state") as stack:
        with progress_bar(console) as progress:
            token = operator_token(stack)
            seeded = seed(stack.base_url, token, 0, time.time_ns() // 1000, progress)
            play(seeded, stack.base_url, token, broker_of(stack), stack.state / "readers", progress)
            stack.start_assessor()
        codes = samples(seeded.plan)
        time.sleep(_ASSESSED_S)
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"):
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={folder}/profile")
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
        try:
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": True}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            for verdict, language in PICTURES.items():
                driver.get(f"{stack.base_url}{path_of(codes[verdict])}?lang={language}")
                _save(driver, verdict)
                console.print(f"docs/img/{verdict}.png is taken")
            _take_leak(driver, stack.base_url, list(seeded.tokens.values())[-1])
            console.print("docs/img/leak.png is taken")
        finally:
            driver.quit()
    return 0


def _take_leak(driver: webdriver.Chrome, base_url: str, token: str) -> None:
    """The leak-source page on a desktop screen, with an authority's token."""
    size = {"width": 900, "height": 1180, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(f"{base_url}/leaks?lang=zh")
    driver.find_element("id", "token").send_keys(token)
    driver.find_element("css selector", "form button").click()
    _save(driver, "leak")


def _save(driver: webdriver.Chrome, name: str) -> None:
    picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    picture.quantize(_COLOURS).save(ROOT / "docs" / "img" / f"{name}.png", optimize=True)
