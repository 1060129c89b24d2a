"""Covert codes and dynamic tags over HTTP: the first opening, a pair that is none, a counter that goes back."""

import json
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from gateway.evidence.item import Fix, InnerCode
from gateway.ingest.transaction import take_scans
from gateway.message.decoding import CodeReader
from gateway.store import item_evidence
from gateway.store.connection import connect
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from resolver.access import handset
from resolver.access.token_scope import SCOPES
from resolver.app import create_app
from resolver.registry import store as registry_store
from resolver.registry import tokens
from resolver.store import OPERATOR, Store
from schemas.scan import Scan
from tests.support.served import PEPPER, SEAL_ROOT, resolver_services, served

GTIN = "09521234000013"
PHONE = "Mozilla/5.0 (Linux; Android 15) Mobile"
NOW = 1_790_000_000_000_000


@pytest.fixture(scope="module")
def services(database, tmp_path_factory):
    return resolver_services(database, tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        yield client


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def maker(client, services, database):
    with Store(database.resolver_dsn, pool_size=1) as store:
        with store.transaction(OPERATOR) as cursor:
            registry_store.add_organisation(
                cursor, org_id="huadu", name="Huadu", name_zh="华都", kind="maker", prefixes=("9521234",)
            )
        token = tokens.issue_token(store, org_id="huadu", role="maker", label="t", expires_at=None, scopes=SCOPES)[
            "token"
        ]
    services.keyring.refresh()
    headers = {"Authorization": f"Bearer {token}"}
    product = {"gtin": GTIN, "name": "Tea", "name_zh": "茶"}
    batch = {"gtin": GTIN, "lot": "L1", "quantity": 100, "produced_on": "2026-02-01"}
    for path, body in (("products", product), ("batches", batch), ("batches/L1/commissioning", {})):
        assert client.post(f"/api/v1/{path}", json=body, headers=headers).status_code == 201

    def codes(layer):
        answer = client.get(f"/api/v1/batches/L1/codes?layer={layer}", headers=headers)
        return [path_of(json.loads(line)["uri"]) for line in answer.text.splitlines()]

    return headers, codes("outer"), codes("inner")


def path_of(uri):
    return uri.removeprefix("HTTPS://ID.EXAMPLE.COM")


def look(client, path, *, phone="a" * 32, language="en", page=False):
    accept = "text/html" if page else "application/json"
    headers = {"Accept": accept, "User-Agent": PHONE, "Accept-Language": language}
    answer = client.get(path, headers=headers | {"Cookie": f"__Host-suyuan_handset={handset.cookie_of(PEPPER, phone)}"})
    assert answer.status_code == 200, answer.text
    return answer.text if page else answer.json()


def evidence(owner):
    return [row[0] for row in owner.execute("SELECT scan FROM suyuan.outbox WHERE scan ? 'clue'").fetchall()]


def test_the_first_opening_is_recorded_and_later_ones_show_it(client, maker):
    _, outer, inner = maker
    first = look(client, inner[0])
    assert (first["verdict"], first["item"], first["later"]) == ("first", outer[0][1:], 0)
    again = look(client, inner[0])
    assert again["verdict"] == "first", "the same phone may reload its page"
    assert again["opened_at"] == first["opened_at"]
    other = look(client, inner[0], phone="b" * 32)
    assert (other["verdict"], other["later"], other["opened_at"]) == ("again", 1, first["opened_at"])
    assert {reason["reason"] for reason in other["reasons"]} >= {"first_at", "later"}


def test_who_looks_without_being_a_person_opens_nothing(client, maker):
    _, _, inner = maker
    robot = {"User-Agent": "WhatsApp/2.0", "Accept": "text/html"}
    assert client.get(inner[1], headers=robot).status_code == 200
    assert client.head(inner[1], headers={"User-Agent": PHONE}).status_code == 200
    assert look(client, inner[1])["later"] == 0
    assert look(client, inner[1])["verdict"] == "first"


@pytest.mark.parametrize(("language", "heading"), [("zh", "首次开启"), ("en", "Opened for the first time")])
def test_the_page_says_so_in_both_languages_and_tells_what_must_stand_outside(client, maker, language, heading):
    _, outer, inner = maker
    page = look(client, inner[2], language=language, page=True)
    assert heading in page
    assert outer[2][-4:] in page
    assert outer[2][-20:] not in page, "an end to compare, not the whole code"


def test_a_pair_of_two_units_is_evidence_and_a_pair_of_one_is_not(client, maker, owner):
    _, outer, inner = maker
    fits = client.post("/openings", json={"inner": inner[3], "outer": outer[3], "handset": "install-1"}).json()
    assert (fits["verdict"], fits["reasons"][0]["reason"]) == ("first", "pair_fits")
    assert evidence(owner) == []
    swapped = client.post("/openings", json={"inner": inner[4], "outer": outer[5]}).json()
    assert swapped["verdict"] == "mismatch"
    (clue,) = evidence(owner)
    assert (clue["clue"], clue["item_id"]) == ("pair_mismatch", outer[5][1:])
    assert clue["details"].keys() == {"inner_of", "network"}
    assert clue["details"]["inner_of"] == outer[4][1:]
    forged = client.post("/openings", json={"inner": inner[4], "outer": f"/01/{GTIN}/21/0123456789ABCDEFGHJK"}).json()
    assert forged["verdict"] == "mismatch"
    assert len(evidence(owner)) == 1, "a made-up code outside says nothing of any unit"


def test_the_code_inside_one_pack_contradicts_one_code_outside_whoever_sends_it(client, maker, owner):
    _, outer, inner = maker

    def accused():
        return {(clue["item_id"], clue["evidence_id"]) for clue in evidence(owner) if inner_of(clue) == outer[8][1:]}

    def inner_of(clue):
        return clue["details"]["inner_of"]

    for number in (9, 10, 11):
        for phone in ("buyer", "buyer", "accomplice", None):
            opening = {"inner": inner[8], "outer": outer[number]} | ({"handset": f"install-{phone}"} if phone else {})
            assert client.post("/openings", json=opening).json()["verdict"] == "mismatch"
    assert [item for item, _ in accused()] == [outer[9][1:]], "once, under one id, about the first"
    late = {"inner": inner[3], "outer": outer[9], "handset": "install-late"}
    assert client.post("/openings", json=late).json()["verdict"] == "mismatch"
    assert all(inner_of(clue) != outer[3][1:] for clue in evidence(owner)), "the pack was opened, and fitted, before"


def test_a_made_up_covert_code_never_touches_the_store(client, maker, owner):
    _, outer, _ = maker
    for path in (f"/OPEN/01/{GTIN}/21/0123456789ABCDEFGHJK", "/OPEN" + outer[6]):
        assert look(client, path)["verdict"] == "forged"
    assert look(client, "/OPEN/01/09527777000015/21/0123456789ABCDEFGHJK")["verdict"] == "unknown"
    assert "Not a covert code" in look(client, "/OPEN" + outer[6], page=True)


def test_a_covert_code_in_lower_case_is_the_same_code(client, maker):
    _, _, inner = maker
    assert look(client, inner[7].lower())["opened_at"] == look(client, inner[7])["opened_at"]


def cmac(key, data):
    mac = CMAC(algorithms.AES128(key))
    mac.update(data)
    return mac.finalize()


def message(keys, uid, counter):
    """What a tag writes into its address (AN12196): UID and counter hidden, and a CMAC of the tap."""
    count = counter.to_bytes(3, "little")
    plain = (b"\xc7" + uid + count).ljust(16, b"\x5a")
    meta, file = bytes.fromhex(keys["meta_read_key"]), bytes.fromhex(keys["file_read_key"])
    hidden = Cipher(algorithms.AES128(meta), modes.CBC(bytes(16))).encryptor().update(plain)
    session = cmac(file, b"\x3c\xc3\x00\x01\x00\x80" + uid + count)
    return {"picc_data": hidden.hex().upper(), "cmac": cmac(session, b"")[1::2].hex().upper()}


def tap(client, keys, uid, counter, **more):
    query = "&".join(f"{name}={value}" for name, value in message(keys, uid, counter).items())
    return look(client, f"/sun/huadu?{query}", **more)


def tag_on(client, maker, number):
    headers, outer, _ = maker
    uid = sha256(str(number).encode()).digest()[:7]
    answer = client.post("/api/v1/tags", json={"uid": uid.hex(), "uri": outer[number]}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json(), uid


def test_a_fresh_tap_proves_the_tag_and_a_message_counts_once(client, maker):
    keys, uid = tag_on(client, maker, 10)
    fresh = tap(client, keys, uid, 61)
    assert (fresh["verdict"], fresh["counter"], fresh["item"]) == ("fresh", 61, keys["item"])
    assert tap(client, keys, uid, 61)["verdict"] == "reloaded"
    assert tap(client, keys, uid, 61, phone="b" * 32)["verdict"] == "used"
    assert tap(client, keys, uid, 62, phone="b" * 32)["verdict"] == "fresh"
    assert "The tag is genuine" in tap(client, keys, uid, 70, page=True)
    assert "芯片是真的" in tap(client, keys, uid, 71, page=True, language="zh")


def test_a_counter_that_goes_back_is_evidence_once(client, maker, owner):
    keys, uid = tag_on(client, maker, 11)
    before = len(evidence(owner))
    assert tap(client, keys, uid, 500)["verdict"] == "fresh"
    assert tap(client, keys, uid, 499)["verdict"] == "back"
    assert tap(client, keys, uid, 499)["verdict"] == "reloaded"
    assert tap(client, keys, uid, 500, phone="b" * 32)["verdict"] == "used", "an address that was passed on"
    (clue,) = evidence(owner)[before:]
    assert (clue["clue"], clue["item_id"]) == ("counter_back", keys["item"])
    assert clue["details"] == {"tag": uid.hex(), "counter": 499, "newest": 500}


def test_what_no_tag_of_the_maker_wrote_is_forged_and_a_tag_on_nothing_unknown(client, maker):
    keys, uid = tag_on(client, maker, 12)
    written = message(keys, uid, 5)
    flipped = written["cmac"][:-1] + ("0" if written["cmac"][-1] != "0" else "1")
    assert look(client, f"/sun/huadu?picc_data={written['picc_data']}&cmac={flipped}")["verdict"] == "forged"
    assert look(client, f"/sun/nobody?picc_data={written['picc_data']}&cmac={written['cmac']}")["verdict"] == "forged"
    short = client.get("/sun/huadu?picc_data=00&cmac=00", headers={"Accept": "application/json"})
    assert (short.status_code, short.json()["part"]) == (400, "picc_data")


def test_a_tag_goes_on_one_unit_of_its_maker(client, maker):
    headers, outer, _ = maker
    keys, uid = tag_on(client, maker, 13)
    again = client.post("/api/v1/tags", json={"uid": uid.hex(), "uri": outer[13]}, headers=headers)
    assert again.json() == keys
    elsewhere = client.post("/api/v1/tags", json={"uid": uid.hex(), "uri": outer[14]}, headers=headers)
    assert elsewhere.status_code == 409
    made_up = {"uid": "04" * 7, "uri": f"/01/{GTIN}/21/0123456789ABCDEFGHJK"}
    answer = client.post("/api/v1/tags", json=made_up, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "uri")


def test_the_gateway_keeps_evidence_when_it_judges_the_item_again(client, maker, owner, database):
    """Other findings follow from an item's history and are withdrawn when it no longer says so. These do not."""
    _, outer, inner = maker
    client.post("/openings", json={"inner": inner[20], "outer": outer[21]})
    keys, uid = tag_on(client, maker, 22)
    assert [tap(client, keys, uid, counter)["verdict"] for counter in (9, 8)] == ["fresh", "back"]
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        codes = CodeReader(load_keyring(gateway, SEAL_ROOT))

        def taken():
            with gateway.transaction():
                return take_scans(gateway, 500, codes, now=NOW, rule_failed=pytest.fail).counters

        assert taken().stored >= 2
        for number in (21, 22):
            scan = Scan(scan_id=UUID(int=number), uri=outer[number], at=NOW - 60_000_000)
            owner.execute("INSERT INTO suyuan.outbox (scan) VALUES (%s)", [json.dumps(scan.to_fields())])
        assert taken().stored == 2
        owner.execute("""INSERT INTO suyuan.outbox (scan) VALUES ('{"clue": "rumour"}')""")
        assert dict(taken().rejected) == {"unreadable": 1}
    found = owner.execute(
        "SELECT rule, level, withdrawn_at FROM suyuan.finding WHERE subject = ANY (%s) AND kind = 'copied' ORDER BY 1",
        [[outer[21][1:], outer[22][1:]]],
    ).fetchall()
    assert found == [("counter_back", "alert", None), ("pair_mismatch", "watch", None)]
    assert look(client, outer[22])["verdict"] == "copied"
    assert look(client, outer[21])["verdict"] == "genuine", "a watch is silent"


def openings_in_evidence(owner, database, item):
    """Scans of the item that report an opened pack, as assessing reads them from the store."""
    at = "(SELECT opened_at - interval '1 minute' FROM suyuan.opening WHERE item_id = %(item)s)"
    owner.execute(
        "INSERT INTO suyuan.item_state (item_id, owner_org, proof, first_seen, last_seen, events, scans)"
        f" VALUES (%(item)s, 'huadu', 'sealed', {at}, {at}, 0, 0) ON CONFLICT DO NOTHING",
        {"item": item},
    )
    with connect(database.gateway_dsn) as gateway, gateway.transaction():
        item_evidence.refresh(gateway, [item])
        kept = item_evidence.evidence_items(gateway, "huadu", timedelta(days=365))
    (found,) = [each for each in kept if each.item_id == item]
    return [scan for scan in found.evidence.scans if scan.opened]


def test_an_opening_is_evidence_with_the_place_that_is_shared_and_the_pair_that_fits(client, maker, owner, database):
    _, outer, inner = maker
    phone = {"handset": "install-open"}
    network = {"X-Forwarded-For": "114.114.114.7"}
    place = {"latitude": 30.66, "longitude": 104.06, "accuracy_m": 40, "source": "gps", "consent": "exact"}
    assert client.post("/openings", json={"inner": inner[30], **phone}, headers=network).json()["verdict"] == "first"
    (opening,) = openings_in_evidence(owner, database, outer[30][1:])
    assert (opening.source, opening.inner, len(opening.network)) == ("", InnerCode.UNREAD, 16)
    assert opening.fix is Fix.NONE
    owner.execute("DELETE FROM suyuan.assessment_due")
    answer = client.post("/openings", json={"inner": inner[30], "outer": outer[30], **phone, **place}, headers=network)
    assert answer.json()["later"] == 0, "it is the same phone"
    assert owner.execute("SELECT DISTINCT item_id FROM suyuan.assessment_due").fetchall() == [(outer[30][1:],)]
    (better,) = openings_in_evidence(owner, database, outer[30][1:])
    assert (better.latitude, better.source, better.inner) == (30.66, "gps", InnerCode.MATCHED)
    assert better.fix is Fix.FINE, "a ring of refillers is found by where packs were opened"
    assert better.at == opening.at


def test_who_did_not_open_a_pack_says_neither_where_that_was_nor_that_its_codes_fit(client, maker, owner, database):
    _, outer, inner = maker
    place = {"latitude": 45.8, "longitude": 126.5, "accuracy_m": 40, "source": "gps", "consent": "exact"}
    client.post("/openings", json={"inner": inner[31], "handset": "install-first"})
    for stranger in ({}, {"handset": "install-later"}):
        client.post("/openings", json={"inner": inner[31], "outer": outer[31], **place, **stranger})
    (opening,) = openings_in_evidence(owner, database, outer[31][1:])
    assert (opening.source, opening.inner) == ("", InnerCode.UNREAD)


def test_a_place_of_an_opening_is_kept_coarse_without_consent(client, maker, owner):
    _, outer, inner = maker
    client.post("/openings", json={"inner": inner[32], "latitude": 30.6612, "longitude": 104.0634, "accuracy_m": 5})
    row = owner.execute(
        "SELECT latitude, longitude, radius_m, source FROM suyuan.opening WHERE item_id = %s", [outer[32][1:]]
    ).fetchone()
    assert row == (30.7, 104.1, 10_000, "coarse")
    assert client.post("/openings", json={"inner": inner[32], "latitude": 30.66}).status_code == 422
