"""The checks of scripts/check, each a command of its own; all are run, so that one look shows everything."""

import os
import subprocess
import sys
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


def main() -> int:
    """Run every check; 0 when all hold."""
    console = Console()
    programs = Path(sys.executable).parent
    failed = []
    for name, (program, *arguments) in COMMANDS:
        console.rule(name)
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        if subprocess.run([programs / program, *arguments], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    console.rule()
    console.print(f"[red]failed: {', '.join(failed)}[/red]" if failed else "[green]all checks hold[/green]")
    return 1 if failed else 0
