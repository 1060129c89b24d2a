"""Links loaded by the thousand: versions, texts, wrong lines, loads cut off and at a time."""

import json
import threading

from scripts.system.fixtures import GTIN
from tests.support.link_world import LINKSET, SHOP, gtin, load


def test_loading_twice_changes_nothing_and_a_new_content_is_a_new_version(client, tokens, owner):
    anchor = f"01/{gtin('30000')}"
    lines = [
        {"anchor": anchor, "link_type": "gs1:pip", "href": f"{SHOP}/{n}", "title": str(n), "slot": f"s{n}"}
        for n in range(50)
    ]
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 50, "replaced": 0, "unchanged": 0}
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 0, "replaced": 0, "unchanged": 50}
    lines[7]["title"] = "seven"
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 0, "replaced": 1, "unchanged": 49}
    versions = client.get(
        "/api/v1/links", params={"anchor": anchor, "versions": True, "limit": 1000}, headers=tokens["maker"]
    ).json()["links"]
    seven = [row for row in versions if row["slot"] == "s7"]
    assert [(row["version"], row["title"], row["retired_at"] is None) for row in seven] == [
        (1, "7", False),
        (2, "seven", True),
    ]
    got, after = [], ""
    while after is not None:
        page = client.get(
            "/api/v1/links", params={"anchor": anchor, "limit": 7, "after": after}, headers=tokens["maker"]
        )
        got += [row["slot"] for row in page.json()["links"]]
        after = page.json()["next"]
    assert len(got) == len(set(got)) == 50


def test_texts_that_copy_might_misread_come_back_as_they_were_sent(client, tokens):
    anchor = f"01/{gtin('30021')}"
    odd = {
        "anchor": anchor,
        "link_type": "gs1:pip",
        "href": f"{SHOP}/a%5Cb?x={{}}'".replace("{}", "%7B%7D"),
        "title": r'\N "null" {a,b} \t 酒',
        "context": ["null", "CN"],
        "hreflang": ["zh", "en"],
        "slot": "NULL",
    }
    assert load(client, tokens["maker"], [odd]).json()["new"] == 1
    (stored,) = client.get("/api/v1/links", params={"anchor": anchor}, headers=tokens["maker"]).json()["links"]
    assert {name: stored[name] for name in odd} == odd
    assert load(client, tokens["maker"], [odd, odd]).json() == {"lines": 2, "new": 0, "replaced": 0, "unchanged": 2}
    last = [odd | {"title": each} for each in ("one", "two", "three")]
    assert load(client, tokens["maker"], last).json() == {"lines": 3, "new": 0, "replaced": 1, "unchanged": 2}
    (stored,) = client.get("/api/v1/links", params={"anchor": anchor}, headers=tokens["maker"]).json()["links"]
    assert (stored["title"], stored["version"]) == ("three", 2)


def test_a_csv_says_the_same(client, tokens):
    anchor = f"01/{gtin('30001')}"
    text = (
        "anchor,link_type,href,title,hreflang,context,default\r\n"
        f'{anchor},gs1:pip,{SHOP}/a,"Tea, green",zh en,CN DE,true\r\n{anchor},gs1:faqs,{SHOP}/b,Q,,,\r\n'
    )
    assert load(client, tokens["maker"], text, "text/csv").json()["new"] == 2
    (first,) = client.get(f"/{anchor}", headers=LINKSET).json()["linkset"]
    assert first["https://ref.gs1.org/voc/pip"][0]["title"] == "Tea, green"
    assert first["https://ref.gs1.org/voc/pip"][0]["context"] == ["CN", "DE"]


def test_one_wrong_line_and_nothing_is_loaded_every_wrong_line_is_named(client, tokens, owner):
    anchor = f"01/{gtin('30002')}"
    good = {"anchor": anchor, "link_type": "gs1:pip", "href": SHOP, "title": "x"}
    lines = [
        json.dumps(good),
        "{",
        json.dumps(good | {"link_type": "gs1:nosuchlt"}),
        json.dumps(good | {"anchor": "01/09521234000010"}),
        json.dumps(good | {"anchor": "01/09506000134352"}),
        json.dumps(good | {"href": "http://169.254.169.254/"}),
        json.dumps(good | {"colour": "red"}),
        json.dumps(good | {"anchor": f"01/{GTIN}/21/{'0' * 20}"}),
        json.dumps(good | {"valid_from": "yesterday"}),
        json.dumps(good | {"title": "a\nb"}),
    ]
    answer = load(client, tokens["maker"], "\n".join(lines))
    assert answer.status_code == 422
    named = [(each["line"], each["field"]) for each in answer.json()["errors"]]
    assert named == [
        (2, "line"),
        (3, "link_type"),
        (4, "anchor"),
        (5, "anchor"),
        (6, "href"),
        (7, "colour"),
        (8, "anchor"),
        (9, "valid_from"),
        (10, "title"),
    ]
    assert owner.execute("SELECT count(*) FROM suyuan.link WHERE anchor = %s", [anchor]).fetchone() == (0,)
    assert load(client, tokens["maker"], "anchor,title\r\nx,y\r\n", "text/csv").json()["errors"][0]["line"] == 1
    assert load(client, tokens["maker"], "x", "text/plain").status_code == 415


def test_a_load_that_is_cut_off_leaves_nothing_and_can_be_repeated(client, tokens, owner, services, monkeypatch):
    anchor = f"01/{gtin('30003')}"
    lines = [{"anchor": anchor, "link_type": "gs1:pip", "href": f"{SHOP}/{n}", "title": "x"} for n in range(20)]
    owner.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.href LIKE '%/13' THEN"
        " RAISE EXCEPTION 'cut off' USING errcode = '57P01'; END IF; RETURN new; END $$;"
        " CREATE TRIGGER cut BEFORE INSERT ON suyuan.link FOR EACH ROW EXECUTE FUNCTION cut()"
    )
    assert load(client, tokens["maker"], lines).status_code == 503
    owner.execute("DROP TRIGGER cut ON suyuan.link")
    assert owner.execute("SELECT count(*) FROM suyuan.link WHERE anchor = %s", [anchor]).fetchone() == (0,)
    assert load(client, tokens["maker"], lines).json()["new"] == 20


def test_a_second_load_of_an_organisation_waits_for_the_first_and_one_link_is_left_in_a_slot(client, tokens, owner):
    anchor, statuses = f"01/{gtin('30004')}", []

    def one(title):
        lines = [
            {"anchor": anchor, "link_type": "gs1:pip", "href": SHOP, "title": title, "slot": f"s{n}"}
            for n in range(200)
        ]
        statuses.append(load(client, tokens["maker"], lines).status_code)

    threads = [threading.Thread(target=one, args=[str(n)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 201 in statuses
    assert set(statuses) <= {201, 429}
    standing = owner.execute(
        "SELECT count(*), count(DISTINCT slot), count(DISTINCT title) FROM suyuan.link"
        " WHERE anchor = %s AND retired_at IS NULL",
        [anchor],
    ).fetchone()
    assert standing == (200, 200, 1)
