"""The leak-source report over HTTP: who may see it, what it holds, and that an authority's look is logged."""

import pytest

from gateway.store.assessment import write_reports
from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    GTIN,
    MAKER,
    PLATFORM,
    RIVAL,
    SITE,
    case_room,
    item,
)

REPORT = {
    "codes": 4,
    "items": 90,
    "ranked": [
        {
            "site": SITE,
            "tier": "dealer",
            "probability": 0.97,
            "suspects": 4,
            "items": 31,
            "latitude": 30.6,
            "longitude": 104.1,
        }
    ],
    "credible": [SITE],
    "uncertainty_nats": 0.1,
    "inspect": {"sites": [SITE], "nats": 0.05, "share": 0.5},
    "change": None,
    "suspects": [{"item": item("7"), "probability": 0.95, "path": [SITE], "events": ["e-1", "e-2"]}],
}
BATCH = {"scanned": 90, "flagged": 4, "share": 0.05, "low95": 0.02, "high95": 0.1, "detectable": 0.04, "outlier": True}


@pytest.fixture(scope="module")
def room(database, tmp_path_factory):
    with case_room(database, tmp_path_factory.mktemp("leaks")) as room:
        with room.gateway.transaction():
            write_reports(room.gateway, MAKER, {("leak", GTIN): REPORT, ("batch", "L1"): BATCH})
        yield room


def token(room, org) -> str:
    return room.tokens[org]["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("org", [MAKER, AUTHORITY])
def test_owner_and_authority_read_the_report_with_names_and_words(room, org):
    (report,) = room.ask(org, "GET", "/api/v1/leaks").json()["leaks"]
    assert report["gtin"] == GTIN
    assert report["ranked"][0]["site"] == SITE
    assert report["ranked"][0]["name"]["en"]
    assert report["suspects"] == REPORT["suspects"]
    assert all(each["zh"] and each["en"] for each in report["sentences"])


def test_others_see_nothing_of_it(room):
    assert room.ask(RIVAL, "GET", "/api/v1/leaks").json() == {"leaks": []}
    assert room.ask(RIVAL, "GET", "/api/v1/assessments?topic=batch").json() == {"assessments": []}
    room.ask(DEALER, "GET", "/api/v1/leaks", 403)
    room.ask(PLATFORM, "GET", "/api/v1/leaks", 403)
    assert room.client.get("/api/v1/leaks").status_code == 401


def test_reports_on_batches_give_the_share_with_its_interval(room):
    (found,) = room.ask(MAKER, "GET", "/api/v1/assessments?topic=batch").json()["assessments"]
    assert (found["owner_org"], found["subject"], found["low95"], found["high95"]) == (MAKER, "L1", 0.02, 0.1)
    room.ask(MAKER, "GET", "/api/v1/assessments?topic=weather", 422)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_authority_opens_the_page_with_its_token_and_the_look_is_logged(room, language):
    form = room.client.get(f"/leaks?lang={language}", headers={"Accept": "text/html"})
    assert form.status_code == 200
    assert 'type="password"' in form.text
    looks = "SELECT count(*) FROM suyuan.oversight_log WHERE request LIKE 'POST /leaks%'"
    before = room.owner.execute(looks).fetchone()[0]
    page = room.client.post(f"/leaks?lang={language}", data={"token": token(room, AUTHORITY)})
    assert page.status_code == 200
    assert "<svg" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert room.owner.execute(looks).fetchone()[0] == before + 1
    assert token(room, AUTHORITY) not in page.text


@pytest.mark.parametrize("given", ["", "suyuan_nonsense", "x" * 5_000])
def test_a_wrong_token_opens_nothing(room, given):
    page = room.client.post("/leaks", data={"token": given}, headers={"Accept": "text/html"})
    assert page.status_code in (401, 413)
    assert SITE not in page.text


def test_a_dealer_s_token_opens_nothing(room):
    assert room.client.post("/leaks", data={"token": token(room, DEALER)}).status_code == 401


def test_a_product_without_a_report_says_that_there_is_none(room):
    page = room.client.post("/leaks?lang=en", data={"token": token(room, RIVAL)})
    assert "no evidence of a leak" in page.text
