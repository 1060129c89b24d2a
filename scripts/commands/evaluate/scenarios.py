"""Which scenarios are played: single ones by name, or whole groups of them."""

from collections.abc import Sequence

from firmware_sim.population.settings import Settings

ATTACKS = (
    "S1 S1-F5 S1-F100 S1-M20 S2 S3-F20 S3-F100 S3-F20-pairs S3-F100-pairs S4 S5 S6 S7 S8 S9 S9-pairs S10 S11 S12"
).split()
"""What the targets ask for, each as it was asked."""

VARIANTS = (
    "S1-F1 S1-M1 S1-shop S1-dc S1-travel S2-same S2-later S2-half_year S2-unscanned S4-tested S5-half S5-10 S5-singles"
    " S5-targets S5-destroyed S5-travel S6-minute S6-month S6-client S6-sequence S7-few S7-spread S7-hidden S8-late"
    " S8-drift"
).split()
"""Other forms of the same crimes, easier and harder."""

_PLACES = ("half_placed", "no_file", "unplaced")
_UNPLACED = "S1 S1-F5 S1-F100 S1-M20 S2 S3-F20 S3-F100 S4 S5 S9 S10 S12".split()
_SPREAD = "S0 S1 S1-F5 S2 S3-F20 S5".split()

_ENDS = ("S0", "S1")

GROUPS = ("attacks", "variants", "stresses", "unplaced", "ends", "spread")
"""Names that stand for many scenarios."""


def scenarios_of(settings: Settings, names: Sequence[str]) -> tuple[str, ...]:
    """Whole scenario names: those given, groups among them spelled out; without any, all but the spread.

    Worlds with the same honest part stand together, so that it is made only once.
    """
    whole: list[str] = []
    for name in names or ("S0", "attacks", "variants", "unplaced", "stresses"):
        whole += _group(settings, name) if name in GROUPS else [name]
    return tuple(dict.fromkeys(whole))


def _group(settings: Settings, name: str) -> list[str]:
    match name:
        case "attacks":
            return list(ATTACKS)
        case "variants":
            return list(VARIANTS)
        case "stresses":
            return [f"S0-{stress}" for stress in settings.stresses]
        case "unplaced":
            return [f"{crime}@{place}" for place in _PLACES for crime in _UNPLACED]
        case "ends":
            return [f"{crime}@{end}" for end in settings.ends for crime in _ENDS]
        case _:
            return [f"{crime}@{end}" for end in settings.ends for crime in _SPREAD]
