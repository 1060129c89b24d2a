"""Command line of `scripts/bench`: runs one bench by its name. A bench is a module here that defines ``main``."""

import argparse
import ast
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

_DESCRIPTION = """\
Measure one part of the system. Figures stand beside a floor that was measured in the same run, and are for comparing on
one machine; docs/performance.md records some, with the machine that they were measured on.
`scripts/bench NAME --help` lists a bench's options; with --json the last line of its output is JSON.
"""


def benches() -> dict[str, str]:
    """The benches by name, each with the first line of its docstring. Nothing is imported."""
    listed = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        if "main" in defined and path != Path(__file__):
            listed[path.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return listed


def main(arguments: Sequence[str]) -> int:
    """Run the bench that the first argument names with the other arguments; its exit code."""
    listed = benches()
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        usage="scripts/bench [-h] NAME [ARGUMENT ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="benches:\n" + "\n".join(f"  {name:10} {about}" for name, about in listed.items()),
    )
    parser.add_argument("name", choices=listed, metavar="NAME", help="one of the benches below")
    name = parser.parse_args(arguments[:1]).name
    exit_code: int = import_module(f"scripts.commands.bench.{name}").main(arguments[1:])
    return exit_code
