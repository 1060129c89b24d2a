"""The fitted model: rates of facts, the log-likelihood ratios that follow, and thresholds (docs/detection.md#model).

The rates were counted on worlds without labels: honest ones as they are, copies' by giving items made-up copies whose
places and times are drawn widely. ``model.json`` says from which worlds, and with what numbers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

from gateway.evidence.facts import FactCounts, LinkKey, PlaceKey
from gateway.evidence.features import Link, Place, Reuse, State, Zone
from gateway.evidence.item import Fix
from gateway.evidence.rates import OWN_SHARE, PRIOR_WEIGHT, Rates, ReuseKey


@dataclass(frozen=True, slots=True)
class Model:
    """Rates, log-likelihood ratios (natural logarithms, copied against genuine) by fact, and thresholds."""

    rates: Rates
    far_share: float
    """Of the median dealer's items that were scanned at a known place, the share scanned in another dealer's market."""
    second_share: float
    """Of the same items, the share scanned by two handsets which are not of one household."""
    lane_dispersion: float
    thresholds: Mapping[str, float]
    tail: Sequence[tuple[float, float]]
    """(number, score): of 10,000 scanned honest items so many reach the score, the fewest first."""
    provenance: Mapping[str, Any]
    place: Mapping[PlaceKey, float] = field(init=False)
    link: Mapping[LinkKey, float] = field(init=False)
    hazard: Sequence[float] = field(init=False)
    """Of a further household, by how many there are."""
    reuse: Mapping[ReuseKey, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", self.rates.place_llrs())
        object.__setattr__(self, "link", self.rates.link_llrs())
        object.__setattr__(self, "hazard", self.rates.hazards())
        object.__setattr__(self, "reuse", self.rates.reuse_llrs())

    def owned(self, counts: FactCounts, prior_weight: float = PRIOR_WEIGHT) -> "Model":
        """This model with an owner's own rates."""
        return replace(self, rates=self.rates.owned(counts, prior_weight))

    def place_llr(self, place: Place, travel: float = 1.0) -> float:
        """How much a first phone's distance speaks for a copy; ``travel``: how much more people travel than usual."""
        if place.state is State.NOWHERE:
            return 0.0  # where nobody reads goods, a phone is far from nothing
        llr = self.place.get((place.fix, place.state, place.bin), 0.0)
        away = place.state is not State.BEFORE and place.zone in (Zone.MID, Zone.FAR)
        return llr - log(travel) if away and place.fix <= Fix.MIDDLE else llr

    def link_llr(self, link: Link, travel: float = 1.0, sharing: float = 1.0) -> float:
        """How much a further phone speaks for a copy; ``sharing``: how much more codes are shared than usual."""
        llr = self.link.get((link.fix, link.km_bin, link.gap_bin, link.zone), 0.0)
        llr += self.hazard[min(link.number - 2, len(self.hazard) - 1)]
        if link.zone in (Zone.MID, Zone.FAR):
            llr -= log(travel)
        else:
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
        rates = Rates(
            place_honest={_three(key): value for key, value in fields["place_honest"].items()},
            place_copied={_three(key): value for key, value in fields["place_copied"].items()},
            link_honest={_four(key): value for key, value in fields["link_honest"].items()},
            link_copied={_four(key): value for key, value in fields["link_copied"].items()},
            further=tuple(fields["further"]),
            reuse_honest={_three(key): value for key, value in fields["reuse_honest"].items()},
            reuse_copied={_three(key): value for key, value in fields["reuse_copied"].items()},
        )
        return Model(
            rates=rates,
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
    rates = model.rates
    fields = {
        "provenance": dict(model.provenance),
        "thresholds": dict(model.thresholds),
        "tail": [[number, round(log_odds, 3)] for number, log_odds in model.tail],
        "far_share": round(model.far_share, 5),
        "second_share": round(model.second_share, 6),
        "lane_dispersion": round(model.lane_dispersion, 3),
        "further": [_rounded(share) for share in rates.further],
        "place_honest": _named(rates.place_honest),
        "place_copied": _named(rates.place_copied),
        "link_honest": _named(rates.link_honest),
        "link_copied": _named(rates.link_copied),
        "reuse_honest": _named(rates.reuse_honest),
        "reuse_copied": _named(rates.reuse_copied),
    }
    return json.dumps(fields, indent=1) + "\n"


def _named(
    rates: Mapping[tuple[int, ...], float] | Mapping[PlaceKey, float] | Mapping[LinkKey, float],
) -> dict[str, float]:
    return {" ".join(map(str, map(int, key))): _rounded(share) for key, share in sorted(rates.items())}


def _rounded(share: float) -> float:
    return float(f"{share:.4g}")


@cache
def fitted_model() -> Model:
    """The model that is part of the program."""
    return parse_model((files("gateway.evidence") / "model.json").read_text(encoding="utf-8"))


def _three(key: str) -> tuple[int, int, int]:
    a, b, c = map(int, key.split())
    return a, b, c


def _four(key: str) -> tuple[int, int, int, int]:
    a, b, c, d = map(int, key.split())
    return a, b, c, d
