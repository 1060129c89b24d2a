"""The offline verifier in real Chromium: published keys, WebCrypto, and from then on no network."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from resolver.mint.mint import Layer, Mint, Recipe
from scripts.system.fixtures import GTIN, MAKER
from tests.support.browser import Traffic, available, chromium
from tests.support.stack import TestStack

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not available(), reason="Chromium is not installed (Debian: chromium chromium-driver)"),
]

SEEDS = {"7K": b"\x07" * 32, "Z0": b"\x08" * 32}


@pytest.fixture(scope="module")
def site(stack: TestStack) -> TestStack:
    """A maker with two signing keys, of which the second was revoked."""
    stack.register_maker()
    for kid, seed in SEEDS.items():
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        with stack.owner() as owner:
            owner.execute(
                "INSERT INTO suyuan.signing_key VALUES (%s, %s, %s, '2026-01-01Z', '2031-01-01Z', %s)",
                [kid, MAKER, public, None if kid == "7K" else "2026-02-01Z"],
            )
    stack.start_resolver()
    return stack


def signed(kid="7K", seed=None):
    recipe = Recipe(Layer.OUTER, GTIN, 1, 0, "https://id.example.com", bytes(32), kid, seed or SEEDS[kid])
    return Mint(recipe).codes(range(3, 4))[0]


def flipped(text, at):
    return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]


@pytest.fixture(scope="module")
def page(site, tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile"), language="en-GB") as driver:
        driver.get(f"{site.base_url}/verify")
        button = driver.find_element(By.CSS_SELECTOR, "button[type=submit]")
        WebDriverWait(driver, 10).until(lambda _: button.is_enabled())
        assert Traffic(driver).hosts == {f"127.0.0.1:{site.http_port}"}
        assert [entry for entry in driver.get_log("browser") if "favicon" not in entry["message"]] == []
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        assert not driver.execute_script("return fetch('/health').then(() => true, () => false)"), "the network is cut"
        yield driver


def judged(driver, code):
    driver.execute_script(
        "document.getElementById('code').value = arguments[0]; delete document.getElementById('answer').dataset.word",
        code,
    )
    driver.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    answer = driver.find_element(By.ID, "answer")
    WebDriverWait(driver, 10).until(lambda _: answer.get_attribute("data-word"))
    return answer.get_attribute("data-word"), answer.text


@pytest.mark.parametrize(
    "spelling",
    [
        lambda code: code.uri,
        lambda code: code.uri.lower(),
        lambda code: code.uri.replace(f"/{code.serial}", "/" + code.serial.replace("0", "o").replace("1", "l")),
        lambda code: code.element_string,
        lambda code: "https://elsewhere.example/01/{}/21/{}?8030={}".format(
            GTIN, code.serial, code.element_string.split("(8030)")[1]
        ),
    ],
    ids=["as printed", "lower case", "look-alikes", "element string", "AI 8030 on another host"],
)
def test_a_genuine_code_passes_without_a_network_however_it_was_read(page, spelling):
    word, text = judged(page, spelling(signed()))
    assert word == "signed"
    assert f"Signed by {MAKER}." in text
    assert "2031-01-01" in text


def test_one_flipped_character_anywhere_never_passes(page):
    uri = signed().uri
    start = uri.index("/7K") + 1
    for at in [*range(start, start + 105, 13), start + 104, uri.index("/01/") + 8, *range(len(uri) - 20, len(uri), 5)]:
        word, text = judged(page, flipped(uri, at))
        assert word in {"bad-signature", "unknown-key", "unreadable"}, (at, text)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (lambda: signed("Z0").uri, "revoked-key"),
        (lambda: signed("QQ", b"\x09" * 32).uri, "unknown-key"),
        (lambda: f"/01/{GTIN}/21/{signed().serial}", "unsigned"),
        (lambda: signed().uri.replace("/7K", "/7k").replace(GTIN, "09521234000014"), "unreadable"),
        (lambda: signed().uri[:60], "unreadable"),
        (lambda: "hello", "unreadable"),
    ],
    ids=["revoked key", "strange key", "no signature", "check digit", "cut off", "no code"],
)
def test_each_other_case_has_its_own_name(page, code, word):
    assert judged(page, code())[0] == word


def test_the_page_is_there_in_chinese_and_its_camera_is_its_own_alone(site, tmp_path):
    with chromium(tmp_path, language="zh-CN") as driver:
        driver.get(f"{site.base_url}/verify")
        WebDriverWait(driver, 10).until(lambda page: "已载入 2 把公钥" in page.find_element(By.ID, "keys").text)
        assert "不联网验证签名码" in driver.find_element(By.TAG_NAME, "h1").text
        word, text = judged(driver, signed().uri)
        assert (word, "签名有效" in text) == ("signed", True)
        policy = driver.execute_script("return fetch('/verify').then(r => r.headers.get('permissions-policy'))")
        assert "camera=(self)" in policy
        other = driver.execute_script("return fetch('/').then(r => r.headers.get('permissions-policy'))")
        assert "camera=()" in other
