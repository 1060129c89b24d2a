"""Debian's Chromium, as a phone would show the page; what it asked the network for is on record."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --hide-scrollbars"
)


def available() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextmanager
def chromium(profile: Path, *, language: str = "zh-CN", javascript: bool = True) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for flag in [*_FLAGS.split(), f"--user-data-dir={profile}", f"--lang={language}"]:
        options.add_argument(flag)
    preferences = {"intl.accept_languages": language, "profile.default_content_setting_values.geolocation": 1}
    if not javascript:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        yield driver
    finally:
        driver.quit()


class Traffic:
    """What the browser asked for since the last look: hosts, and bytes as they came over the wire."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.hosts: set[str] = set()
        self.size = 0
        # Chromium's own pages (a new tab, its errors) load too; only what goes over HTTP is the site's.
        ours: set[str] = set()
        for entry in driver.get_log("performance"):  # type: ignore[no-untyped-call]  # selenium leaves it untyped
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = urlsplit(message["params"]["request"]["url"])
                if url.scheme in ("http", "https"):
                    self.hosts.add(url.netloc)
                    ours.add(message["params"]["requestId"])
            elif message["method"] == "Network.loadingFinished" and message["params"]["requestId"] in ours:
                self.size += int(message["params"]["encodedDataLength"])
