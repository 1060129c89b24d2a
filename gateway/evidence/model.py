"""The fitted tables: log-likelihood ratios of each fact, copied against genuine (docs/detection.md#model).

They were counted on worlds without labels: honest rates as they are, copies' rates by giving an item the scans of other
items, for that is what a copy does. ``model.json`` says from which worlds, and with what numbers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

from gateway.evidence.features import Fix, Link, Place, Reuse, State, Zone

OWN_SHARE = 0.25
"""Of a copied code's phones, those that hold the genuine item after all."""

MAX_PLACE_LLR = 9.0
"""A first phone's place may say more: there are hundreds of thousands of first scans to count."""

MAX_LLR = 7.0
"""No single fact says more than this, for or against: what is rarer was not seen often enough to be counted."""


@dataclass(frozen=True, slots=True)
class Model:
    """Log-likelihood ratios (natural logarithms, copied against genuine) by fact, and thresholds found with them.

    ``place`` by fix, state and bin; ``link`` by fix, distance, gap and zone; ``hazard`` of a further handset by how
    many there are; ``reuse`` by gap, distance and whether it was opened at a venue (refilled against genuine).
    """

    place: Mapping[tuple[int, int, int], float]
    link: Mapping[tuple[int, int, int, int], float]
    hazard: Sequence[float]
    reuse: Mapping[tuple[int, int, int], float]
    far_share: float
    """Of the median dealer's items that were scanned at a known place, the share scanned in another dealer's market."""
    second_share: float
    """Of the same items, the share scanned by two handsets which are not of one household."""
    lane_dispersion: float
    thresholds: Mapping[str, float]
    tail: Sequence[tuple[float, float]]
    """(number, score): of 10,000 scanned honest items so many reach the score, the fewest first."""
    provenance: Mapping[str, Any]

    def place_llr(self, place: Place, travel: float = 1.0) -> float:
        """How much a first phone's distance speaks for a copy; ``travel``: how much more people travel than usual."""
        llr = self.place.get((place.fix, place.state, place.bin), 0.0)
        away = place.state is not State.BEFORE and place.zone in (Zone.MID, Zone.FAR)
        return llr - log(travel) if away and place.fix <= Fix.MIDDLE else llr

    def link_llr(self, link: Link, travel: float = 1.0, sharing: float = 1.0) -> float:
        """How much a further phone speaks for a copy; ``sharing``: how much more codes are shared than usual."""
        llr = self.link.get((link.fix, link.km_bin, link.gap_bin, link.zone), 0.0)
        llr += self.hazard[min(link.number - 2, len(self.hazard) - 1)]
        if link.zone in (Zone.MID, Zone.FAR):
            llr -= log(travel)
        elif link.km > 2:
            llr -= log(sharing)
        return max(llr, log(OWN_SHARE))

    def reuse_llr(self, reuse: Reuse, *, venue: bool) -> float:
        """How much a scan after the opening speaks for a refilled package."""
        return self.reuse.get((reuse.gap_bin, reuse.km_bin, int(venue)), 0.0)


def parse_model(text: str) -> Model:
    """The model in a JSON text, as :func:`dump_model` writes it.

    :raises ValueError: the text is not such a model; says what is missing.
    """
    try:
        fields = json.loads(text)
        return Model(
            place={_three(key): value for key, value in fields["place"].items()},
            link={_four(key): value for key, value in fields["link"].items()},
            hazard=tuple(fields["hazard"]),
            reuse={_three(key): value for key, value in fields["reuse"].items()},
            far_share=fields["far_share"],
            second_share=fields["second_share"],
            lane_dispersion=fields["lane_dispersion"],
            thresholds=fields["thresholds"],
            tail=tuple((number, log_odds) for number, log_odds in fields["tail"]),
            provenance=fields["provenance"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no evidence model: {error!r}") from None


def dump_model(model: Model) -> str:
    """The model as JSON, keys in order, so that fitting again changes nothing where nothing changed."""
    fields = {
        "provenance": dict(model.provenance),
        "thresholds": dict(model.thresholds),
        "tail": [[number, round(log_odds, 3)] for number, log_odds in model.tail],
        "far_share": round(model.far_share, 5),
        "second_share": round(model.second_share, 6),
        "lane_dispersion": round(model.lane_dispersion, 3),
        "hazard": [round(value, 3) for value in model.hazard],
        "place": {" ".join(map(str, key)): round(value, 3) for key, value in sorted(model.place.items())},
        "link": {" ".join(map(str, key)): round(value, 3) for key, value in sorted(model.link.items())},
        "reuse": {" ".join(map(str, key)): round(value, 3) for key, value in sorted(model.reuse.items())},
    }
    return json.dumps(fields, indent=1) + "\n"


@cache
def fitted_model() -> Model:
    """The model that is part of the program."""
    return parse_model((files("gateway.evidence") / "model.json").read_text(encoding="utf-8"))


def bounded_llr(copied: float, genuine: float, maximum: float = MAX_LLR) -> float:
    """A log-likelihood ratio, bounded: what was not counted often enough is not certain."""
    return max(-maximum, min(maximum, log(copied / genuine)))


def _three(key: str) -> tuple[int, int, int]:
    a, b, c = map(int, key.split())
    return a, b, c


def _four(key: str) -> tuple[int, int, int, int]:
    a, b, c, d = map(int, key.split())
    return a, b, c, d
