"""A phone as a reader, in real Chromium: it enrols, scans, goes offline, comes back; nothing lost, nothing twice."""

import cbor2
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from schemas import cose, enrolment
from schemas.event import decode_batch
from scripts.system.fixtures import MAKER, add_site
from tests.support.browser import Traffic, available, chromium
from tests.support.stack import TestStack
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not available(), reason="Chromium is not installed (Debian: chromium chromium-driver)"),
]

OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
ONLINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store and the HTTP capture with its page: no broker, no resolver."""
    stack = TestStack(tmp_path_factory.mktemp("phone") / "state")
    try:
        stack.start_store()
        stack.register_maker()
        with stack.owner() as owner:
            add_site(owner, "shop-1", "shop", 31.2, 121.5)
        stack.start_capture()
        yield stack
    finally:
        stack.stop()


def issue(stack, letter, reader_id):
    token = enrolment.TOKEN_PREFIX + letter * 43
    stack.query(
        "INSERT INTO suyuan.enrolment (token_hash, org_id, reader_id, site_id, created_by, expires_at)"
        " VALUES (%s, %s, %s, 'shop-1', 'a test', now() + interval '1 hour') RETURNING 1",
        enrolment.token_hash(token),
        MAKER,
        reader_id,
    )
    return token


class Page:
    """What a person does and sees."""

    def __init__(self, driver, url, fragment=""):
        self.driver = driver
        driver.get(f"{url}/reader/{fragment}")
        wait_for(lambda: self.shown("enrolment") or self.shown("scanning"))

    def element(self, name):
        return self.driver.find_element(By.ID, name)

    def shown(self, name):
        return self.element(name).is_displayed()

    def number(self, name):
        return int(self.element(name).text)

    def enrol(self, token):
        self.element("token").send_keys(token)
        self.element("enrol").click()

    def paste(self, code):
        before = self.number("waiting") + self.number("stored")
        self.element("code").send_keys(code)
        self.element("add").click()
        wait_for(lambda: self.number("waiting") + self.number("stored") > before)

    def network(self, conditions):
        # The service worker is a target of its own; its requests go on, so only the page's are cut.
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    def run(self, script):
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script} }})().then(done, (error) => done(String(error)));"
        )


def test_a_phone_enrols_scans_offline_and_everything_arrives_once(place, tmp_path) -> None:
    with chromium(tmp_path, language="en-GB") as driver:
        page = Page(driver, place.capture_url)
        page.enrol(issue(place, "Z", "other") + "x")
        wait_for(lambda: page.shown("notice"))
        assert "token" in page.element("notice").text
        page.element("token").clear()
        page.enrol(issue(place, "A", "phone-1"))
        wait_for(lambda: page.shown("scanning"))
        assert page.element("who").text == f"{MAKER}/phone-1"

        Select(page.element("step")).select_by_value("retail_selling")
        page.paste(f"HTTPS://ID.EXAMPLE{place.unit(0)}")
        wait_for(lambda: page.number("stored") == 1)
        assert page.element("connection").text == "Everything has its receipt."

        page.network(OFFLINE)
        wait_for(lambda: "Offline" in page.element("connection").text)
        for unit in range(1, 6):
            page.paste(place.unit(unit))
        assert page.number("waiting") == 5
        assert place.query("SELECT count(*) FROM suyuan.event") == [(1,)]

        page.network(ONLINE)
        wait_for(lambda: page.number("stored") == 6, 40)
        assert page.number("waiting") == 0
        left = page.run(
            "const { Journal } = await import('./journal.js');return (await (await Journal.open()).batches()).length;"
        )
        assert left == 0, "the journal is empty"
        assert Traffic(driver).hosts == {f"127.0.0.1:{place.capture_port}"}
        unexpected = [
            entry["message"]
            for entry in driver.get_log("browser")
            if "ERR_INTERNET_DISCONNECTED" not in entry["message"] and "/enrolments/redemption" not in entry["message"]
        ]
        assert unexpected == []
    stored = place.query(
        "SELECT count(*), count(DISTINCT event_id), min(biz_step), max(biz_step), min(read_point)"
        " FROM suyuan.event WHERE reader_id = 'phone-1'"
    )
    assert stored == [(6, 6, "retail_selling", "retail_selling", "shop-1")]
    assert place.query("SELECT firmware FROM suyuan.reader_health WHERE reader_id = 'phone-1'") == [("phone-1",)]


def test_a_reload_keeps_identity_and_journal_and_a_lost_receipt_is_asked_for_again(place, tmp_path) -> None:
    with chromium(tmp_path) as driver:
        page = Page(driver, place.capture_url)
        page.enrol(issue(place, "B", "phone-2"))
        wait_for(lambda: page.shown("scanning"))
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-CN"
        place.capture.kill()
        page.paste(place.unit(20))
        page.paste(place.unit(21))
        assert page.number("waiting") == 2
        assert "自动重发" in page.element("connection").text

        # The page itself opens without a server: its service worker has it.
        wait_for(lambda: page.run("return Boolean((await navigator.serviceWorker.ready).active);") is True)
        driver.refresh()
        wait_for(lambda: page.shown("scanning"))
        assert page.number("waiting") == 2
        page.element("language").click()
        assert page.element("scanning-title").text == "Scan"

        # The private key can sign, and nothing can read it.
        said = page.run(
            "const { Journal } = await import('./journal.js');"
            "const { key } = await (await Journal.open()).meta('identity');"
            "return await crypto.subtle.exportKey('pkcs8', key).then(() => 'read', (error) => error.name);"
        )
        assert said == "InvalidAccessError"

        place.start_capture()
        page.element("send").click()
        wait_for(lambda: page.number("stored") == 2, 40)
        # The same bytes once more, as after a receipt that was lost on its way.
        page.paste(place.unit(22))
        wait_for(lambda: page.number("stored") == 3)
    assert place.query("SELECT count(*) FROM suyuan.event WHERE reader_id = 'phone-2'") == [(3,)]


def test_a_code_that_is_none_is_refused_by_name_and_does_not_hold_up_the_next(place, tmp_path) -> None:
    with chromium(tmp_path, language="en-GB") as driver:
        page = Page(driver, place.capture_url, "#" + issue(place, "C", "phone-3"))
        page.element("enrol").click()
        wait_for(lambda: page.shown("scanning"))
        page.network(OFFLINE)
        page.element("code").send_keys("https://example.com/nothing")
        page.element("add").click()
        wait_for(lambda: page.number("waiting") == 1)
        page.paste(place.unit(30))
        page.network(ONLINE)
        wait_for(lambda: page.number("stored") == 1 and page.number("refused") == 1, 40)
        assert page.element("refusals").text.strip()
        assert page.number("waiting") == 0


def test_the_pages_own_cbor_is_read_by_the_contract(place, tmp_path) -> None:
    with chromium(tmp_path) as driver:
        page = Page(driver, place.capture_url)
        made = page.run(
            "const { encode, hex, signedBatch } = await import('./cose.js');"
            "const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);"
            "const values = [0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, 1790000000000000, -1,"
            " -840, 0.5, -1.25e300, '', '溯源', 'a'.repeat(300), [], [1, [2]]];"
            "const who = { org: 'huadu', reader: 'p-1', kid: new TextEncoder().encode('p1'), key: pair.privateKey };"
            "const message = await signedBatch(who, { sequence: 7, sentAt: 1790000000000000, clockBound: 60,"
            " firmware: 'phone-1', events:"
            " [{ item: '/00/1', occurred_at: 5, biz_step: 'receiving', latitude: 1.5 }] });"
            "const key = hex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));"
            "return { values, encoded: values.map((each) => hex(encode(each))), message: hex(message), key };"
        )
    assert [cbor2.loads(bytes.fromhex(each)) for each in made["encoded"]] == made["values"]
    assert [bytes.fromhex(each) for each in made["encoded"]] == [cbor2.dumps(each) for each in made["values"]]
    envelope = cose.open_envelope(bytes.fromhex(made["message"]))
    text = cbor2.dumps(["Signature1", envelope.protected, b"", envelope.payload])
    assert enrolment.is_signed_by(bytes.fromhex(made["key"]), envelope.signature, text)
    batch = decode_batch(envelope.payload, envelope.content_type)
    assert (batch.org_id, batch.reader_id, batch.sequence, batch.firmware) == ("huadu", "p-1", 7, "phone-1")
    assert batch.events == ({1: "/00/1", 2: 5, 3: "receiving", 8: 1.5},)
