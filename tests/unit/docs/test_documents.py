"""Documents that can't drift: pages from the code, the README's and CI's commands, links, --help of every script."""

import contextlib
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.commands.bench.command import benches
from scripts.commands.docs import PAGES
from scripts.environment import ROOT, VENV, prepare
from tests.support.readme import readme_commands

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_that_come_from_the_code_are_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run scripts/docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_folders_that_a_document_names_exist(document: Path) -> None:
    named = re.findall(
        r"`((?:gateway|resolver|schemas|firmware_sim|scripts|tests|deploy|docs)/[\w./-]*)`",
        document.read_text(encoding="utf-8"),
    )
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []


def test_ci_runs_the_commands_that_the_readme_gives() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"scripts/check", "scripts/test", "scripts/up --check"} <= set(readme_commands()) & set(run)


SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and "." not in path.name)
HELP = [(name, "--help") for name in SCRIPTS] + [("bench", name, "--help") for name in benches()]


@dataclass(frozen=True)
class Helped:
    """What became of asking for help: every command's outcome, and what differs in the checkout since."""

    done: dict[tuple[str, ...], subprocess.CompletedProcess[str]]
    written: list[str]
    running: list[str]


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    status = {path: path.stat() for path in folder.rglob("*") if path.is_file() and ".venv" not in path.parts}
    return {path: (found.st_mtime_ns, found.st_size) for path, found in status.items()}


def running_with(folder: Path) -> list[str]:
    """Processes that have the folder in their environment (Linux): servers that somebody left behind."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in environ.read_bytes():
                found.append((environ.parent / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> Helped:
    """Every ``--help``, asked for in a copy of the checkout: what would be written is seen, and does no harm.

    The environment is made ready first: another checkout that shares it may have left it half installed, or with other
    packages, and the first script that finds it so installs.
    """
    prepare("dev")
    folder = tmp_path_factory.mktemp("help")
    checkout, home = folder / "checkout", folder / "home"
    ignored = shutil.ignore_patterns(".git", ".venv", "var", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, checkout, ignore=ignored, symlinks=True)
    (checkout / ".venv").symlink_to(VENV.resolve())
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    before = snapshot(folder)

    def ask(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        script, *arguments = command
        return subprocess.run(
            [checkout / "scripts" / script, *arguments],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = dict(zip(HELP, pool.map(ask, HELP), strict=True))
    after = snapshot(folder)
    written = [str(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    return Helped(done, written, running_with(home))


@pytest.mark.parametrize("command", HELP, ids=" ".join)
def test_every_script_explains_itself(helped: Helped, command: tuple[str, ...]) -> None:
    done = helped.done[command]
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: scripts/" + " ".join(command[:-1])), done.stdout
    assert "-h, --help" in done.stdout


def test_a_script_that_explains_itself_does_nothing_else(helped: Helped) -> None:
    assert helped.written == []
    assert helped.running == []


def test_the_help_of_bench_lists_every_bench(helped: Helped) -> None:
    listed = helped.done["bench", "--help"].stdout
    assert all(f"  {name} " in listed and about in listed for name, about in benches().items())


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_runs_the_command_of_its_name(script: str) -> None:
    text = (ROOT / "scripts" / script).read_text(encoding="utf-8")
    module = f"scripts.commands.{script.replace('-', '_')}"
    assert text.startswith('#!/usr/bin/env python3\n"""')
    assert re.search(rf"^ *from {module}(\.command)? import main\b", text, re.MULTILINE)
    assert "sys.exit(main(sys.argv[1:]))" in text
