"""The numbers of the targets T1 to T14 (docs/detection.md#targets): what is measured, and what is asked of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One number of a target: a measurement in some scenarios, and the bound that it has to clear.

    A scenario ending in ``*`` stands for all that begin so. ``also`` are variants that are measured by the same bound,
    though it is not asked of them, and so are all scenarios under a stress. ``minimum`` tells whether the bound is a
    minimum; ``most`` names the measurement of the best that any judge could do, and ``why`` says why it isn't better.
    """

    target: str
    name: str
    scenarios: tuple[str, ...]
    measurement: str
    bound: float
    minimum: bool = True
    also: tuple[str, ...] = ()
    most: str = ""
    why: str = ""


def _part(
    target: str,
    name: str,
    scenario: str,
    measurement: str,
    bound: float,
    *,
    maximum: bool = False,
    also: str = "",
    most: str = "",
    why: str = "",
) -> Part:
    return Part(target, name, tuple(scenario.split()), measurement, bound, not maximum, tuple(also.split()), most, why)


_LEAKS = "S1-M1 S1-shop S1-dc S1-travel"
_LANES = "S5-half S5-10 S5-singles S5-targets S5-destroyed S5-travel"
_REPLAYS = "S6-minute S6-month S6-client S6-sequence"
_GUESSES = "S7-few S7-spread S7-hidden"
_CLOCKS = "S8-late S8-drift"
_FEW = "so few codes beside so many genuine items: the budget alone is that many false alerts"
_TILL = "the others were scanned in time only by phones without a known place"
_HEARD = "strangers alone alert from four networks in two regions on, and few copies are looked at so often by then"
_DAYS = "worlds are shown a day at a time, and several labels surface on one day"

_ALERTS = (
    _part("T1", "clean_alerts", "S0", "false_alerts", 2, maximum=True),
    _part("T1", "clean_raised", "S0", "false_raised", 2, maximum=True),
    _part("T1", "clean_watches", "S0", "false_watches", 20, maximum=True),
    _part("T1", "stress_alerts", "S0-*", "false_alerts", 5, maximum=True),
    _part("T1", "stress_raised", "S0-*", "false_raised", 5, maximum=True),
)
_COPIES = (
    _part("T2", "recall5", "S1", "clone.recall5", 0.85, also=_LEAKS),
    _part("T2", "recall_alert", "S1", "clone.recall_alert", 0.85, also=_LEAKS),
    _part("T2", "precision5", "S1", "clone.precision5", 0.80, also=_LEAKS, most="clone.precision5_most", why=_FEW),
    _part("T2", "recall5_3plus", "S1", "clone.recall5_of_3plus", 0.95, also=_LEAKS),
    _part("T2", "handsets", "S1", "clone.handsets_to_alert", 2, maximum=True, also=_LEAKS),
    _part("T3", "f5_recall5", "S1-F5", "clone.recall5", 0.40, also="S1-F1"),
    _part("T3", "f5_recall_alert", "S1-F5", "clone.recall_alert", 0.40, also="S1-F1"),
    _part("T3", "f100_within_3", "S1-F100", "clone.recall5_within_3", 0.99, also="S1-M1"),
    _part("T3", "f100_recall_alert", "S1-F100", "clone.recall_alert", 0.99, also="S1-M1"),
    _part("T3", "adaptive_recall5", "", "adaptive.recall5", 0.40, also="S12"),
    _part("T4", "m20_recall5", "S1-M20", "clone.recall5", 0.65),
    _part("T4", "m20_recall_alert", "S1-M20", "clone.recall_alert", 0.65),
    _part("T4", "m20_precision5", "S1-M20", "clone.precision5", 0.5, most="clone.precision5_most", why=_FEW),
    _part("T5", "home_f20", "S3-F20", "home.recall5", 0.30),
    _part("T5", "home_f20_alert", "S3-F20", "home.recall_alert", 0.30),
    _part("T5", "home_f100", "S3-F100", "home.recall5", 0.98),
    _part("T5", "home_f100_alert", "S3-F100", "home.recall_alert", 0.98),
    _part("T5", "home_f20_pairs", "S3-F20-pairs", "home.recall5", 0.90),
    _part("T5", "home_f100_pairs", "S3-F100-pairs", "home.recall5", 0.90),
    _part("T6", "before_sale", "S2", "early.before_sale", 0.90, most="early.before_sale_placed", why=_TILL),
    _part(
        "T6",
        "before_sale_alert",
        "S2",
        "early.before_sale_alert",
        0.90,
        most="early.before_sale_sufficient",
        why=_HEARD,
    ),
    _part("T6", "recall5", "", "early.recall5", 0.85, also="S2 S2-same S2-later S2-half_year S2-unscanned"),
)
_PATHS = (
    _part("T7", "lane_by_tenth", "S5", "diversion.lane_by_tenth", 0.95, also=_LANES),
    _part("T7", "lane_power", "S5", "diversion.lanes_found", 0.95, also=_LANES),
    _part("T7", "lane_class", "S5 S1", "lane_class", 0.90, also=f"{_LANES} {_LEAKS}"),
    _part("T7", "false_lanes", "S0", "false_lanes", 1, maximum=True),
    _part("T7", "false_lanes_travel", "S0-travel_20", "false_lanes", 3, maximum=True),
    _part("T8", "top1_5_codes", "S1", "clone.leak_top1", 0.95),
    _part("T8", "top1_30_false", "S1", "clone.leak_top1_false", 0.80),
    _part("T8", "coverage", "S1", "clone.leak_covered", 0.88),
)
_LABELS = (
    _part("T9", "first_scan", "S4", "theft.first_scan", 0.99, also="S4-tested"),
    _part("T9", "roll_after", "S4", "theft.roll_after", 3, maximum=True, most="theft.roll_after_least", why=_DAYS),
    _part("T9", "probes", "S7", "enumeration.probes", 1e6, maximum=True, also=_GUESSES),
    _part("T9", "honest_named", "S7", "enumeration.honest_blocked", 0, maximum=True, also=_GUESSES),
    _part("T10", "replays", "S6", "replay.rejected", 1.0, also=_REPLAYS),
    _part("T10", "replay_leak", "S6", "replay.leaked_per_100", 0, maximum=True, also=_REPLAYS),
    _part("T10", "clock_named", "S8", "clock.named_by_20", 0.95, also=_CLOCKS),
    _part("T10", "clock_leak", "S8", "clock.leaked_per_100", 1, maximum=True, also=_CLOCKS),
    _part("T11", "refilled", "S9", "refill.recall5", 0.60),
    _part("T11", "refilled_alert", "S9", "refill.recall_alert", 0.60),
    _part("T11", "refilled_pairs", "S9-pairs", "refill.recall5", 0.95),
    _part("T11", "dumped_units", "S10", "dumping.units_to_find", 8, maximum=True),
)
_WHOLE = (
    _part("T12", "cases", "S1 S3-F20 S4 S5 S10", "cases", 1.2, maximum=True, also=f"{_LEAKS} {_LANES} S2 S9 S12"),
    _part("T12", "class", "S1 S2 S3-F20 S4 S5 S9 S12", "class", 0.90, also=f"{_LEAKS} {_LANES}"),
    _part("T12", "calibration", "S1 S2 S3-F20 S5 S12", "calibration_error", 0.05, maximum=True, also=_LEAKS),
    _part("T13", "events_per_s", "S0", "events_per_s", 3000),
    _part("T14", "order_free", "S1", "order_free", 1.0),
    _part("T14", "order_free_goods", "S1", "order_free_goods", 1.0),
    _part("T14", "order_free_window", "S1", "order_free_window", 1.0),
)

PARTS = (*_ALERTS, *_COPIES, *_PATHS, *_LABELS, *_WHOLE)
"""All numbers of the targets that are measured here. T13's latency is that of ``scripts/bench judge``."""
