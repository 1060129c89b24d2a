"""Readers as principals over the whole way: enrolled with a token, rotated, told settings, watched, revoked."""

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.__main__ import main as firmware_sim
from firmware_sim.device import enrolment as device
from firmware_sim.device.enrolment import EnrolmentRefused
from firmware_sim.device.journal import Journal
from firmware_sim.device.keys import load_keys
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Reader
from resolver.access.authentication import token_hash
from schemas import enrolment
from schemas.event import Event
from schemas.topics import Address
from scripts.environment import ROOT
from scripts.system.fixtures import MAKER, add_site
from tests.support.stack import TestStack, hours_ago, now
from tests.support.waiting import wait_for

_names = itertools.count()
QUICK = Limits(events=10, age_s=0.1, resend_s=2, max_resend_s=4)


@pytest.fixture(scope="module")
def platform(stack: TestStack) -> TestStack:
    stack.register_maker()
    stack.start_resolver()
    with stack.owner() as owner:
        add_site(owner, "plant-1", "plant", 31.2, 121.5)
        for org_id, kind in (("operator", "operator"), ("dealer-01", "dealer")):
            owner.execute("INSERT INTO suyuan.organisation VALUES (%s, %s, %s, %s)", [org_id, org_id, org_id, kind])
        for org_id, kind in (("operator", "operator"), ("dealer-01", "dealer"), (MAKER, "maker")):
            owner.execute(
                "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (%s, %s, %s, 'test')",
                [token_hash(f"suyuan_{org_id}"), org_id, kind],
            )
    return stack


@pytest.fixture(scope="module")
def api(platform):
    """Calls the resolver as one of the organisations; expects the given status."""
    with httpx.Client(base_url=f"{platform.base_url}/api/v1", timeout=30) as client:

        def call(method, path, body=None, *, org=MAKER, status=200):
            headers = {} if org is None else {"Authorization": f"Bearer suyuan_{org}"}
            answer = client.request(method, path, json=body, headers=headers)
            assert answer.status_code == status, answer.text
            return answer.json()

        yield call


def enrolled(api, platform, folder, reader_id, kid=b"k1"):
    token = api("POST", "/enrolments", {"reader_id": reader_id, "site_id": "plant-1"}, status=201)["token"]
    return device.enrol(f"{platform.base_url}/api/v1", folder, Address(MAKER, reader_id), kid, token)


def reading(platform, folder, key):
    user, password = platform.credentials()
    broker = Broker(platform.broker_host, platform.broker_port, user, password)
    journal = Journal(folder / f"{next(_names)}.sqlite", first_sequence=now())
    return Reader(key.address, key.key, key.kid, journal, broker, clock=now, limits=QUICK, firmware="2.4.1")


def of(api, reader_id, org=MAKER):
    return next(reader for reader in api("GET", "/readers", org=org)["readers"] if reader["reader_id"] == reader_id)


def test_a_reader_enrols_once_reports_and_is_seen_healthy(platform, api, tmp_path):
    issued = api("POST", "/enrolments", {"reader_id": "line-1", "site_id": "plant-1"}, status=201)
    url, address = f"{platform.base_url}/api/v1", Address(MAKER, "line-1")
    key = device.enrol(url, tmp_path, address, b"k1", issued["token"])
    with pytest.raises(EnrolmentRefused, match="used_token"):
        device.enrol(url, tmp_path / "thief", address, b"k1", issued["token"])
    assert issued["token"].encode() not in platform.query("SELECT token_hash FROM suyuan.enrolment")[0]
    assert of(api, "line-1")["state"] == "new"
    with reading(platform, tmp_path, key) as reader:
        reader.scan(*(Event(platform.unit(n), hours_ago(1), "inspecting") for n in range(3)))
        assert reader.drain(20)
        wait_for(lambda: of(api, "line-1")["online"] is True)
        seen = of(api, "line-1")
    assert (seen["state"], seen["firmware"], seen["site_id"]) == ("healthy", "2.4.1", "plant-1")
    assert seen["last_seen"] is not None
    wait_for(lambda: of(api, "line-1")["state"] == "offline")


def test_who_may_let_readers_in_and_whose(platform, api):
    body = {"org_id": "dealer-01", "reader_id": "gate-1"}
    api("POST", "/enrolments", body, org=None, status=401)
    api("POST", "/enrolments", body, org=MAKER, status=403)
    api("POST", "/enrolments", body, org="dealer-01", status=201)
    api("POST", "/enrolments", body, org="operator", status=201)
    assert api("POST", "/enrolments", body | {"site_id": "plant-1"}, org="dealer-01", status=422)["field"] == "site_id"
    assert api("POST", "/enrolments", body | {"site_id": "nowhere"}, org="operator", status=422)["field"] == "site_id"
    api("POST", "/enrolments", body | {"minutes": 0}, org="operator", status=422)
    platform.enrol_reader("dealer-01", "gate-9", bytes(31) + b"\1", b"k1")
    assert {reader["org_id"] for reader in api("GET", "/readers", org="dealer-01")["readers"]} == {"dealer-01"}
    assert {reader["org_id"] for reader in api("GET", "/readers", org="operator")["readers"]} >= {"dealer-01", MAKER}
    page = api("GET", "/readers?limit=1", org="operator")
    assert len(page["readers"]) == 1
    assert page["next"]
    api("POST", f"/readers/{MAKER}/line-1/revocation", org="dealer-01", status=403)
    api("PUT", f"/readers/{MAKER}/line-1/settings", {"batch_events": 5}, org="dealer-01", status=403)


def test_a_token_expires_and_a_stolen_public_key_is_no_proof(platform, api, tmp_path):
    issued = api("POST", "/enrolments", {"reader_id": "late", "minutes": 1}, status=201)
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    body = {"token": issued["token"], "kid": "6b31", "public_key": key.hex(), "proof": "00" * 64}
    assert api("POST", "/enrolments/redemption", body, org=None, status=403)["reason"] == "not_proven"
    with platform.owner() as owner:
        owner.execute("UPDATE suyuan.enrolment SET expires_at = now() - %s WHERE reader_id = 'late'", [timedelta(1)])
    with pytest.raises(EnrolmentRefused, match="expired"):
        device.enrol(f"{platform.base_url}/api/v1", tmp_path, Address(MAKER, "late"), b"k1", issued["token"])
    with pytest.raises(EnrolmentRefused, match="unknown_token"):
        device.enrol(f"{platform.base_url}/api/v1", tmp_path, Address(MAKER, "late"), b"k1", "enrol_" + "x" * 43)


def test_a_key_is_rotated_by_the_old_one_and_a_revoked_one_is_refused_at_once(platform, api, tmp_path):
    url = f"{platform.base_url}/api/v1"
    old = enrolled(api, platform, tmp_path, "line-2")
    stranger = device.ReaderKey(old.address, b"k1", Ed25519PrivateKey.generate())
    with pytest.raises(EnrolmentRefused, match="bad_signature"):
        device.rotate(url, tmp_path / "stranger", stranger, b"k2")
    new = device.rotate(url, tmp_path, old, b"k2")
    assert [key.kid for key in load_keys(tmp_path)] == [b"k2"]
    for key, unit in ((old, 10), (new, 11)):
        with reading(platform, tmp_path, key) as reader:
            reader.scan(Event(platform.unit(unit), hours_ago(1), "inspecting"))
            assert reader.drain(20)
            assert reader.statistics().stored == 1
    retired = {"because": "retired"}
    api("POST", f"/readers/{MAKER}/line-2/keys/{b'k1'.hex()}/revocation", retired)
    api("POST", f"/readers/{MAKER}/line-2/keys/{b'k7'.hex()}/revocation", status=404)
    with pytest.raises(EnrolmentRefused):
        device.rotate(url, tmp_path / "again", old, b"k3")
    with reading(platform, tmp_path, old) as reader:
        reader.scan(Event(platform.unit(12), hours_ago(1), "inspecting"))
        assert reader.drain(20)
        ((_, receipt),) = reader.journal.refused()
        assert json.loads(receipt)["rejections"][0]["reason"] == "revoked_key"
    keys = {key["kid"]: key["revoked_at"] for key in of(api, "line-2")["keys"]}
    assert keys[b"k1".hex()] is not None
    assert keys[b"k2".hex()] is None
    api("POST", f"/readers/{MAKER}/line-2/revocation")
    with reading(platform, tmp_path, new) as reader:
        reader.scan(Event(platform.unit(13), hours_ago(1), "inspecting"))
        assert reader.drain(20)
        assert reader.statistics().rejected == 1
    assert of(api, "line-2")["state"] == "revoked"


def test_what_a_stolen_key_has_planted_dies_with_it(platform, api, tmp_path):
    url, revocation = f"{platform.base_url}/api/v1", f"/readers/{MAKER}/line-8/keys/{b'k1'.hex()}/revocation"
    first = enrolled(api, platform, tmp_path, "line-8")
    honest = device.rotate(url, tmp_path, first, b"k2")
    since = datetime.now(UTC).isoformat()
    planted = device.rotate(url, tmp_path / "thief", first, b"x1")
    with pytest.raises(EnrolmentRefused, match="too_many_keys"):
        device.rotate(url, tmp_path / "thief", planted, b"x2")
    api("POST", f"/readers/{MAKER}/line-8/keys/{b'k2'.hex()}/revocation", {"because": "retired"})
    device.rotate(url, tmp_path / "thief", planted, b"x2")
    assert api("POST", revocation, {"since": since})["revoked"] == [b"k1".hex(), b"x1".hex(), b"x2".hex()]
    state = {key["kid"]: (key["introduced_by"], key["revoked_at"] is None) for key in of(api, "line-8")["keys"]}
    assert state[b"x2".hex()] == (b"x1".hex(), False)
    assert state[honest.kid.hex()] == (b"k1".hex(), False), "it was retired before"
    api("POST", revocation, {"because": "retired", "since": since}, status=422)
    told = "SELECT count(*) FROM suyuan.notice WHERE kind = 'key' AND owner_org = %s AND subject LIKE '%%line-8/%%'"
    assert platform.query(told, MAKER) == [(3,)], "the owner hears of each key that nobody let in"


def test_without_a_word_on_when_all_that_a_stolen_key_introduced_is_revoked(platform, api, tmp_path):
    url = f"{platform.base_url}/api/v1"
    first = enrolled(api, platform, tmp_path, "line-9")
    device.rotate(url, tmp_path, first, b"k2")
    assert len(api("POST", f"/readers/{MAKER}/line-9/keys/{b'k1'.hex()}/revocation")["revoked"]) == 2
    enrolled(api, platform, tmp_path, "line-9", kid=b"k3")
    for number in range(4, 7):
        live = next(key for key in load_keys(tmp_path) if key.kid == b"k%d" % (number - 1))
        device.rotate(url, tmp_path, live, b"k%d" % number)
        api("POST", f"/readers/{MAKER}/line-9/keys/{live.kid.hex()}/revocation", {"because": "retired"})
    last = next(key for key in load_keys(tmp_path) if key.kid == b"k6")
    with pytest.raises(EnrolmentRefused, match="rotated_often"):
        device.rotate(url, tmp_path, last, b"k7")


def test_a_rotation_that_was_signed_in_advance_is_refused_later(platform, api, tmp_path):
    old = enrolled(api, platform, tmp_path, "line-10")
    new = Ed25519PrivateKey.generate()
    public = new.public_key().public_bytes_raw()
    nonce = bytes.fromhex(api("POST", f"/readers/{MAKER}/line-8/keys/nonce", org=None)["nonce"])
    text = enrolment.rotation_text(old.address, old.kid, b"k2", public, nonce)
    body = {
        "kid": old.kid.hex(),
        "new_kid": b"k2".hex(),
        "public_key": public.hex(),
        "nonce": nonce.hex(),
        "signature": old.key.sign(text).hex(),
        "proof": new.sign(text).hex(),
    }
    refused = api("POST", f"/readers/{MAKER}/line-10/keys", body, org=None, status=403)
    assert refused["reason"] == "stale_nonce", "it was another reader's"


def test_the_devices_own_commands_enrol_and_rotate(platform, api, tmp_path, monkeypatch, capsys):
    token = api("POST", "/enrolments", {"reader_id": "line-5"}, status=201)["token"]
    common = ["--url", f"{platform.base_url}/api/v1", "--keys", str(tmp_path), "--reader", f"{MAKER}/line-5"]
    assert firmware_sim(["enrol", *common]) == 2
    assert "SUYUAN_ENROLMENT_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("SUYUAN_ENROLMENT_TOKEN", token)
    assert firmware_sim(["enrol", *common[:-1], f"{MAKER}/line-6"]) == 2, "the token is another reader's"
    assert firmware_sim(["rotate", *common, "--kid", "k2"]) == 2, "there is no key yet"
    capsys.readouterr()
    again = api("POST", "/enrolments", {"reader_id": "line-5"}, status=201)["token"]
    monkeypatch.setenv("SUYUAN_ENROLMENT_TOKEN", again)
    assert firmware_sim(["enrol", *common, "--kid", "k7"]) == 0
    assert json.loads(capsys.readouterr().out) == {"reader": f"{MAKER}/line-5", "kid": "k7"}
    assert firmware_sim(["rotate", *common, "--kid", "k8"]) == 0
    assert json.loads(capsys.readouterr().out)["old_kid"] == "k7"
    assert [key.kid for key in load_keys(tmp_path)] == [b"k8"]
    assert firmware_sim(["rotate", *common, "--kid", "k8"]) == 2, "a key is never overwritten"


def test_settings_from_afar_reach_a_reader_and_outlive_its_connection(platform, api, tmp_path):
    key = enrolled(api, platform, tmp_path, "line-3")
    api("PUT", f"/readers/{MAKER}/line-3/settings", {"batch_events": 2, "batch_age_ms": 200})
    with reading(platform, tmp_path, key) as reader:
        wait_for(lambda: reader.settings_revision == 1)
        reader.scan(*(Event(platform.unit(20 + n), hours_ago(1), "inspecting") for n in range(10)))
        assert reader.drain(20)
        assert reader.statistics().receipts == 5, "batches of two"
        assert api("PUT", f"/readers/{MAKER}/line-3/settings", {"batch_events": 10})["revision"] == 2
        wait_for(lambda: reader.settings_revision == 2)
        reader.scan(*(Event(platform.unit(30 + n), hours_ago(1), "inspecting") for n in range(10)))
        assert reader.drain(20)
        assert reader.statistics().receipts == 6
    wait_for(lambda: of(api, "line-3")["settings_published"])
    assert api("PUT", f"/readers/{MAKER}/line-3/settings", {"batch_events": 0}, status=422)["field"] == "batch_events"
    api("PUT", f"/readers/{MAKER}/line-3/settings", {}, status=422)
    api("PUT", f"/readers/{MAKER}/nobody/settings", {"batch_events": 5}, status=404)


def test_a_slow_clock_is_learned_from_what_the_reader_sends(platform, api, tmp_path):
    key = enrolled(api, platform, tmp_path, "line-4")
    slow_us = 90_000_000
    with platform.owner() as owner, reading(platform, tmp_path, key) as reader:
        reader._clock = lambda: now() - slow_us
        for number in range(4):
            # As if the last write were longer ago than the gateway's rest between two.
            owner.execute("UPDATE suyuan.reader_health SET last_seen = last_seen - interval '1 minute'")
            reader.scan(Event(platform.unit(40 + number), hours_ago(1), "inspecting"))
            assert reader.drain(20)
    seen = of(api, "line-4")
    assert seen["state"] == "clock"
    assert slow_us <= seen["clock_offset_us"] <= slow_us + 20_000_000


def test_neither_role_can_do_more_than_its_part(platform):
    with psycopg.connect(platform.gateway_dsn, autocommit=True) as gateway:
        for forbidden in (
            "SELECT * FROM suyuan.enrolment",
            "INSERT INTO suyuan.reader (org_id, reader_id) VALUES ('maker', 'made-up')",
            "UPDATE suyuan.reader_settings SET settings = '{}'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                gateway.execute(forbidden)
    with psycopg.connect(platform.resolver_dsn, autocommit=True) as resolver:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            resolver.execute("SELECT * FROM suyuan.enrolment")
        assert resolver.execute("SELECT count(*) FROM suyuan.reader_health").fetchone() == (0,)
        resolver.execute("SELECT set_config('suyuan.mandate', 'fleet', false)")
        assert resolver.execute("SELECT count(*) FROM suyuan.reader_health").fetchone()[0] > 0
        assert resolver.execute("SELECT count(*) FROM suyuan.batch").fetchone() == (0,), "readers, and nothing else"


def test_dead_letters_are_listed_and_replayed_by_reader_and_time(platform, api, tmp_path):
    with platform.device("unknown-1", enrol=False) as one, platform.device("unknown-2", enrol=False) as two:
        for reader in (one, two):
            sent = reader.send(reader.batch(1, Event(platform.unit(50), hours_ago(1), "inspecting")))
            assert sent.rejections[0].reason == "unknown_reader"
        for reader in (one, two):
            platform.enrol_reader(MAKER, reader.address.reader_id, reader.key.public_key().public_bytes_raw(), b"k1")

    def gateway(*arguments):
        environment = platform.gateway_environment() | {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, listed = gateway("dead-letters", "--reader", f"{MAKER}/unknown-1")
    assert code == 0
    assert "1 x unknown_reader" in listed
    assert "unknown-2" not in listed
    assert gateway("dead-letters", "--reason", "unknown_reader", "--until", "2026-01-01T00:00:00Z") == (0, "")
    assert gateway("replay-dead", "--since", "2999-01-01")[1].startswith("0 messages")
    replayed = gateway("replay-dead", "--reason", "unknown_reader", "--reader", f"{MAKER}/unknown-1")[1]
    assert replayed.startswith("1 messages: 1 events stored")
    stored = "SELECT reader_id FROM suyuan.event WHERE reader_id LIKE 'unknown-%%'"
    assert platform.query(stored) == [("unknown-1",)]
    assert "(replayed)" in gateway("dead-letters", "--reader", f"{MAKER}/unknown-1")[1]
    assert platform.query("SELECT count(*) FROM suyuan.reader_health WHERE reader_id = 'unknown-1'") == [(0,)]
    assert gateway("replay-dead", "--reader", "nobody")[0] == 2
    assert gateway("dead-letters", "--since", "yesterday")[0] == 2
