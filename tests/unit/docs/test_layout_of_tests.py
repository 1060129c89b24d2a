"""Tests stand where the package that they test stands, and what tests share stands in tests/support."""

import ast
from pathlib import Path

import pytest

from scripts.environment import ROOT

TESTS = ROOT / "tests"
PACKAGES = {"schemas", "gateway", "resolver", "firmware_sim", "scripts"}
FOLDERS = {"unit": PACKAGES | {"docs"}, "integration": PACKAGES | {"system"}}


def modules() -> list[Path]:
    return sorted(TESTS.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_no_test_imports_another_test() -> None:
    imports = [(path.relative_to(ROOT), name) for path in modules() for name in imported(path)]
    between = [(str(path), name) for path, name in imports if name.startswith("tests.") and ".test_" in name]
    assert between == [], "move what both use to tests/support"


@pytest.mark.parametrize("kind", FOLDERS)
def test_folders_of_tests_are_named_after_what_they_test(kind: str) -> None:
    folders = {path.relative_to(TESTS / kind).parts[0] for path in modules() if path.is_relative_to(TESTS / kind)}
    assert folders <= FOLDERS[kind]


def test_nothing_in_support_is_collected_as_a_test() -> None:
    assert [path.name for path in (TESTS / "support").glob("test_*.py")] == []
