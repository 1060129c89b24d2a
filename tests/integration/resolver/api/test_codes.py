"""A code's address: the verdict in any spelling, signed codes, pages in the reader's language."""

import re

from resolver.key import public_key_set
from schemas import code, digital_link
from tests.support.api_world import GTIN, RIVAL_GTIN, codes, forged_path, path_of
from tests.support.served import BASE_URL


def test_a_unit_is_genuine_at_its_own_address_in_any_spelling(client, tokens, batches):
    uri = codes(client, tokens["huadu"], "L1", first=7, count=1)[0]["uri"]
    path = path_of(uri)
    number, serial = path.split("/")[2], path.split("/")[4]
    for spelling in (
        path,
        path + "/",
        path.lower(),
        f"/01/{number}/10/L1/21/{serial}",
        f"/01/{number[1:]}/21/{serial}",
    ):
        answer = client.get(spelling, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["verdict"] == "genuine", spelling
        assert answer.json()["item"] == f"01/{GTIN}/21/{serial}"
    assert answer.json()["batch"]["lot"] == "L1"


def test_a_signed_code_is_genuine_and_a_damaged_signature_is_forged(client, tokens, batches):
    path = path_of(codes(client, tokens["huadu"], "S1", count=1)[0]["uri"])
    assert client.get(path).json()["proof"] == "signed"
    assert client.get(path.lower()).json()["proof"] == "signed"
    damaged = path[:30] + ("A" if path[30] != "A" else "B") + path[31:]
    assert client.get(damaged).json()["verdict"] == "forged"


def test_people_get_a_page_in_their_language_and_a_handset_cookie(client, tokens, batches):
    path = path_of(codes(client, tokens["huadu"], "L1", count=1)[0]["uri"])
    client.cookies.clear()
    page = client.get(path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "zh-CN,zh;q=0.9"})
    assert page.headers["content-type"].startswith("text/html")
    english = client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
    for answer, language, said, unsaid in ((page, "zh", "正品", "Genuine"), (english, "en", "Genuine", "正品")):
        assert answer.headers["content-language"] == language
        (headline,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
        assert said in headline
        assert unsaid not in headline
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_malformed_address_names_the_part_for_programs_and_people(client):
    answer = client.get("/01/09521234000010/21/ABC", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["part"] == "01"
    assert answer.json()["span"] == [17, 18]
    page = client.get("/01/09521234000010/21/ABC", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")


def test_a_forged_code_is_answered_without_asking_the_store(client, tokens, batches):
    genuine = path_of(codes(client, tokens["huadu"], "L1", count=1)[0]["uri"])

    def queries(path, verdict):
        """How often a code's address in all its representations asks the store about the code."""
        before = client.get("/health").json()["looks"]
        assert client.post("/scans", json={"uri": BASE_URL + path}).json()["verdict"] == verdict
        for accept in ("application/json", "text/html", "application/linkset+json", "*/*"):
            assert client.get(path, headers={"Accept": accept}, follow_redirects=False).status_code in (200, 307)
        return client.get("/health").json()["looks"] - before

    assert queries(forged_path(), "forged") == 0
    assert queries(genuine, "genuine") >= 5, "each of these asks the store about a code that proves itself"


def test_a_signed_code_is_checked_offline_with_the_published_keys(client, tokens, batches):
    keyring = public_key_set.read_key_set(client.get("/.well-known/jwks.json").content)
    uri = codes(client, tokens["huadu"], "S1", first=5, count=1)[0]["uri"]
    assert code.check_signature(digital_link.parse(uri), keyring).proof is code.Proof.SIGNED
    sealed = codes(client, tokens["huadu"], "L1", count=1)[0]["uri"]
    assert code.check_signature(digital_link.parse(sealed), keyring).proof is code.Proof.FOREIGN
    elsewhere = uri.replace(GTIN, RIVAL_GTIN)
    assert not code.check_signature(digital_link.parse(elsewhere), keyring).proof.is_authentic
