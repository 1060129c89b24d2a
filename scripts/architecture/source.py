"""The source code as modules with their imports, read as text: nothing of it is run."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("schemas", "gateway", "resolver", "firmware_sim", "scripts")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: ``target`` is the dotted module, or ``module.name``, on ``line`` of the importing file."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """One module: dotted name, file relative to the root, syntax tree, and all imports, those in functions too."""

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def docstring(self) -> str:
        """The module's docstring, empty without one."""
        return ast.get_docstring(self.tree) or ""

    @property
    def is_package(self) -> bool:
        """True for an ``__init__.py``."""
        return self.path.name == "__init__.py"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """What does not hold, where (file and line), and how it is mended."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def read_modules(root: Path, packages: Iterable[str] = PACKAGES) -> dict[str, Module]:
    """All modules of ``packages`` below ``root``, by dotted name.

    :raises SyntaxError: a file is no Python.
    """
    modules = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            relative = path.relative_to(root)
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_text(encoding="utf-8"), str(relative))
            anchor = name if path.name == "__init__.py" else name.rpartition(".")[0]
            modules[name] = Module(name, relative, tree, tuple(_imports(tree, anchor)))
    return modules


def imported_modules(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[Module, int]]:
    """The modules of ours that ``module`` imports, each with the line; for a name in a module, that module."""
    for each in module.imports:
        imported = modules.get(each.target) or modules.get(each.target.rpartition(".")[0])
        if imported is not None and imported is not module:
            yield imported, each.line


def _imports(tree: ast.Module, anchor: str) -> Iterator[Import]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            case ast.ImportFrom():
                base = node.module or ""
                if node.level:
                    above = anchor.split(".")[: len(anchor.split(".")) - node.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                for alias in node.names:
                    yield Import(f"{base}.{alias.name}", node.lineno)
