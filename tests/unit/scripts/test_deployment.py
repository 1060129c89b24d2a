import os
import re
import stat
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scripts.commands import secrets
from scripts.environment import ROOT


def test_every_secret_is_made_and_only_its_owner_gets_into_the_folder(tmp_path):
    folder = tmp_path / "secrets"
    written = secrets.make(folder)
    assert set(written) == {path.name for path in folder.iterdir()} - {"readers"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "readers").stat().st_mode) == 0o700
    for name in written:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o444


def test_the_answer_key_is_one_that_the_resolver_takes(tmp_path):
    secrets.make(tmp_path)
    key = load_pem_private_key((tmp_path / "answer-key").read_bytes(), password=None)
    again = load_pem_private_key(secrets.ed25519_pem(key.private_bytes_raw()).encode(), password=None)
    assert again.public_key() == key.public_key()


def test_a_second_run_changes_nothing(tmp_path):
    secrets.make(tmp_path, ("huadu/line-1",))
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert secrets.make(tmp_path, ("huadu/line-1",)) == []
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_two_deployments_have_no_secret_in_common(tmp_path):
    values = []
    for name in ("one", "two"):
        secrets.make(tmp_path / name)
        values.append({path.read_text() for path in (tmp_path / name).iterdir() if path.is_file()})
    assert not values[0] & values[1]
    assert len(values[0]) == len(list((tmp_path / "one").iterdir())) - 1, "and none is used twice"


def test_a_changed_password_reaches_the_files_that_follow_from_it(tmp_path):
    secrets.make(tmp_path)
    changed = tmp_path / "gateway-password"
    changed.unlink()
    changed.write_text("another-password\n")
    assert secrets.make(tmp_path) == ["gateway-database-url"]
    url = urlsplit((tmp_path / "gateway-database-url").read_text().strip())
    assert (url.username, url.password, url.hostname) == ("suyuan_gateway", "another-password", "store")


def test_a_new_reader_gets_an_account_and_the_others_keep_theirs(tmp_path):
    secrets.make(tmp_path, ("huadu/line-1",))
    before = (tmp_path / "mqtt-passwords").read_text().splitlines()
    assert secrets.make(tmp_path, ("huadu/line-2",)) == ["readers/huadu.line-2", "mqtt-passwords"]
    after = (tmp_path / "mqtt-passwords").read_text().splitlines()
    assert after[:2] == before
    assert [line.partition(":")[0] for line in after] == ["suyuan-gateway", "huadu/line-1", "huadu/line-2"]
    assert all(re.fullmatch(r"[a-z0-9/-]+:\$7\$101\$[\w+/]{16}\$[\w+/]{86}==", line) for line in after)


@pytest.mark.parametrize("reader", ["", "line-1", "huadu/", "Huadu/line-1", "huadu/line/1", "huadu/..", "a:b/c"])
def test_a_name_that_is_no_readers_is_refused_before_anything_is_written(tmp_path, reader):
    with pytest.raises(ValueError, match="org/reader"):
        secrets.make(tmp_path / "secrets", (reader,))
    assert not (tmp_path / "secrets").exists()


def test_the_script_needs_nothing_but_python(tmp_path):
    script = ROOT / "scripts" / "secrets"
    assert os.access(script, os.X_OK)
    command = [sys.executable, "-S", str(script), "--into", str(tmp_path / "new"), "--reader"]  # no site-packages
    done = subprocess.run(
        [*command, "huadu/line-1"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert "seal-root" in done.stdout
    assert (tmp_path / "new" / "readers" / "huadu.line-1").exists()
    wrong = subprocess.run([*command, "x"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "org/reader" in wrong.stderr
