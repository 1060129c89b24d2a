"""How an attack ended, in a row of a table and in the summary. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Word = Literal["held", "broken", "not made"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent``: what the attacker sent; ``how``: what did not hold, or why the attack could not be made."""

    name: str
    threat: str
    about: str
    word: Word
    sent: str = ""
    how: str = ""
    times: float | None = None
    p99_ms: float | None = None
    failures: int = 0
    outage_s: float = 0.0
    closest: str = ""
    """The process that came closest to its limit."""
    closest_mb: int = 0
    worst_mb: int = 0
    """The largest resident memory of any process."""

    def row(self) -> tuple[str, ...]:
        """Cells: attack, threat, result, sent, honest p99 (ms, times the quiet one), outage, memory, what broke."""
        times = "-" if self.times is None or self.p99_ms is None else f"{self.p99_ms:.0f} ms, {self.times:.1f}x"
        served = f"{times}" + (f", {self.failures} failed" if self.failures else "")
        memory = f"{self.closest} {self.closest_mb} MB" if self.closest else "-"
        return self.name, self.threat, self.word, self.sent, served, f"{self.outage_s:.1f} s", memory, self.how


HEADINGS = ("attack", "on", "result", "sent", "honest p99", "outage", "memory", "what did not hold")


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The last line of the command."""
    made = [each for each in outcomes if each.word != "not made"]
    return {
        "attacks": len(outcomes),
        "held": sum(each.word == "held" for each in outcomes),
        "broken": sum(each.word == "broken" for each in outcomes),
        "worst_rss_mb": max((each.worst_mb for each in made), default=0),
        "worst_outage_s": round(max((each.outage_s for each in made), default=0.0), 2),
        "worst_p99_times": round(max((each.times or 0.0 for each in made), default=0.0), 2),
        "not_made": [each.name for each in outcomes if each.word == "not made"],
        "broken_names": [each.name for each in outcomes if each.word == "broken"],
    }


BEGIN, END = "<!-- The siege's table, written by scripts/siege --table. -->", "<!-- End of the table. -->"
"""Around the table, in a page that has more."""


def with_table(page: str, table: str) -> str:
    """``page`` with the table between its marks; the table alone where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}" if begin and end else table


def markdown(outcomes: Sequence[Outcome], quiet: str) -> str:
    """The table for docs/security.md, with what each attacker does below."""
    lines = [quiet, "", f"| {' | '.join(HEADINGS)} |", f"|{' --- |' * len(HEADINGS)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in each.row())} |" for each in outcomes]
    lines += ["", *(f"- **{each.name}**: {each.about}" for each in outcomes)]
    return "\n".join(lines) + "\n"
