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
    ("imports", ["lint-imports"]),
    ("architecture", ["python", "-m", "scripts.architecture"]),
    # Each script is executed: it prints help, and does nothing else.
    ("help", ["pytest", "--quiet", "tests/unit/docs/test_documents.py", "-k", "explains_itself or help_of_bench"]),
)


def main(arguments: Sequence[str]) -> int:
    """Run every check; 0 when all hold."""
    parser = argparse.ArgumentParser(
        prog="scripts/check",
        description="Run every check: format and lint (ruff), types (mypy), imports (lint-imports), architecture"
        " (python -m scripts.architecture), and the --help of every script. Exit code 1 when one of them fails. Nothing"
        " is changed.",
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
