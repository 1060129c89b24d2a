"""Answers without a thread, and what they give away: on a real PostgreSQL, whose connections are cut."""

import time
from datetime import UTC, datetime
from hashlib import sha256

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.ingest.inbox import Delivery
from gateway.ingest.transaction import take_messages, take_scans
from gateway.message.decoding import CodeReader
from gateway.store.connection import connect
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from resolver.app import create_app
from schemas import cose
from schemas.event import Event, encode_batch
from schemas.keys import seal_key
from schemas.serial import Sealer
from schemas.topics import EVENTS, Address
from scripts.system.fixtures import GTIN, MAKER, enrol_reader, register_maker
from tests.support.served import SEAL_ROOT, resolver_services, served

VERDICT = {"linkType": "suyuan:verdict"}
OF_THE_MOMENT = {"scan_id", "answered_at", "scans"}


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        register_maker(connection, quantity=1000)
        yield connection


@pytest.fixture(scope="module")
def services(owner, database, tmp_path_factory):
    return resolver_services(database, tmp_path_factory.mktemp("secrets"), code_rate="0")


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


def unit(index):
    return f"/01/{GTIN}/21/" + Sealer(seal_key(SEAL_ROOT, MAKER, 0), 0).seal(GTIN, 1, index)


def lasting(document):
    return {name: value for name, value in document.items() if name not in OF_THE_MOMENT}


def test_a_verdict_is_the_same_whether_it_is_given_at_once_or_by_a_thread(client, services, monkeypatch):
    at_once = [client.get(unit(1), params=VERDICT).json() for _ in range(2)][-1]  # the first one filled the names
    threads = services.public_pool.query_count
    assert lasting(client.get(unit(1), params=VERDICT).json()) == lasting(at_once)
    assert services.public_pool.query_count == threads, "the names were cached: one query was enough"
    monkeypatch.setattr(services.names, "of", forgetful(services.names.of))
    by_thread = client.get(unit(1), params=VERDICT).json()
    assert services.public_pool.query_count == threads + 1
    assert lasting(by_thread) == lasting(at_once)


def forgetful(of):
    """Names that have to be asked for at the next question."""

    def forgetting(look, *rest):
        look.execute("SELECT 1", [])
        return of(look, *rest)

    return forgetting


def test_a_scan_is_recorded_before_the_store_is_queried_on_the_event_loop_and_in_a_thread(
    client, services, monkeypatch
):
    order = []

    def noting(name, call):
        def called(*arguments, **named):
            order.append(name)
            return call(*arguments, **named)

        return called

    for headers in ({"Accept": "application/json"}, {"Accept": "text/html"}):
        assert client.get(unit(8), headers=headers).status_code == 200  # names are cached from here on
    monkeypatch.setattr(services.scans, "put", noting("scan", services.scans.put))
    monkeypatch.setattr(services.prepared, "ask", noting("query", services.prepared.ask))
    monkeypatch.setattr(services.public_pool, "ask", noting("query", services.public_pool.ask))
    for headers in ({"Accept": "application/json"}, {"Accept": "text/html"}):
        order.clear()
        assert client.get(unit(8), headers=headers).status_code == 200
        assert order == ["scan", "query"]
    client.cookies.clear()  # a page gives its phone a cookie, whose session has a limit


def test_a_scan_that_the_event_loop_leaves_to_a_thread_is_recorded_once(client, services, monkeypatch):
    scans = []
    monkeypatch.setattr(services.scans, "put", lambda scan: scans.append(scan) or True)
    monkeypatch.setattr(services.names, "of", forgetful(services.names.of))
    answer = client.get(unit(9), params=VERDICT)
    assert [str(scan.scan_id) for scan in scans] == [answer.json()["scan_id"]]


def test_links_are_the_same_whether_they_are_given_at_once_or_by_a_thread(client, services, monkeypatch):
    plain, linkset = {"Accept": "*/*"}, {"Accept": "application/linkset+json"}
    first, again = ([client.get(unit(2), headers=each) for each in (plain, linkset)] for _ in range(2))
    monkeypatch.setattr(services.names, "lot", forgetful(services.names.lot))
    slow = [client.get(unit(2), headers=each) for each in (plain, linkset)]
    told = [
        [(each.status_code, each.headers.get("location"), each.text) for each in run] for run in (first, again, slow)
    ]
    assert told[0] == told[1] == told[2]
    assert [status for status, _, _ in told[0]] == [307, 200]


def test_a_cut_connection_costs_nobody_an_answer(client, database):
    for _ in range(3):
        assert client.get(unit(3), params=VERDICT).json()["verdict"] == "genuine"
        with psycopg.connect(database.public_dsn, autocommit=True) as one_of_them:
            one_of_them.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        assert client.get(unit(3), params=VERDICT).json()["verdict"] == "genuine"
        assert client.get(unit(3), headers={"Accept": "*/*"}).status_code == 307


def test_a_question_that_takes_too_long_is_not_put_once_more(client, services, database, monkeypatch):
    assert client.get(unit(8), params=VERDICT).status_code == 200  # names are cached
    monkeypatch.setattr(services.prepared, "_wait_s", 0.1)
    asked = services.query_count
    with psycopg.connect(database.owner_dsn) as holder:
        holder.execute("LOCK TABLE suyuan.event IN ACCESS EXCLUSIVE MODE")  # whoever reads an event waits
        assert client.get(unit(8), params=VERDICT).status_code == 503
    assert services.query_count == asked + 1


def shape(value):
    """What an answer looks like apart from its texts: names, nesting, kinds."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


GUESSES = {
    "made up": f"/01/{GTIN}/21/0123456789ABCDEFGHJK",
    "a digit of a true one changed": unit(4)[:-1] + ("0" if unit(4)[-1] != "0" else "1"),
    "another's end": unit(5)[:-10] + unit(6)[-10:],
    "counted up": f"/01/{GTIN}/21/00000000000000000001",
}


def test_wrong_codes_of_every_kind_are_answered_in_one_shape_with_no_question_to_the_store(client, services):
    asked = services.query_count
    answers = [client.get(path, params=VERDICT) for path in GUESSES.values()]
    assert services.query_count == asked
    assert {each.json()["verdict"] for each in answers} == {"forged"}
    first, *others = [
        (each.status_code, sorted(each.headers), shape(each.json()), len(each.content)) for each in answers
    ]
    assert others == [first] * len(others)


def test_a_wrong_code_has_the_members_of_a_genuine_ones_answer(client):
    genuine, guessed = (client.get(path, params=VERDICT) for path in (unit(7), GUESSES["made up"]))
    assert genuine.json().keys() == guessed.json().keys()
    assert sorted(genuine.headers) == sorted(guessed.headers)


def test_guessing_by_the_hundred_becomes_one_alert_however_long_it_goes_on(client, owner, database):
    """The resolver sees it, the gateway is told, a person gets one incident: not one a guess."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for number in range(330):
        serial = f"9{alphabet[number // 32]}{alphabet[number % 32]}".rjust(20, "7")
        assert client.get(f"/01/{GTIN}/21/{serial}", params=VERDICT).json()["verdict"] == "forged"
    until = time.monotonic() + 10
    while clues(owner) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert clues(owner) == 2, "at 160 and at 320"
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        with gateway.transaction():
            now = int(datetime.now(UTC).timestamp() * 1_000_000)
            codes = CodeReader(load_keyring(gateway, SEAL_ROOT))
            assert take_scans(gateway, 1000, codes, now=now, rule_failed=pytest.fail).counters.rejected.total() == 0
    ((subject, level, evidence),) = owner.execute(
        "SELECT subject, level, evidence FROM suyuan.finding WHERE rule = 'enumeration'"
    ).fetchall()
    assert (subject, level) == (f"guessing/{MAKER}/{GTIN}", "alert")
    assert evidence["details"]["guesses"] >= 320
    assert "127.0.0" not in str(evidence)
    incidents = owner.execute("SELECT kind, findings, state FROM suyuan.incident").fetchall()
    assert [each for each in incidents if each[0] == "guessed"] == [("guessed", 1, "new")]


def clues(owner):
    (found,) = owner.execute("SELECT count(*) FROM suyuan.outbox WHERE scan ->> 'clue' = 'enumeration'").fetchone()
    return found


# Provenance


def test_a_step_says_which_reader_signed_it_with_which_key_and_what_was_never_signed_says_so(client, owner, database):
    key, kid, now = Ed25519PrivateKey.generate(), b"k-7", int(datetime.now(UTC).timestamp() * 1_000_000)
    enrol_reader(owner, MAKER, "line-9", key.public_key().public_bytes_raw(), kid)
    item = unit(40)
    message = cose.sign(
        encode_batch(
            org_id=MAKER,
            reader_id="line-9",
            sequence=3,
            sent_at=now,
            clock_bound_s=2,
            events=[Event(item=item, occurred_at=now - 10_000_000 + each, biz_step="packing") for each in (0, 1)],
            content_type=cose.CBOR,
        ),
        content_type=cose.CBOR,
        kid=kid,
        key=key,
    )
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        with gateway.transaction():
            codes = CodeReader(load_keyring(gateway, SEAL_ROOT))
            delivery = Delivery(1, 0, Address(MAKER, "line-9").topic(EVENTS), message)
            take_messages(gateway, [delivery], codes, now=now, rule_failed=pytest.fail)
    owner.execute(
        "INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id,"
        " biz_step, action, offset_minutes, audience, clock_bound_s, proof)"
        " VALUES (%s, now() - interval '1 day', gen_random_uuid(), now(), %s, %s, 'imported', 'commissioning', 'ADD',"
        " 480, 'edge', 0, 'sealed')",
        [item[1:], MAKER, MAKER],
    )
    chain = client.get(item, params={"linkType": "suyuan:provenance"}).json()["chain"]
    imported, *packed = chain["steps"]
    assert imported["signature"] == {"status": "not_on_record"}
    for step in packed:
        assert step["reader"] == {"organisation_id": MAKER, "reader_id": "line-9"}
        assert step["signature"] == {
            "status": "verified",
            "algorithm": "EdDSA",
            "kid": kid.hex(),
            "batch": {"sequence": 3, "sha256": sha256(message).hexdigest()},
        }
    assert chain["consumer_scans"]["signature"] == {"status": "unsigned"}
    page = client.get(item, headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert f"Reader {MAKER}/line-9, signature checked" in page
