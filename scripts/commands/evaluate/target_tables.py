"""What scripts/evaluate prints of the targets: each with its interval, then every scenario, the worst world first."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from scripts.commands.evaluate.targets import Row, worst_first

_WIDTH = 140
"""Columns of the terminal that the tables need; a file takes any number."""


def print_targets(targets: dict[str, Row], roles: Mapping[int, str], console: Console) -> None:
    """Two tables: the targets as they were asked, and everything that was played."""
    console.width = max(console.width, _WIDTH)
    table = Table("target", "number", "value", "95 % interval", "asked", "worst world", "at best", "worlds", "met")
    for name in sorted(targets, key=lambda target: int(target[1:])):
        for part, row in targets[name]["parts"].items():
            if row["demanded"]:
                table.add_row(name, part, *_cells(row), str(row["worlds"]), "yes" if row["met"] else "no")
    console.print(table)
    reasons = {
        (part, row["why"]) for target in targets.values() for part, row in target["parts"].items() if "why" in row
    }
    for part, why in sorted(reasons):
        console.print(f"{part}, at best: {why}")
    every = Table("target", "number", "scenario", "worst world", "its role", "value", "95 % interval", "asked", "met")
    for name, part, scenario, row in worst_first(targets):
        world = f"{row['worst']:g} ({row['worst_world']})"
        interval = f"{row['low95']:g} to {row['high95']:g}"
        role, met = roles.get(row["worst_world"], ""), "yes" if row["met"] else "no"
        every.add_row(name, part, scenario, world, role, f"{row['value']:g}", interval, f"{row['target']:g}", met)
    console.print(every)


def markdown(targets: dict[str, Row], roles: Mapping[int, str]) -> str:
    """The targets as they were asked, and then the scenarios that miss their bound, the worst world first.

    For docs/detection.md: two Markdown tables, with the seeds and what they are to the model.
    """
    seeds = ", ".join(f"{seed} ({role})" for seed, role in sorted(roles.items()))
    lines = [f"Worlds: {seeds}.", ""]
    lines += _heading("target", "number", "value", "95 % interval", "asked", "worst world", "at best", "worlds", "met")
    for name in sorted(targets, key=lambda target: int(target[1:])):
        for part, row in targets[name]["parts"].items():
            if row["demanded"]:
                lines.append(_line(name, part, *_cells(row), str(row["worlds"]), "yes" if row["met"] else "no"))
    lines += ["", *_heading("target", "number", "scenario", "worst world", "value", "95 % interval", "asked")]
    for name, part, scenario, row in worst_first(targets):
        if not row["met"]:
            world = f"{row['worst']:g} ({row['worst_world']})"
            interval = f"{row['low95']:g} to {row['high95']:g}"
            lines.append(_line(name, part, scenario, world, f"{row['value']:g}", interval, f"{row['target']:g}"))
    return "\n".join(lines) + "\n"


def _heading(*names: str) -> list[str]:
    return [_line(*names), "|" + "---|" * len(names)]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(row: Row) -> list[str]:
    return [
        f"{row['value']:g}",
        f"{row['low95']:g} to {row['high95']:g}",
        f"{row['target']:g}",
        f"{row['worst']:g} ({row['worst_world']})",
        f"{row['most']:g}" if "most" in row else "",
    ]
