"""One module a bench, each with ``main(arguments) -> int``; only the one that is asked for is imported."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path


def names() -> list[str]:
    """The benches there are: modules of this package that define ``main``."""
    return sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if "\ndef main(" in path.read_text(encoding="utf-8") and path.stem != "__init__"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the bench that the first argument names with the rest."""
    if not arguments or arguments[0] not in names():
        print(f"usage: scripts/bench {{{','.join(names())}}} [--help]", file=sys.stderr)
        return 2
    code: int = import_module(f"scripts.commands.bench.{arguments[0]}").main(arguments[1:])
    return code
