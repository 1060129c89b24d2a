"""``python -m resolver`` as a person uses it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import psycopg
import pytest

from resolver.__main__ import main
from resolver.access.authentication import token_hash
from resolver.key.answer_keys import AnswerKeys
from resolver.mint.answer_signer import read_signer
from resolver.store import Scope, Store
from resolver.web.signatures import answer_key, directory, read_directory
from scripts.system.embedded.secret import new_private_key_pem

BASE = "https://id.example.com"


@pytest.fixture(scope="module")
def environment(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "root").write_text("22" * 32)
    (folder / "pepper").write_text("33" * 32)
    (folder / "webhook-root").write_text("44" * 32)
    (folder / "answer-key").write_text(new_private_key_pem())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "SUYUAN_DATABASE_URL": database.resolver_dsn,
        "SUYUAN_PUBLIC_DATABASE_URL": database.public_dsn,
        "SUYUAN_SEAL_ROOT_FILE": str(folder / "root"),
        "SUYUAN_SIGNING_KEY_DIR": str(folder / "keys"),
        "SUYUAN_PEPPER_FILE": str(folder / "pepper"),
        "SUYUAN_WEBHOOK_ROOT_FILE": str(folder / "webhook-root"),
        "SUYUAN_ANSWER_KEY_FILE": str(folder / "answer-key"),
        "SUYUAN_BASE_URL": BASE,
        "SUYUAN_HTTP_PORT": str(port),
    }


@pytest.fixture
def command(environment, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments):
        exit_code = main(arguments)
        said = capsys.readouterr()
        return exit_code, said.out.strip(), said.err.strip()

    return run


def test_a_first_operator_is_there_with_its_token(command, database):
    exit_code, token, _ = command("token", "create", "--org", "platform", "--role", "operator", "--label", "first")
    assert exit_code == 0
    with psycopg.connect(database.owner_dsn) as connection:
        rows = connection.execute(
            "SELECT role, org_id FROM suyuan.api_token WHERE token_hash = %s", [token_hash(token)]
        )
        assert rows.fetchall() == [("operator", "platform")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["token", "create", "--org", "nobody", "--role", "maker", "--label", "x"], "no organisation 'nobody'"),
        (["token", "create", "--org", "platform", "--role", "maker", "--label", "x"], "'platform' is a operator"),
        (["keys", "create-signing", "--org", "nobody"], "no organisation 'nobody'"),
        (["verify", "/01/1/21/2", "--keys", "/nowhere/keys.json"], "can't read /nowhere/keys.json"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_exit_code_2(command, arguments, says):
    command("token", "create", "--org", "platform", "--role", "operator", "--label", "again")
    exit_code, out, err = command(*arguments)
    assert (exit_code, out) == (2, "")
    assert says in err
    assert "\n" not in err


def test_a_missing_setting_is_told_in_one_line(command, monkeypatch):
    monkeypatch.delenv("SUYUAN_PEPPER_FILE")
    exit_code, _, err = command("serve")
    assert exit_code == 2
    assert err.startswith("resolver: SUYUAN_PEPPER_FILE is missing; set it:")


def test_a_store_that_is_down_is_told_in_one_line(command, monkeypatch):
    monkeypatch.setenv("SUYUAN_DATABASE_URL", "postgresql://x:y@127.0.0.1:1/z")
    exit_code, _, err = command("token", "create", "--org", "p", "--role", "operator", "--label", "x")
    assert exit_code == 2
    assert "\n" not in err


def test_help_is_there_for_every_command(capsys):
    for command in (
        [],
        ["serve"],
        ["token", "create"],
        ["keys", "create-signing"],
        ["keys", "create-seal"],
        ["keys", "revoke"],
        ["mint"],
        ["verify"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--help"])
        assert ended.value.code == 0
    assert "SUYUAN" not in capsys.readouterr().err


def served_in_vain(environment, **settings):
    """What a resolver that can't start says, line by line."""
    ended = subprocess.run(
        [sys.executable, "-m", "resolver", "serve"],
        env={"PATH": os.environ["PATH"], **environment, **settings},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    return ended.stderr.splitlines()


def test_a_limits_storage_that_does_not_answer_ends_the_start(environment):
    (line,) = served_in_vain(environment, SUYUAN_LIMITS_STORAGE="memcached://user:hush@127.0.0.1:1")
    assert line.startswith("resolver: SUYUAN_LIMITS_STORAGE: ")
    assert "hush" not in line


def test_a_library_s_log_lines_are_json_too_where_json_is_asked_for(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        *logged, said = served_in_vain(environment, SUYUAN_HTTP_PORT=port, SUYUAN_LOG_FORMAT="json")
    assert "another process has it" in said
    assert {"time", "level", "logger", "message"} <= json.loads(logged[0]).keys()


def test_served_it_answers_and_a_scan_in_flight_survives_the_end(environment, database, command, tmp_path):
    operator = command(
        "token", "create", "--org", "platform", "--role", "operator", "--label", "serve", "--scopes", "read,admin"
    )[1]
    headers = {"Authorization": f"Bearer {operator}"}
    url = f"http://127.0.0.1:{environment['SUYUAN_HTTP_PORT']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "resolver", "serve"],
        env={"PATH": os.environ["PATH"], **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                if httpx.get(f"{url}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        with httpx.Client(base_url=url, headers=headers) as client:
            body = {"org_id": "huadu", "name": "Huadu", "name_zh": "华都", "kind": "maker", "prefixes": ["9521234"]}
            assert client.post("/api/v1/organisations", json=body).status_code == 201
            answer = client.post("/api/v1/organisations/huadu/signing-keys", json={})
            assert answer.status_code == 201
            keys = tmp_path / "jwks.json"
            keys.write_bytes(client.get("/.well-known/jwks.json").content)
            assert "another process has it" in served_in_vain(environment)[-1]
            assert client.post("/scans", json={"uri": "/01/09521234000013/21/0123456789ABCDEFGHJK"}).status_code == 200
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    with psycopg.connect(database.owner_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM suyuan.outbox").fetchone() == (1,)
    exit_code, out, _ = command("verify", f"{BASE}/01/09521234000013/21/0123456789ABCDEFGHJK", "--keys", str(keys))
    assert exit_code == 1
    assert json.loads(out)["proof"] == "foreign"


def test_a_former_answer_key_is_published_and_a_revoked_one_is_marked(command, database, tmp_path):
    """Old answers and bundles are checked with old keys, for as long as these are worth something."""
    former, saved = answer_key(read_signer(new_private_key_pem().encode())), tmp_path / "directory.json"
    saved.write_text(json.dumps(directory(former)))
    assert command("keys", "add-former-answer", "--keys", str(saved))[1] == f"added: {former.key_id}"
    assert command("keys", "add-former-answer", "--keys", str(saved))[1] == f"there already: {former.key_id}"
    with Store(database.resolver_dsn) as store:
        own = answer_key(read_signer(new_private_key_pem().encode()))
        keys = AnswerKeys(store, own)
        with store.transaction(Scope()) as cursor:
            keys.begin(cursor)
        published = read_directory(json.dumps(keys.directory()).encode())
        assert next(iter(published)) == own.key_id
        assert [*published][-1] == former.key_id
        assert published[own.key_id].not_after is None
        assert published[former.key_id].not_after is not None
        assert command("keys", "revoke-answer", "--key", former.key_id, "--reason", "the disk was sold")[0] == 0
        assert command("keys", "revoke-answer", "--key", "none", "--reason", "x")[0] == 2
        marked = read_directory(json.dumps(AnswerKeys(store, own).directory()).encode())
    assert marked[former.key_id].revoked_at is not None
    with Store("postgresql://x:y@127.0.0.1:1/z", wait_s=0.2) as away:
        assert list(read_directory(json.dumps(AnswerKeys(away, own).directory()).encode())) == [own.key_id]
