"""``python -m scripts.architecture``: print what does not hold of the code's structure; exit code 1 if anything."""

import sys

from scripts.architecture.libraries import check_libraries
from scripts.architecture.purity import check_purity
from scripts.architecture.rooms import check_module_circles, check_resolver, check_rooms
from scripts.architecture.source import read_modules
from scripts.architecture.words import check_words
from scripts.environment import ROOT

CHECKS = (check_rooms, check_module_circles, check_resolver, check_libraries, check_purity, check_words)


def main() -> int:
    """Run every check over the source code."""
    modules = read_modules(ROOT)
    violations = sorted({violation for check in CHECKS for violation in check(modules)})
    for violation in violations:
        print(violation)
    print(f"{len(modules)} modules, {len(violations)} violations of the architecture")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
