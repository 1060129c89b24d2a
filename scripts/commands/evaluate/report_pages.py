"""The report as pages: the section of docs/detection.md between its marks, and the appendix of every scenario."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.commands.evaluate.gateway_path import RULE
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.report_plan import ASSESS_DAYS, GATEWAY, STAGES
from scripts.commands.evaluate.report_tables import (
    every_scenario,
    places_table,
    price_table,
    rules_table,
    scored,
    sizes,
    spread_table,
    targets_table,
)

OPENING = "<!-- Measured, written by scripts/evaluate --report: run it to change this. -->"
CLOSING = "<!-- End of what was measured. -->"


def section(outcomes: Mapping[str, Sequence[Outcome]], command: str) -> str:
    """What stands in docs/detection.md: how it was measured, the targets, scans without places, both ends of ranges."""
    targets = scored(outcomes)
    parts = [
        f"    {command}\n",
        _seeds(outcomes),
        "".join(sizes(outcomes)),
        targets_table(targets),
        "**Scans without places.** Means.\n",
        places_table(targets),
        "**The price of a lie beside the recall**: shares of the copied codes that a phone scanned.\n",
        price_table(outcomes),
        "**Both ends of wide ranges**, the worst world first.\n",
        spread_table(targets),
        "**What each rule cost** on genuine items, by the gateway's path; rules that aren't here accused none.\n",
        rules_table(outcomes.get(GATEWAY, ()), RULE),
    ]
    return "\n".join(parts)


def appendix(outcomes: Mapping[str, Sequence[Outcome]], command: str) -> str:
    """A page of every number of every scenario, the worst world first."""
    return "\n".join(
        [
            "# Detection: every scenario\n",
            "Each number in each scenario, the worst world first;"
            " [detection.md](detection.md#what-was-measured) says what they mean.\n",
            f"    {command}\n",
            _seeds(outcomes),
            every_scenario(scored(outcomes)),
        ]
    )


def write_between(path: Path, text: str) -> None:
    """Write ``text`` between the marks of a page, or as the whole page where it has none."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    before, mark, rest = page.partition(OPENING)
    if mark:
        text = f"{before}{OPENING}\n\n{text}\n{CLOSING}{rest.partition(CLOSING)[2]}"
    path.write_text(text, encoding="utf-8")


def _seeds(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Which worlds were played, and how large they are by path and stage."""
    seeds = sorted({outcome.seed for own in outcomes.values() for outcome in own})
    stages = "; ".join(f"`{stage.path}` {' '.join(stage.scenarios)}: {stage.items:,}" for stage in STAGES)
    return (
        f"Worlds {', '.join(map(str, seeds))}, none of which the model knows. Items a world: {stages}."
        f" The gateway's path assesses every {ASSESS_DAYS} days.\n"
    )
