"""Where a code's address leads: levels above it, the item's story, a link of its own."""

import itertools
import time
from urllib.parse import quote

import httpx
import pytest

from schemas import code
from scripts.system.fixtures import GTIN
from tests.support.link_world import JSON, LINKSET, SHOP, gtin, unit
from tests.support.served import BASE_URL
from tests.support.waiting import wait_for


def test_no_descendant_of_a_known_thing_is_unknown_and_levels_accumulate(client, tokens, owner, maker):
    """For every subset of levels that have links: whatever is finer resolves, to the finest of them."""
    for index, present in enumerate(itertools.product((False, True), repeat=3)):
        number = gtin(f"{20000 + index:05d}")
        parts = {"gtin": f"01/{number}", "cpv": f"01/{number}/22/V", "lot": f"01/{number}/22/V/10/L"}
        stored = [name for name, there in zip(parts, present, strict=True) if there]
        for name in stored:
            maker(parts[name], path=f"/{name}", default=True)
        finest = stored[-1] if stored else None
        answer = client.get("/" + parts["lot"])
        assert answer.status_code == (307 if finest else 404)
        assert answer.headers.get("location") == (f"{SHOP}/{finest}" if finest else None)
        document = client.get("/" + parts["lot"], headers=LINKSET).json()["linkset"]
        assert [each["anchor"] for each in document] == [
            f"{BASE_URL}/{parts['lot']}",
            *(f"{BASE_URL}/{parts[name]}" for name in reversed(stored) if name != "lot"),
        ]


def test_a_unit_inherits_the_links_of_the_lot_that_it_is_known_to_be_of(client, maker):
    maker(f"01/{GTIN}/10/LOT1", "gs1:recallStatus", "/lot1")
    path = unit(1)
    assert client.get(f"{path}?linkType=gs1:recallStatus").headers["location"] == f"{SHOP}/lot1"
    anchors = [each["anchor"] for each in client.get(path, headers=LINKSET).json()["linkset"]]
    assert anchors[:2] == [BASE_URL + path, f"{BASE_URL}/01/{GTIN}/10/LOT1"]


def test_a_unit_leads_to_its_story_and_a_browser_is_there_at_once(client):
    path = unit(2)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{BASE_URL}/story{path}")
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-location"] == f"{BASE_URL}/story{path}"
    there = client.get(f"/story{path}", headers={"Accept": "text/html"})
    assert there.status_code == 200
    assert 'data-verdict="genuine"' in page.text
    assert 'data-verdict="genuine"' in there.text


def test_a_maker_may_send_the_holders_of_one_unit_elsewhere(client, maker):
    path = unit(3)
    maker(path, "gs1:dpp", "/passport", default=True)
    for accept in ("*/*", "text/html"):
        answer = client.get(path + "?a=b", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (307, f"{SHOP}/passport?a=b")
    assert client.get(path, headers=JSON).json()["verdict"] == "genuine", "whoever asks for the verdict gets it"


def test_scans_are_counted_where_the_verdict_is_shown_and_once(client, owner):
    path = unit(4)

    def noted():
        return owner.execute(
            "SELECT count(*) FROM suyuan.outbox WHERE scan ->> 'uri' LIKE %s", [f"%{path}"]
        ).fetchone()[0]

    client.get(path)  # a redirection to our own page: the page counts
    client.get(f"/story{path}", headers={"Accept": "text/html"})
    client.get(path, headers={"Accept": "text/html"})
    client.get(path + "?linkType=suyuan:verdict")
    client.get(path, headers=LINKSET)
    client.get(path + "?linkType=gs1:verificationService")
    client.head(path)
    wait_for(lambda: noted() >= 3)
    time.sleep(0.3)
    assert noted() == 3


@pytest.mark.parametrize(
    "path",
    [
        "/01/09521234000010",
        "/01/0952123400001X",
        "/01/%D9%A0%D9%A9521234000013",
        f"/01/{GTIN}/21/{'A' * 21}",
        f"/01/{GTIN}/21/%E4%BD%A0",
        f"/01/{GTIN}/21/A%00",
        f"/01/{GTIN}/21/A%0D%0AX-Evil:%201",
        f"/01/{GTIN}/21/%C0%AF",
        f"/01/{GTIN}/21/A/10/B",
        f"/01/{GTIN}/99/A",
        f"/01/{GTIN}/foo",
        f"/01/{GTIN}?17=261399",
        f"/01/{GTIN}?" + "x" * 8192,
        "/01/" + "9" * 8192,
    ],
)
def test_a_malformed_address_is_told_where(client, path):
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["part"]
    assert len(problem["span"]) == 2
    assert "x-evil" not in answer.headers
    assert httpx.Headers(answer.headers).get("content-type") == "application/problem+json"


def test_a_compressed_address_says_what_it_stands_for(client, maker):
    number = gtin("30020")
    maker(f"01/{number}", path="/plain", default=True)
    bits = f"00000001{int(number):047b}"
    bits += "0" * (-len(bits) % 6)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    packed = "".join(alphabet[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    answer = client.get(f"/{packed}")
    assert answer.headers["location"] == f"{SHOP}/plain"
    assert f'<{BASE_URL}/01/{number}>; rel="owl:sameAs"' in answer.headers["link"]
    assert client.get(f"/{packed}", headers=LINKSET).json()["linkset"][0]["anchor"] == f"{BASE_URL}/01/{number}"


def test_the_code_package_and_the_resolver_agree_on_a_units_address():
    assert code.uri(BASE_URL, GTIN, unit(1).rpartition("/")[2]).upper() == (BASE_URL + quote(unit(1))).upper()
