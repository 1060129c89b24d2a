"""Rooms: a package's folders, one capability each. A room imports rooms on lower floors only."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.architecture.source import Module, Violation, imported_modules

FLOORS: dict[str, tuple[frozenset[str], ...]] = {
    package: tuple(frozenset(floor.split()) for floor in floors)
    for package, floors in {
        "schemas": ("explain",),
        "gateway": (
            "incident message rules",
            "authority evidence",
            "store",
            "ingest notify retention",
            "assess capture dead_letter supervise",
        ),
        "resolver": (
            "mint text",
            "ip_place label watch web",
            "store",
            "access",
            "audit key registry report territory trace",
            "batch reader verdict",
            "authority case issue link scan",
            "federation subscription",
            "consumer",
            "carrier leak privacy",
        ),
        "firmware_sim": ("world", "adversary device population"),
        "scripts": ("architecture system", "commands"),
    }.items()
}
"""The rooms of each package, the lowest floor first. Rooms of one floor don't know each other."""

TOP_OF_RESOLVER = frozenset({"__init__", "__main__", "app", "services", "settings", "server"})
"""The only modules outside the rooms of ``resolver/``."""

_ASKERS = frozenset({"fast_path", "authentication"})
"""Besides ``api`` modules: the middleware that answers before any route, and the dependency that knows who asks."""


def room_of(name: str, modules: Mapping[str, Module]) -> str | None:
    """The room that the module ``name`` lives in; None for modules that stand at the top of their package."""
    parts = name.split(".")
    if len(parts) == 1:
        return None
    room = modules.get(".".join(parts[:2]))
    return parts[1] if room is not None and room.is_package else None


def rooms_of(package: str, modules: Mapping[str, Module]) -> dict[str, str]:
    """Each room of ``package`` with the docstring of its ``__init__.py``."""
    return {
        name.rpartition(".")[2]: module.docstring
        for name, module in modules.items()
        if module.is_package and name.count(".") == 1 and name.startswith(f"{package}.")
    }


def check_rooms(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """Rooms without a floor or a docstring, floors without their room, and imports that don't lead down."""
    for package, floors in FLOORS.items():
        floor_of = {room: number for number, floor in enumerate(floors) for room in floor}
        rooms = rooms_of(package, modules)
        for room in sorted(rooms.keys() ^ floor_of.keys()):
            where = Path(package) / room / "__init__.py"
            yield Violation(where, 1, f"the room {room!r} stands in the tree or in FLOORS, not in both")
        for room, docstring in rooms.items():
            if not docstring:
                yield Violation(Path(package) / room / "__init__.py", 1, "a room says in a docstring what it is for")
        yield from _imports_that_do_not_lead_down(package, floor_of, modules)


def _imports_that_do_not_lead_down(
    package: str, floor_of: Mapping[str, int], modules: Mapping[str, Module]
) -> Iterator[Violation]:
    placed = {
        name: room
        for name in modules
        if name.startswith(f"{package}.") and (room := room_of(name, modules)) is not None and room in floor_of
    }
    for name, room in placed.items():
        for imported, line in imported_modules(modules[name], modules):
            other = placed.get(imported.name, room)
            if other != room and floor_of[other] >= floor_of[room]:
                yield Violation(modules[name].path, line, f"{room} imports {other}, which is not on a lower floor")


def check_module_circles(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """Modules that import each other in a circle, wherever they stand."""
    imports = {
        name: sorted({to.name for to, _ in imported_modules(module, modules)}) for name, module in modules.items()
    }
    for circle in circles(imports):
        yield Violation(modules[circle[0]].path, 1, f"these modules import each other: {', '.join(circle)}")


def check_resolver(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """The top of the resolver has nothing but its named modules; ``Services`` is for those who answer requests."""
    for name, module in modules.items():
        if not name.startswith("resolver."):
            continue
        stem = module.path.stem
        if len(module.path.parts) == 2 and stem not in TOP_OF_RESOLVER:
            yield Violation(module.path, 1, "a module of the resolver lives in a room")
        if len(module.path.parts) > 2 and not (stem == "api" or stem.endswith("_api") or stem in _ASKERS):
            for imported, line in imported_modules(module, modules):
                if imported.name == "resolver.services":
                    yield Violation(module.path, line, "Services is for handlers: take the one part that is needed")


def circles(arrows: Mapping[str, list[str]]) -> list[list[str]]:
    """The strongly connected components of more than one node, each sorted (Tarjan, SIAM J. Comput. 1(2), 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: dict[str, bool] = defaultdict(bool)
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack[node] = True
        for target in arrows.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif on_stack[target]:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component: list[str] = []
            while not component or component[-1] != node:
                component.append(stack.pop())
                on_stack[component[-1]] = False
            if len(component) > 1:
                found.append(sorted(component))

    for node in arrows:
        if node not in index:
            visit(node)
    return found
