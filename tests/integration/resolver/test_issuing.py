"""Issuing over HTTP and at the command line: once, exactly, and again only when that is asked for."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psycopg
import pytest
import zxingcpp
from PIL import Image

from resolver.__main__ import main
from resolver.access.token_scope import SCOPES
from resolver.app import create_app
from resolver.key import revocation_store
from resolver.key import store as key_store
from resolver.registry import store as registry_store
from resolver.registry import tokens as registry_tokens
from resolver.services import build_services
from resolver.settings import Settings
from resolver.store import OPERATOR, Store
from schemas.errors import Conflict
from tests.support.served import resolver_environment, served

GTIN = "09521234000013"
REASON = {"reason": "The key folder was copied."}


@pytest.fixture(scope="module")
def environment(database, tmp_path_factory):
    return resolver_environment(database, tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="module")
def client(environment):
    services = build_services(Settings.from_env(environment))
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def tokens(client, environment):
    with Store(environment["SUYUAN_DATABASE_URL"], pool_size=1) as store:
        with store.transaction(OPERATOR) as cursor:
            registry_store.add_organisation(
                cursor, org_id="op", name="Op", name_zh="平台", kind="operator", prefixes=()
            )
        found = {}
        for org, kind, prefixes in (("op", "operator", []), ("huadu", "maker", ["9521234"]), ("rival", "maker", [])):
            if org != "op":
                body = {"org_id": org, "name": org, "name_zh": org, "kind": kind, "prefixes": prefixes}
                assert client.post("/api/v1/organisations", json=body, headers=found["op"]).status_code == 201
            token = registry_tokens.issue_token(
                store, org_id=org, role=None, label="press", expires_at=None, scopes=SCOPES
            )["token"]
            found[org] = {"Authorization": f"Bearer {token}"}
    return found


@pytest.fixture(scope="module")
def maker(client, tokens):
    """The maker's own requests: ``maker(method, path, …)`` gives the answer."""
    product = {"gtin": GTIN, "name": "Tea", "name_zh": "茶"}

    def ask(method, path, *, expect=None, **more):
        answer = client.request(method, f"/api/v1/{path}", headers=tokens["huadu"], **more)
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    ask("POST", "products", json=product, expect=201)
    ask("POST", "organisations/huadu/signing-keys", json={"years": 1}, expect=201)
    return ask


@pytest.fixture
def batch(maker, request):
    """A batch of its own for each test, of 3,000 units on goods."""

    def made(lot=None, **more):
        lot = lot or f"L-{abs(hash(request.node.name)) % 10**8}"
        body = {"gtin": GTIN, "lot": lot, "quantity": 3000, "produced_on": "2026-02-01", **more}
        maker("POST", "batches", json=body, expect=201)
        maker("POST", f"batches/{lot}/commissioning", json={"at": "2026-02-02T00:00:00Z"}, expect=201)
        return lot

    return made


def verdict(client, uri):
    answer = client.get(uri.replace("HTTPS://ID.EXAMPLE.COM", ""), headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_range_is_issued_once_and_streams_the_same_bytes_each_time(maker, batch):
    lot = batch()
    asked = {"issue_id": "press-1", "first": 0, "count": 2500}
    issued = maker("POST", f"batches/{lot}/issues", json=asked, expect=201).json()
    assert (issued["first"], issued["count"], issued["reissue"], issued["finished_at"]) == (0, 2500, False, None)
    again = maker("POST", f"batches/{lot}/issues", json=asked, expect=200).json()
    assert again["requested_at"] == issued["requested_at"]

    where = f"batches/{lot}/codes?issue=press-1"
    for form in ("ndjson", "csv", "zpl"):
        whole = maker("GET", f"{where}&format={form}", expect=200).content
        assert maker("GET", f"{where}&format={form}", expect=200).content == whole
        rest = maker("GET", f"{where}&format={form}&first=1999", expect=200).content
        assert whole.endswith(rest)
        assert whole[: -len(rest)].count(b"\n") == 1999 + (form == "csv"), "what is left begins where it was asked to"
    (entry,) = maker("GET", f"batches/{lot}/issues", expect=200).json()["issues"]
    assert entry["finished_at"] is not None
    assert entry["streams"] == 9
    assert entry["token_label"] == "press"


def test_overlaps_are_refused_and_a_reissue_says_why(maker, batch):
    lot = batch()
    where = f"batches/{lot}/issues"
    maker("POST", where, json={"issue_id": "o-1", "first": 100, "count": 100}, expect=201)
    problem = maker("POST", where, json={"first": 150, "count": 100}, expect=409).json()
    assert (problem["reason"], problem["issue_id"], problem["first"], problem["count"]) == ("overlap", "o-1", 100, 100)
    assert "reissue" in problem["fix"]
    assert (
        maker("POST", where, json={"issue_id": "o-1", "first": 0, "count": 9}, expect=409).json()["reason"] == "exists"
    )
    torn = {"first": 120, "count": 10, "reissue": True, "reason": "The press tore the web."}
    row = maker("POST", where, json=torn, expect=201).json()
    assert (row["reissue"], row["reason"]) == (True, "The press tore the web.")
    never = {"first": 190, "count": 20, "reissue": True, "reason": "?"}
    assert maker("POST", where, json=never, expect=422).json()["reason"] == "never_issued"
    assert maker("POST", where, json={"first": 0, "count": 1, "reissue": True}, expect=422).json()["field"]
    covert = {"first": 100, "count": 100, "layer": "inner"}
    assert maker("POST", where, json=covert, expect=201).json()["layer"] == "inner"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"first": 2999, "count": 2}, "range"),
        ({"first": 3000}, "range"),
        ({"first": -1}, "invalid_field"),
        ({"issue_id": "no spaces"}, "invalid_field"),
    ],
)
def test_what_the_batch_does_not_have_is_a_problem_that_names_the_field(maker, batch, body, reason):
    lot = batch()
    answer = maker("POST", f"batches/{lot}/issues", json=body, expect=422).json()
    assert answer["reason"] == reason
    assert answer["field"] in {"first", "issue_id", "count"}
    assert maker("POST", "batches/nowhere/issues", json={}, expect=404).json()["reason"] == "unknown_batch"


def test_unknown_products_and_quantities_beyond_the_index_space_are_problems(maker):
    body = {"gtin": "09521234000020", "lot": "X", "quantity": 1, "produced_on": "2026-02-01"}
    assert maker("POST", "batches", json=body, expect=422).json()["reason"] == "unknown_product"
    beyond = body | {"gtin": GTIN, "quantity": 1 << 30}
    assert maker("POST", "batches", json=beyond, expect=422).json()["field"] == "quantity"


def test_a_look_is_no_issue_and_shows_only_a_few(maker, batch):
    lot = batch()
    assert len(maker("GET", f"batches/{lot}/codes?count=1000", expect=200).text.splitlines()) == 1000
    assert maker("GET", f"batches/{lot}/codes?count=1001", expect=422).json()["reason"] == "not_issued"
    assert maker("GET", f"batches/{lot}/issues", expect=200).json() == {"issues": [], "next": None}
    assert maker("GET", f"batches/{lot}/codes?issue=none", expect=404).json()["reason"] == "unknown_issue"


def test_an_issue_is_its_own_makers_alone(client, tokens, maker, batch):
    lot = batch()
    maker("POST", f"batches/{lot}/issues", json={"issue_id": "mine"}, expect=201)
    for path in ("issues", "codes?issue=mine", "labels?issue=mine"):
        answer = client.get(f"/api/v1/batches/{lot}/{path}", headers=tokens["rival"])
        assert answer.status_code == 404


def test_labels_of_an_issue_come_as_a_zip_whose_symbols_read_back(maker, batch):
    lot = batch(grade="signed")
    maker("POST", f"batches/{lot}/issues", json={"issue_id": "z-1", "first": 10, "count": 4}, expect=201)
    uris = [
        json.loads(line)["uri"] for line in maker("GET", f"batches/{lot}/codes?issue=z-1", expect=200).text.splitlines()
    ]
    outer = zipfile.ZipFile(io.BytesIO(maker("GET", f"batches/{lot}/labels?issue=z-1&format=zip-png").content))
    inner = zipfile.ZipFile(io.BytesIO(outer.read("labels-0000000010-0000000013.zip")))
    images = [Image.open(io.BytesIO(inner.read(name))) for name in inner.namelist()]
    assert [zxingcpp.read_barcode(image).text for image in images] == uris
    sheets = zipfile.ZipFile(io.BytesIO(maker("GET", f"batches/{lot}/labels?issue=z-1&format=zip-pdf").content))
    assert sheets.read(sheets.namelist()[0]).startswith(b"%PDF")
    single = maker("GET", f"batches/{lot}/labels?index=3&format=svg&carrier=datamatrix", expect=200)
    assert single.headers["content-type"] == "image/svg+xml"
    large = maker("GET", f"batches/{lot}/labels?format=pdf&module_mm=3", expect=200)
    assert large.content.startswith(b"%PDF")


def test_a_key_is_rotated_without_reprinting_and_its_revocation_holds_at_once(client, tokens, maker, batch):
    old_lot = batch("ROT-OLD")
    number = client.post("/api/v1/organisations/huadu/seal-keys", headers=tokens["op"]).json()["key_number"]
    new_lot = batch("ROT-NEW")
    old, new = (json.loads(maker("GET", f"batches/{lot}/codes?count=1", expect=200).text) for lot in (old_lot, new_lot))
    assert verdict(client, old["uri"])["verdict"] == verdict(client, new["uri"])["verdict"] == "genuine"
    listed = maker("GET", "organisations/huadu/keys", expect=200).json()
    assert [key["key_number"] for key in listed["seal_keys"]] == list(range(number + 1))

    path = f"organisations/huadu/seal-keys/{number}/revocation"
    asked = maker("POST", path, json=REASON, expect=202).json()
    assert maker("POST", path, json=REASON, expect=202).json()["revocation_id"] == asked["revocation_id"]
    maker("POST", path, json=REASON | {"emergency": True}, expect=403)
    assert verdict(client, new["uri"])["verdict"] == "genuine", "one person's word is not enough"
    decide = f"organisations/huadu/revocations/{asked['revocation_id']}"
    assert maker("POST", f"{decide}/confirmation", expect=409).json()["reason"] == "same_person"
    maker("POST", f"{decide}/cancellation", expect=200)
    asked = maker("POST", path, json=REASON, expect=202).json()
    confirmation = f"/api/v1/organisations/huadu/revocations/{asked['revocation_id']}/confirmation"
    assert client.post(confirmation, headers=tokens["op"]).json()["state"] == "revoked"
    states = [
        each["state"] for each in maker("GET", "organisations/huadu/revocations", expect=200).json()["revocations"]
    ]
    assert states == ["revoked", "cancelled"]
    told = verdict(client, new["uri"])
    assert (told["proof"], told["verdict"]) == ("revoked_key", "unknown")
    assert told["reasons"][0]["reason"] == "key_revoked"
    assert verdict(client, old["uri"])["verdict"] == "genuine"
    assert maker("POST", f"batches/{new_lot}/issues", json={}, expect=409).json()["reason"] == "revoked_key"
    maker("POST", "organisations/rival/seal-keys/0/revocation", json=REASON, expect=403)
    maker("POST", "organisations/huadu/seal-keys/15/revocation", json=REASON, expect=404)
    maker("POST", "organisations/huadu/seal-keys", expect=201)


def test_a_revoked_signing_key_proves_nothing_from_then_on_and_the_key_set_says_so(client, tokens, maker, batch):
    lot = batch(grade="signed")
    uri = json.loads(maker("GET", f"batches/{lot}/codes?count=1", expect=200).text)["uri"]
    assert verdict(client, uri)["proof"] == "signed"
    kid = uri.split("/")[3][:2]
    path = f"/api/v1/organisations/huadu/signing-keys/{kid}/revocation"
    at_once = client.post(path, json=REASON | {"emergency": True}, headers=tokens["op"])
    assert (at_once.status_code, at_once.json()["state"], at_once.json()["emergency"]) == (200, "revoked", True)
    assert maker("POST", path.removeprefix("/api/v1/"), json=REASON, expect=409).json()["reason"] == "revoked_key"
    assert verdict(client, uri)["proof"] == "revoked_key"
    published = {key["kid"]: key for key in client.get("/.well-known/jwks.json").json()["keys"]}
    assert published[kid]["revoked_at"] is not None
    assert maker("POST", f"batches/{lot}/issues", json={}, expect=409).json()["reason"] == "revoked_key"
    maker("POST", "organisations/huadu/signing-keys", json={"years": 1}, expect=201)


def test_a_revoked_batch_says_why_and_is_not_printed_any_more(client, maker, batch):
    lot = batch()
    maker("POST", f"batches/{lot}/issues", json={"issue_id": "stolen"}, expect=201)
    uri = json.loads(maker("GET", f"batches/{lot}/codes?count=1", expect=200).text)["uri"]
    why = {"reason": "A roll was stolen.", "reason_zh": "一卷标签被盗。"}
    maker("POST", f"batches/{lot}/revocation", json=why, expect=200)
    told = verdict(client, uri)
    assert told["verdict"] == "unknown"
    assert told["reasons"][0]["reason"] == "batch_revoked_because"
    assert why["reason_zh"] in told["reasons"][0]["text"]
    assert maker("GET", f"batches/{lot}/codes?issue=stolen", expect=409).json()["reason"] == "revoked_batch"
    assert maker("POST", f"batches/{lot}/issues", json={}, expect=409).json()["reason"] == "revoked_batch"


def test_a_signing_key_that_has_expired_may_finish_what_was_claimed_and_begin_nothing(maker, batch, owner):
    lot = batch(grade="signed")
    maker("POST", f"batches/{lot}/issues", json={"issue_id": "in-time", "count": 10}, expect=201)
    kid = maker("GET", "batches?limit=1000", expect=200).json()["batches"][-1]["kid"]
    owner.execute("UPDATE suyuan.signing_key SET not_after = clock_timestamp() WHERE kid = %s", [kid])
    try:
        assert maker("POST", f"batches/{lot}/issues", json={"first": 10}, expect=409).json()["reason"] == "expired_key"
        assert len(maker("GET", f"batches/{lot}/codes?issue=in-time", expect=200).text.splitlines()) == 10
    finally:
        owner.execute("UPDATE suyuan.signing_key SET not_after = now() + interval '1 year' WHERE kid = %s", [kid])


def test_one_token_can_not_use_up_the_key_numbers_which_are_sixteen(client, tokens, environment, owner):
    path = "/api/v1/organisations/rival/seal-keys"
    answers = [client.post(path, headers=tokens["rival"]) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 409, 409]
    assert answers[-1].json()["reason"] == "keys_made_often"
    told = owner.execute(
        "SELECT subject, state FROM suyuan.notice WHERE kind = 'key' AND owner_org = 'rival'"
    ).fetchall()
    assert set(told) == {("key/seal/rival/1", "created"), ("key/seal/rival/2", "created")}
    with Store(environment["SUYUAN_DATABASE_URL"], pool_size=1) as store, store.transaction(OPERATOR) as cursor:
        assert [key_store.add_seal_key(cursor, "rival") for _ in range(9)] == list(range(3, 12))
    owner.execute("UPDATE suyuan.seal_key SET created_at = now() - interval '31 days' WHERE org_id = 'rival'")
    assert client.post(path, headers=tokens["rival"]).json()["reason"] == "reserved_numbers"
    assert client.post(path, headers=tokens["op"]).json()["key_number"] == 12
    with Store(environment["SUYUAN_DATABASE_URL"], pool_size=1) as store, store.transaction(OPERATOR) as cursor:
        assert [key_store.add_seal_key(cursor, "rival") for _ in range(3)] == [13, 14, 15]
        with pytest.raises(Conflict, match="All 16"):
            key_store.add_seal_key(cursor, "rival")


def test_a_revocation_that_nobody_cancels_holds_after_its_day(client, tokens, environment, owner):
    path = "/api/v1/organisations/rival/seal-keys/1/revocation"
    asked = client.post(path, json=REASON, headers=tokens["rival"]).json()
    with Store(environment["SUYUAN_DATABASE_URL"], pool_size=1) as store, store.transaction(OPERATOR) as cursor:
        assert revocation_store.carry_out_due(cursor) == 0
    owner.execute("UPDATE suyuan.key_revocation SET due_at = now() WHERE revocation_id = %s", [asked["revocation_id"]])
    with Store(environment["SUYUAN_DATABASE_URL"], pool_size=1) as store, store.transaction(OPERATOR) as cursor:
        assert revocation_store.carry_out_due(cursor) == 1
    keys = client.get("/api/v1/organisations/rival/keys", headers=tokens["rival"]).json()["seal_keys"]
    assert [key["key_number"] for key in keys if key["revoked_at"]] == [1]


@pytest.fixture
def command(environment, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments):
        exit_code = main([*map(str, arguments)])
        said = capsys.readouterr()
        return exit_code, said.out.strip(), said.err.strip().splitlines()

    return run


def test_the_command_mints_what_the_api_would(command, maker, batch, tmp_path):
    lot, file = batch(), tmp_path / "codes.ndjson"
    asked = ("mint", "--org", "huadu", "--batch", lot, "--format", "ndjson", "--workers", 1, "--output", file)
    exit_code, out, _ = command(*asked, "--issue", "c-1", "--count", 50)
    assert exit_code == 0
    assert "issue c-1" in out
    assert file.read_bytes() == maker("GET", f"batches/{lot}/codes?issue=c-1", expect=200).content
    assert [each.name for each in tmp_path.iterdir()] == ["codes.ndjson"]
    (entry,) = maker("GET", f"batches/{lot}/issues", expect=200).json()["issues"]
    assert entry["finished_at"] is not None
    for more, says in (
        ((), "exists already"),
        (("--first", 10, "--output", tmp_path / "other"), "were issued already"),
        (("--reissue", "?", "--first", 49, "--count", 9, "--output", tmp_path / "b"), "were issued before"),
        (("--issue", "no spaces", "--output", tmp_path / "c"), "--issue"),
    ):
        exit_code, _, err = command(*asked, "--count", 40, *more) if "--count" not in more else command(*asked, *more)
        assert exit_code == 2
        assert says in err[-1]
    zipped = tmp_path / "labels.zip"
    exit_code, *_ = command(*asked[:5], "--format", "zip-svg", "--first", 100, "--count", 3, "--output", zipped)
    assert exit_code == 0
    assert zipfile.ZipFile(zipped).namelist() == ["labels-0000000100-0000000102.zip"]


def test_a_mint_that_is_killed_is_continued_to_the_same_bytes(environment, maker, batch, tmp_path):
    lot = batch(quantity=400_000, lot="KILL-1")
    file, note = tmp_path / "codes.csv", tmp_path / "codes.csv.part.json"
    asked = [sys.executable, "-m", "resolver", "mint", "--org", "huadu", "--batch", lot, "--workers", "1"]
    asked += ["--issue", "killed", "--output", str(file)]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **environment}
    process = subprocess.Popen(asked, env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if note.exists() and json.loads(note.read_text())["following"] > 0:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    assert process.wait() == -signal.SIGKILL
    assert not file.exists()
    with (tmp_path / "codes.csv.part").open("ab") as torn:
        torn.write(b"a line that was being written when the po")
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == maker("GET", f"batches/{lot}/codes?issue=killed&format=csv", expect=200).content
    assert len(maker("GET", f"batches/{lot}/issues", expect=200).json()["issues"]) == 1


def test_keys_are_rotated_and_revoked_at_the_command_line(command):
    exit_code, number, _ = command("keys", "create-seal", "--org", "huadu")
    assert exit_code == 0
    exit_code, out, _ = command("keys", "revoke", "--org", "huadu", "--seal", number, "--reason", "a test of it")
    assert (exit_code, out.endswith(": a test of it")) == (0, True)
    exit_code, _, err = command("keys", "revoke", "--org", "huadu", "--signing", "ZZ", "--reason", "x")
    assert exit_code == 2
    assert "no signing key 'ZZ'" in err[-1]
    assert command("keys", "create-seal", "--org", "op")[0] == 2
    assert command("keys", "create-seal", "--org", "huadu")[0] == 0
