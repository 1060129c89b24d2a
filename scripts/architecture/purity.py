"""Whoever says "Pure" reaches no I/O, no clock and no chance, through whatever it imports of ours."""

import re
from collections.abc import Iterator, Mapping

from scripts.architecture.source import Module, Violation, imported_modules

IMPURE = frozenset(
    (
        "asyncio fastapi ftplib http httpx logging multiprocessing nats os paho prometheus_client psycopg psycopg_pool"
        " random requests secrets select shutil smtplib socket sqlite3 ssl starlette structlog subprocess tempfile"
        " threading time urllib3 uvicorn"
    ).split()
)
_SUBMODULES = frozenset({"urllib.request"})
_VALUES = frozenset({"random.Random"})
"""A generator that is handed in is a value like another: with its seed, it repeats itself."""
_SAYS_PURE = re.compile(r"(^|[.:;)\s])(Pure|pure)(\s*[.:,;]|$)")


def says_pure(module: Module) -> bool:
    """True when the module's docstring says of itself that it is pure."""
    return bool(_SAYS_PURE.search(module.docstring))


def check_purity(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """Modules that say that they are pure and import, directly or through modules of ours, what is not."""
    for module in modules.values():
        if says_pure(module):
            path = impure_path(module, modules)
            if path:
                yield Violation(module.path, 1, f"says that it is pure, and reaches {' -> '.join(path)}")


def impure_path(module: Module, modules: Mapping[str, Module]) -> tuple[str, ...]:
    """The shortest chain of imports from ``module`` to an impure library; empty when there is none."""
    paths: dict[str, tuple[str, ...]] = {module.name: ()}
    queue = [module]
    while queue:
        here = queue.pop(0)
        for each in here.imports:
            impure = each.target.partition(".")[0] in IMPURE and each.target not in _VALUES
            if impure or each.target in _SUBMODULES:
                return (*paths[here.name], each.target)
        for imported, _ in imported_modules(here, modules):
            if imported.name not in paths:
                paths[imported.name] = (*paths[here.name], imported.name)
                queue.append(imported)
    return ()
