"""Scans counted for makers: by product, hour, language, market and verdict. No person is in a count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from resolver.verdict.inspection import Inspection

NOWHERE = ""
"""The market of a scan whose place nobody told."""


@dataclass(frozen=True, slots=True)
class Count:
    """One scan as it is counted. ``first`` says that nobody had scanned the unit before."""

    org_id: str
    gtin: str
    at: datetime
    language: str
    market: str
    verdict: str
    first: bool

    def to_fields(self) -> dict[str, Any]:
        """The row that it adds to."""
        return {
            "org_id": self.org_id,
            "gtin": self.gtin,
            "hour": self.at.replace(minute=0, second=0, microsecond=0).isoformat(),
            "language": self.language,
            "market": self.market,
            "verdict": self.verdict,
            "scans": 1,
            "firsts": int(self.first),
        }


def count_of(inspection: Inspection, at: datetime, language: str, market: str = NOWHERE) -> Count | None:
    """How a scan counts; None for codes of nobody here."""
    checked = inspection.checked
    if checked.org_id is None:
        return None
    facts = inspection.facts
    return Count(
        org_id=checked.org_id,
        gtin=inspection.link.value,
        at=at,
        language=language,
        market=market,
        verdict=inspection.verdict.verdict.value,
        first=facts is not None and facts.scans == 0,
    )
