"""As a new user: a clean copy, an empty home, the README's commands typed as they stand."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from scripts.commands.up.acceptance import VERDICTS
from tests.support.readme import readme_commands

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """The files that git knows or would take, and nothing else."""
    target = tmp_path_factory.mktemp("new-user") / "suyuan"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """An empty home, and nothing of this process's virtual environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SUYUAN_", "PYTHON", "VIRTUAL"))}
    return kept | {"HOME": str(tmp_path_factory.mktemp("home")), "COLUMNS": "120"}


def run(command: str, clone: Path, environment: dict[str, str], seconds: float = 600) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", "-c", command], cwd=clone, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


class Up:
    """``scripts/up`` in a terminal, until Ctrl-C."""

    def __init__(self, command: str, clone: Path, environment: dict[str, str], log: Path) -> None:
        self.log = log
        # Where whatever started the tests ignores Ctrl-C (a shell's background does), a child would ignore it too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command.split(),
                cwd=clone,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, text: str, seconds: float = 300) -> str:
        deadline = time.monotonic() + seconds
        while text not in (said := self.log.read_text(encoding="utf-8")):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
        return said

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def test_one_command_shows_the_whole_thing_and_the_next_goes_on_from_there(clone, environment, tmp_path) -> None:
    assert "scripts/up" in readme_commands()
    first = Up("scripts/up", clone, environment, tmp_path / "first")
    try:
        said = first.wait("Everything runs")
    finally:
        assert first.interrupt() == 0
    codes = re.findall(r"^  (http://\S+/01/\S+)$", said, re.MULTILINE)
    assert len(codes) == len(VERDICTS)
    assert "diverted" in said
    second = Up("scripts/up", clone, environment, tmp_path / "second")
    try:
        said = second.wait("Everything runs", 60)
        assert codes[0] in said
        assert "minting codes" not in said, "the world is played once"
        found = []
        for code in codes:
            asked = urllib.request.Request(code, headers={"Accept": "application/json"})
            with urllib.request.urlopen(asked, timeout=10) as answer:
                found.append(json.load(answer)["verdict"])
        assert found == list(VERDICTS)
        for question in re.findall(r"^  (curl .+)$", said, re.MULTILINE):
            answer = run(question, clone, environment)
            assert answer.returncode == 0, question
            assert isinstance(json.loads(answer.stdout), dict), question
    finally:
        assert second.interrupt() == 0


def test_a_second_start_in_the_same_folder_is_told_who_has_it(clone, environment, tmp_path) -> None:
    first = Up("scripts/up", clone, environment, tmp_path / "log")
    try:
        first.wait("Everything runs", 60)
        other = run("scripts/up", clone, environment, 60)
        assert other.returncode == 2
        assert "Traceback" not in other.stdout + other.stderr
    finally:
        first.interrupt()


def test_the_check_tells_its_story_in_json(clone, environment) -> None:
    assert "scripts/up --check" in readme_commands()
    done = run("scripts/up --check", clone, environment)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["sent"] == summary["stored"] + summary["duplicate"] + summary["rejected"] > 0
    assert summary["verdicts"] == {verdict: verdict for verdict in VERDICTS}
    assert summary["duplicate"] > 0, "a message is sent again on purpose"
    assert summary["rejected"] > 0, "messages are damaged on purpose"
    assert min(summary["minted"], summary["receipts"], summary["alerts"]["copied"], summary["alerts"]["diverted"]) > 0
    assert summary["seconds"] < 120


def test_the_other_commands_of_the_readme_work_as_they_stand(clone, environment) -> None:
    left = [command for command in readme_commands() if not command.startswith("scripts/up")]
    # The tests and the checks run as a whole in CI; here: that the commands start, and find what they are about.
    started = {
        "scripts/test": "scripts/test --collect-only -q tests/unit/docs/test_documents.py",
        "scripts/check": "test -x scripts/check",
    }
    for command in left:
        if "docker-compose" in command and shutil.which("docker-compose") is None:
            continue
        done = run(started.get(command, command), clone, environment)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def test_mistakes_get_one_line_that_says_what_to_do(clone, environment, tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not delete")
    for options in (f"--state {tmp_path}/mine", f"--state {tmp_path}/mine --fresh"):
        done = run(f"scripts/up {options}", clone, environment, 60)
        assert done.returncode == 2
        assert "choose another --state folder" in done.stdout.replace("\n", " ")
        assert "Traceback" not in done.stdout + done.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()
    assert run("scripts/up --http-port 70000", clone, environment, 60).returncode == 2
