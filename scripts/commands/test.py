"""Run the tests: install missing system programs, run pytest, and say which tests were left out."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console

from scripts.environment import ROOT

PROGRAMS = {
    "chromium": ("chromium", "the tests in a real browser"),
    "chromedriver": ("chromium-driver", "the tests in a real browser"),
    "node": ("nodejs", "the reader in another language"),
    "docker-compose": ("docker-compose", "the check of docker-compose.yml"),
    "npm": ("npm", "the TimescaleDB profile in TimescaleDB itself"),
    "mosquitto": ("mosquitto", "the tests with an MQTT 5 broker"),
    "nginx": ("nginx-light", "the tests behind a proxy"),
}
"""Program: its Debian package, and which tests need it."""

_DESCRIPTION = """\
Run the tests: unit tests, then those with a real broker, a real PostgreSQL, a real browser and a reader in another
language. Every other argument goes to pytest: scripts/test tests/unit -k seal -x

Chromium, Node.js and Mosquitto come from the system's packages. Missing ones are installed (as root, on Debian and its
derivatives); otherwise the tests that need them are skipped, and the last lines say so. With SUYUAN_TEST_REQUIRE=all in
the environment a missing program and every skipped test are failures.

Without a path among the arguments, the test files are spread over as many processes as there are cores, at most four,
each with a PostgreSQL of its own; -n 0 runs them in one.
"""

_MOST_PROCESSES = 4
"""Each has servers of its own beside it, and none waits long for another's file from here on."""

_ALONE = {"-s", "--pdb", "--collect-only", "--co", "-n", "--numprocesses", "--dist"}
"""Options of whoever wants one process, or says how many."""

_FOLDERS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def missing() -> dict[str, str]:
    """The Debian packages of programs that are not there, and what needs them."""
    return {package: use for name, (package, use) in PROGRAMS.items() if shutil.which(name, path=_FOLDERS) is None}


def install(packages: Sequence[str], console: Console) -> None:
    """Install Debian packages; a failure is printed, and the tests that need them are then skipped."""
    console.print(f"installing {', '.join(packages)} with apt-get")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            console.print(f"[yellow]{' '.join(command[:2])} failed: {done.stderr.strip()[-300:]}[/yellow]")
            return


def spread(arguments: Sequence[str], cores: int) -> list[str]:
    """The options with which pytest-xdist runs the whole suite on all cores; none where a part was asked for.

    A file is never divided: its tests share servers.
    """
    options = {each.partition("=")[0] for each in arguments}
    paths = any((ROOT / each.partition("::")[0]).exists() for each in arguments)
    if paths or options & _ALONE or cores < 2:
        return []
    return [f"--numprocesses={min(cores, _MOST_PROCESSES)}", "--dist=loadfile"]


def main(arguments: Sequence[str]) -> int:
    """Run the tests with ``arguments`` for pytest; pytest's exit code, or 1 when something required was missing."""
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        usage="scripts/test [-h] [PYTEST ARGUMENT ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        allow_abbrev=False,
    )
    _, arguments = parser.parse_known_args(arguments)
    console = Console()
    absent = missing()
    if absent and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        install([*absent, "fonts-noto-cjk"], console)
        absent = missing()
    if absent and os.environ.get("SUYUAN_TEST_REQUIRE") == "all":
        console.print(f"[red]SUYUAN_TEST_REQUIRE=all, but missing: {', '.join(absent)}[/red]")
        return 1
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": _FOLDERS}
    code = subprocess.run(
        [sys.executable, "-m", "pytest", *spread(arguments, os.cpu_count() or 1), *arguments],
        cwd=ROOT,
        env=environment,
        check=False,
    ).returncode
    for package, use in absent.items():
        console.print(f"[yellow]left out: {use}, for want of {package}; install it and run again[/yellow]")
    return code
