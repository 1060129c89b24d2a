"""Files of a case, and the signed bundle of all that stands in it."""

import io
import json
import zipfile
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from resolver.__main__ import main
from tests.support.case_world import (
    MAKER,
    RIVAL,
    item,
    seen,
)


@pytest.mark.parametrize(
    ("name", "kind", "content", "status"),
    [
        ("a.pdf", "application/pdf", b"MZ\x90 not a pdf", 422),
        ("a.exe", "application/octet-stream", b"MZ", 415),
        ("../a.txt", "text/plain", b"x", 422),
        ("a.json", "application/json", b"{", 422),
        ("a.txt", "text/plain", b"\xff\xfe", 422),
        ("a.txt", "text/plain", b"", 422),
        ("big.txt", "text/plain", b"x" * (8 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_file_that_is_not_what_it_says_or_too_much_is_refused(room, name, kind, content, status):
    _, case = room.travel("F1")
    path = f"/api/v1/cases/{case}/files"
    room.ask(MAKER, "POST", path, status, params={"name": name}, content=content, headers={"Content-Type": kind})
    assert room.case(MAKER, case)["files"] == []


def test_a_file_comes_back_as_it_was_and_twice_the_same_is_once(room):
    _, case = room.travel("F2")
    content = "照片说明：瓶盖不同".encode()
    for new in (True, False):
        attached = room.ask(
            MAKER,
            "POST",
            f"/api/v1/cases/{case}/files",
            201,
            params={"name": "说明.txt"},
            content=content,
            headers={"Content-Type": "text/plain"},
        ).json()
        assert attached["new"] is new
    assert attached["sha256"] == sha256(content).hexdigest()
    back = room.ask(MAKER, "GET", f"/api/v1/cases/{case}/files/{attached['sha256']}")
    assert back.content == content
    assert back.headers["content-disposition"].startswith("attachment")
    room.ask(RIVAL, "GET", f"/api/v1/cases/{case}/files/{attached['sha256']}", 404)
    room.ask(MAKER, "GET", f"/api/v1/cases/{case}/files/{'0' * 64}", 404)


@pytest.fixture(scope="module")
def bundle(room):
    subject, case = room.travel("G1")
    for hour in range(3):
        seen(room.owner, subject, datetime(2026, 5, 1, hour, tzinfo=UTC))
    room.ask(
        MAKER,
        "POST",
        f"/api/v1/cases/{case}/files?name=note.txt",
        201,
        content=b"note",
        headers={"Content-Type": "text/plain"},
    )
    return case, room.ask(MAKER, "GET", f"/api/v1/cases/{case}/bundle").content


def test_the_bundle_of_a_case_in_the_same_state_is_the_same_bytes(room, bundle):
    case, content = bundle
    assert room.ask(MAKER, "GET", f"/api/v1/cases/{case}/bundle").content == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(json.loads(archive.read("events.json"))) == 3
        assert json.loads(archive.read("findings.json"))[0]["rule"] == "impossible_travel"
        assert json.loads(archive.read("case.json"))["subject"] == item("G1")
        assert set(json.loads(archive.read("keys.json"))) == {"codes", "readers"}
        assert archive.read(f"files/{sha256(b'note').hexdigest()}") == b"note"


def changed(content, change):
    """The bundle with its members as ``change`` leaves them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def re_hashed(members):
    manifest = json.loads(members["manifest.json"])
    members["events.json"] = b"[]\n"
    for each in manifest["files"]:
        each["sha256"] = sha256(members[each["name"]]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda members: members.update({"events.json": b"[]\n"}), "changed"),
        (lambda members: members.update({"more.json": b"{}"}), "added"),
        (lambda members: members.pop("history.json"), "missing"),
        (lambda members: members.pop("manifest.json"), "no_manifest"),
        (re_hashed, "signature"),
    ],
)
def test_whatever_is_done_to_a_bundle_the_command_tells(bundle, tmp_path, capsys, change, reason):
    path = tmp_path / "bundle.zip"
    path.write_bytes(changed(bundle[1], change))
    assert main(["bundle", "verify", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == reason


def test_a_bundle_holds_with_the_published_keys_and_not_with_anothers(room, bundle, tmp_path, capsys):
    path, keys = tmp_path / "bundle.zip", tmp_path / "keys.json"
    path.write_bytes(bundle[1])
    keys.write_bytes(room.client.get("/.well-known/http-message-signatures-directory").content)
    assert main(["bundle", "verify", str(path), "--keys", str(keys)]) == 0
    assert json.loads(capsys.readouterr().out)["key_published"] is True
    keys.write_text('{"keys": []}')
    assert main(["bundle", "verify", str(path), "--keys", str(keys)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "unknown_key"
    path.write_bytes(bundle[1][:-40])
    assert main(["bundle", "verify", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "no_zip"
