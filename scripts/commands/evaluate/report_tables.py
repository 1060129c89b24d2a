"""The report's tables in Markdown: what docs/detection.md says was measured, and every scenario. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.report_plan import GATEWAY, HARNESS
from scripts.commands.evaluate.target_parts import PARTS
from scripts.commands.evaluate.targets import Row, score, slack, worst_first

PATHS = (GATEWAY, HARNESS)
_PLACES = ("half_placed", "no_file", "unplaced")
_ENDS = ("_low", "_high")
_COPIED = ("S1", "S1-F5", "S1-M20", "S2", "S3-F20")
_PRICE = (
    ("recall5", "found by order of scores"),
    ("recall_alert", "alerted"),
    ("sufficient_alone", "heard by enough"),
)
_PART = {(part.target, part.name): part for part in PARTS}

Scored = Mapping[str, dict[str, Row]]
"""By path the targets, as :func:`~scripts.commands.evaluate.targets.score` gives them."""


def scored(outcomes: Mapping[str, Sequence[Outcome]]) -> Scored:
    """The targets of each path that was played."""
    return {path: score(outcomes[path]) for path in PATHS if outcomes.get(path)}


def sizes(outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """A line a path: how many worlds were played, and how fine S0 measures, in false alerts per 10,000."""
    lines = []
    for path in PATHS:
        own = outcomes.get(path, ())
        clean = [outcome.values["genuine"] for outcome in own if outcome.scenario == "S0"]
        if clean:
            scanned = sum(clean)
            lines.append(
                f"- `{path}`: {len(own):,} worlds played. In S0 phones scanned {scanned:,.0f} genuine items of"
                f" {len(clean)} worlds: one false alert is {1e4 / scanned:.1f} in 10,000, and none at all speaks for"
                f" fewer than {3e4 / scanned:.1f} (95 %).\n"
            )
    return lines


def targets_table(targets: Scored) -> str:
    """The targets as they are asked, both paths beside each other; met only when every path that was played is."""
    paths = [path for path in PATHS if path in targets]
    heads = [f"{path}: {what}" for path in paths for what in ("mean (95 %)", "worst world")]
    lines = _heading("target", "number", "asked", *heads, "at best", "met")
    for (target, name), part in _PART.items():
        rows = [targets[path].get(target, {"parts": {}})["parts"].get(name) for path in paths]
        demanded = [row for row in rows if row is not None and row["demanded"]]
        if demanded:
            cells = [cell for row in rows for cell in _measured(row)]
            best = next((f"{row['most']:.3g}" for row in demanded if "most" in row), "")
            met = "yes" if all(row["met"] for row in demanded) else "no"
            lines.append(_line(target, name, f"{part.bound:g}", *cells, best, met))
    return "\n".join(lines) + "\n"


def places_table(targets: Scored) -> str:
    """The means where scans have places as they are, half of them, where no file knows networks', and none at all."""
    lines = _heading("number", "scenario", "path", "as it is", *_PLACES, "asked")
    for path, target, name, by_scenario in _parts(targets):
        for scenario in by_scenario:
            crime, _, place = scenario.partition("@")
            crime, mark = (crime, "@") if crime != "S0" else (crime, "-")
            others = [by_scenario.get(f"{crime}{mark}{place}") for place in _PLACES]
            if not place and any(others):
                plain = by_scenario.get(scenario)
                cells = [_value(row) for row in (plain, *others)]
                lines.append(_line(f"{target} {name}", crime, path, *cells, f"{_PART[target, name].bound:g}"))
    return "\n".join(lines) + "\n"


def price_table(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """What the bound on strangers costs: of copied codes found by order of scores, by alerts, and heard of by enough.

    ``heard by enough``: by so many networks, regions and days as an alert from strangers alone takes.
    """
    lines = _heading("scenario", "path", *(words for _, words in _PRICE), "worlds")
    for path in PATHS:
        found: dict[str, list[list[float]]] = defaultdict(list)
        for outcome in outcomes.get(path, ()):
            row = [
                next((value for key, value in outcome.values.items() if key.endswith(f".{name}")), None)
                for name, _ in _PRICE
            ]
            if outcome.scenario.partition("@")[0] in _COPIED and None not in row:
                found[outcome.scenario].append([value for value in row if value is not None])
        for scenario, rows in sorted(found.items()):
            means = [f"{fmean(column):.3g}" for column in zip(*rows, strict=True)]
            lines.append(_line(scenario, path, *means, str(len(rows))))
    return "\n".join(lines) + "\n"


def spread_table(targets: Scored) -> str:
    """Both ends of each wide range beside each other, the one with the worst world first."""
    rows = []
    for path, target, name, by_scenario in _parts(targets):
        levers = {scenario.removesuffix(_ENDS[0]) for scenario in by_scenario if scenario.endswith(_ENDS[0])}
        for lever in sorted(levers):
            ends = [by_scenario.get(lever + end) for end in _ENDS]
            found = [row for row in ends if row is not None]
            worst = min(found, key=lambda row: slack(_PART[target, name], row["worst"]))
            cells = [
                f"{target} {name}",
                lever,
                path,
                f"{worst['worst']:.3g} ({worst['worst_world']})",
                *map(_value, ends),
            ]
            bound = _PART[target, name]
            rows.append((slack(bound, worst["worst"]), cells, f"{bound.bound:g}"))
    lines = _heading("number", "scenario", "path", "worst world", "low end", "high end", "asked")
    lines += [_line(*cells, bound) for _, cells, bound in sorted(rows)]
    return "\n".join(lines) + "\n"


def every_scenario(targets: Scored) -> str:
    """Everything that was played, the worst world first."""
    lines = _heading("target", "number", "scenario", "path", "worst world", "mean (95 %)", "asked", "worlds", "met")
    rows = [(entry, path) for path in targets for entry in worst_first(targets[path])]
    for (target, name, scenario, row), path in sorted(rows, key=_by_worst):
        mean, worst = _measured(row)
        worlds, met = str(row["worlds"]), "yes" if row["met"] else "no"
        lines.append(_line(target, name, scenario, path, worst, mean, f"{row['target']:g}", worlds, met))
    return "\n".join(lines) + "\n"


def rules_table(outcomes: Iterable[Outcome], prefix: str) -> str:
    """What each rule cost: the mean over worlds of the measurements that begin so, by scenario, dearest first."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    worlds: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        worlds[outcome.scenario] += 1
        for name, value in outcome.values.items():
            if name.startswith(prefix):
                found[name.removeprefix(prefix), outcome.scenario].append(value)
    costs = {key: sum(values) / worlds[key[1]] for key, values in found.items()}
    lines = _heading("rule", "scenario", "false alerts per 10,000", "worlds")
    for (rule, scenario), cost in sorted(costs.items(), key=lambda entry: (-entry[1], entry[0])):
        lines.append(_line(f"`{rule}`", scenario, f"{cost:.3g}", str(worlds[scenario])))
    return "\n".join(lines) + "\n"


def _parts(targets: Scored) -> Iterable[tuple[str, str, str, Mapping[str, Row]]]:
    """All parts that were measured as (path, target, part, rows by scenario)."""
    for target, name in _PART:
        for path in targets:
            row = targets[path].get(target, {"parts": {}})["parts"].get(name)
            if row is not None:
                yield path, target, name, row["scenarios"]


def _by_worst(entry: tuple[tuple[str, str, str, Row], str]) -> tuple[float, str, str, str, str]:
    (target, name, scenario, row), path = entry
    return slack(_PART[target, name], row["worst"]), target, name, scenario, path


def _measured(row: Row | None) -> tuple[str, str]:
    """A row's mean with its interval, and its worst world with the seed."""
    if row is None:
        return "", ""
    mean = f"{row['value']:.3g} ({row['low95']:.3g} to {row['high95']:.3g})"
    return mean, f"{row['worst']:.3g} ({row['worst_world']})"


def _value(row: Row | None) -> str:
    return "" if row is None else f"{row['value']:.3g}"


def _heading(*names: str) -> list[str]:
    return [_line(*names), "|" + "---|" * len(names)]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
