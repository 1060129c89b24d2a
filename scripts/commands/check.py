"""The checks of scripts/check, each a command of its own; all are run, so that one look shows everything."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from scripts.environment import ROOT

ENTRIES = sorted(str(path) for path in (ROOT / "scripts").iterdir() if path.is_file() and "." not in path.name)
"""The executables without an ending, which ruff would not find by itself."""

COMMANDS = (
    ("format", ["ruff", "format", "--check", ".", *ENTRIES]),
    ("lint", ["ruff", "check", ".", *ENTRIES]),
    ("types", ["mypy"]),
    ("architecture", ["lint-imports"]),
)


def main(arguments: Sequence[str]) -> int:
    """Run every check; 0 when all hold."""
    parser = argparse.ArgumentParser(
        prog="scripts/check",
        description="Run every check: format and lint (ruff), types (mypy), architecture (lint-imports)."
        " Exit code 1 when one of them fails. Nothing is changed.",
    )
    parser.parse_args(arguments)
    console = Console()
    programs = Path(sys.executable).parent
    failed = []
    for name, (program, *options) in COMMANDS:
        console.rule(name)
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        if subprocess.run([programs / program, *options], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    console.rule()
    console.print(f"[red]failed: {', '.join(failed)}[/red]" if failed else "[green]all checks hold[/green]")
    return 1 if failed else 0
