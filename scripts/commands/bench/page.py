"""Time until a phone shows the verdict: first contentful paint in Chromium with a cold cache, bytes, hosts.

The floor is the first contentful paint of the same server's landing page, which needs no query, measured in turn with
the units' pages. Exit code 2 where Chromium is not installed.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from selenium.webdriver.remote.webdriver import WebDriver

from scripts.commands.bench.filled_store import fill, register, sealer_of, vacuum
from scripts.system.fixtures import BATCH, GTIN
from scripts.system.stack import Stack, temporary_stack
from tests.support.browser import Traffic, available, chromium

LANGUAGES = ("zh-CN", "en")
EVENTS = 10

_PAINT = "const e = performance.getEntriesByName('first-contentful-paint'); return e.length ? e[0].startTime : null"


def main(arguments: Sequence[str]) -> int:
    """Measure; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench page", description=__doc__)
    parser.add_argument("--visits", type=int, default=20, help="visits of each page in each language")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    if not available():
        print("bench page: Chromium is not installed; NOTHING was measured", file=sys.stderr)
        return 2
    console = Console(stderr=options.json)
    figures: dict[str, float | int] = {"cores": os.cpu_count() or 1, "visits": options.visits}
    with temporary_stack() as stack:
        stack.start_store()
        register(stack, 1000)
        serials = sealer_of(stack).seal_range(GTIN, BATCH, 0, options.visits)
        units = [f"01/{GTIN}/21/{serial}" for serial in serials]
        fill(stack, list(enumerate(units)), EVENTS)
        vacuum(stack)
        stack.start_resolver()
        for language in LANGUAGES:
            _measure(stack, units, stack.state / language, language, figures)
    console.print(", ".join(f"{name} {value}" for name, value in figures.items()))
    if options.json:
        print(json.dumps(figures))
    return 0


def _measure(stack: Stack, units: Sequence[str], profile: Path, language: str, figures: dict[str, float | int]) -> None:
    paints: dict[str, list[float]] = {"landing": [], "unit": []}
    sizes, hosts = [], set()
    with chromium(profile, language=language) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
        for unit in units:
            paints["landing"].append(_paint(driver, f"{stack.base_url}/"))
            Traffic(driver)
            paints["unit"].append(_paint(driver, f"{stack.base_url}/{unit}"))
            traffic = Traffic(driver)
            sizes.append(traffic.size)
            hosts |= traffic.hosts
    short = language[:2]
    for name, times in paints.items():
        figures[f"{name}_{short}_paint_ms"] = round(statistics.median(times), 1)
    figures[f"unit_{short}_bytes"] = max(sizes)
    figures[f"unit_{short}_hosts"] = len(hosts)
    figures[f"unit_{short}_over_landing"] = round(
        statistics.median(paints["unit"]) / statistics.median(paints["landing"]), 2
    )


def _paint(driver: WebDriver, address: str) -> float:
    driver.get(address)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        painted = driver.execute_script(_PAINT)
        if painted is not None:
            return float(painted)
        time.sleep(0.02)
    raise TimeoutError(f"{address} was not painted")
