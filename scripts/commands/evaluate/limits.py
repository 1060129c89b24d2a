"""What no judge can exceed (docs/detection.md#measures): how many copies leave a trace, and copies until even odds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from scripts.commands.evaluate.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Ceiling:
    """For copies of one code: the share of codes of which any phone saw a copy, and saw it at a known place."""

    copies: int
    seen: float
    placed: float


def ceiling(copies: int, scan_share: float, placed_share: float) -> Ceiling:
    """The greatest possible recall when copies are scanned independently: a copy that nobody scans leaves no trace.

    ``placed_share`` is that of phones whose place is known well enough to count: by GPS or a fixed line's address.
    """
    return Ceiling(copies, 1 - (1 - scan_share) ** copies, 1 - (1 - scan_share * placed_share) ** copies)


def even_odds(recalls: Sequence[tuple[int, float]], scan_share: float) -> float:
    """How many copies of a code are sold before its detection is even odds, from (copies, recall of seen codes).

    Each copy is taken to lead to detection with the same probability, independently; it is fitted by least squares.

    :raises ValueError: there is no measurement.
    """
    if not recalls:
        raise ValueError("no measurement of any number of copies")
    best_rate, best_error = 1.0, float("inf")
    for step in range(1, 2000):
        rate = step / 2000 * scan_share
        error = 0.0
        for copies, recall in recalls:
            detected = recall * (1 - (1 - scan_share) ** copies)
            error += (detected - (1 - exp(copies * log(1 - rate)))) ** 2
        if error < best_error:
            best_rate, best_error = rate, error
    return log(0.5) / log(1 - best_rate)


def budgets(outcomes: Sequence[Outcome], scan_share: float, copies: dict[str, int]) -> dict[str, float]:
    """Copies sold before even odds, by kind of crime; ``copies`` gives each scenario's number of copies a code."""
    measured: dict[str, list[tuple[int, float]]] = {}
    for outcome in outcomes:
        number = copies.get(outcome.scenario)
        for name in ("clone", "home", "adaptive"):
            recall = outcome.values.get(f"{name}.recall5")
            if number is not None and recall is not None:
                measured.setdefault(name, []).append((number, recall))
    return {name: round(even_odds(rows, scan_share), 1) for name, rows in measured.items()}
