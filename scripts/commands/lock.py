"""The lock files: which exact packages each profile of the environment contains."""

from __future__ import annotations

import argparse
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.environment import ROOT
from scripts.system.embedded.process import program

if TYPE_CHECKING:
    from collections.abc import Sequence

# The largest first: the smaller ones then take its versions, so that one folder satisfies them all.
EXTRAS = {
    "dev": ("embedded", "dev"),
    "embedded": ("embedded", "cluster"),
    "run": ("cluster",),
    "tracing": ("cluster", "tracing"),
}


def main(arguments: Sequence[str]) -> int:
    """Command line of `scripts/lock`; 0 when the files are written, else uv's exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/lock",
        description="Write requirements/{run,embedded,dev}.lock from pyproject.toml. Needs a package index.",
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that are allowed")
    parser.add_argument(
        "--into", type=Path, default=ROOT / "requirements", metavar="FOLDER", help="write them elsewhere"
    )
    options = parser.parse_args(arguments)
    uv = program("uv", Path(sysconfig.get_path("scripts")), hint="install requirements/dev.lock")
    options.into.mkdir(parents=True, exist_ok=True)
    for profile in EXTRAS:
        done = subprocess.run([uv, *uv_arguments(profile, options.into, options.upgrade)], check=False, cwd=ROOT)
        if done.returncode != 0:
            return done.returncode
        print(f"{options.into.name}/{profile}.lock is written")
    return 0


def uv_arguments(profile: str, folder: Path, upgrade: bool) -> list[str]:
    """The arguments of uv for one lock file; `dev` must have been written before the others."""
    command = ["pip", "compile", "pyproject.toml", "--quiet", "--universal", "--generate-hashes"]
    # The index is the reader's affair, and so is the command line that wrote the file.
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"]
    command += ["--python-version", "3.11", "--output-file", str(folder / f"{profile}.lock")]
    for extra in EXTRAS[profile]:
        command += ["--extra", extra]
    if profile != "dev":
        command += ["--constraints", str(folder / "dev.lock")]
    if upgrade:
        command.append("--upgrade")
    return command
