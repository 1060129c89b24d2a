"""The numbers of the crimes: a frozen record for each table of the parameter file (section 3.2 of the reference)."""

from dataclasses import dataclass, field

from firmware_sim.world.table import between

_SHARE = between(0, 1)
_SOME = between(0, 1e6)
_MORE = between(1e-6, 1e6)
_COUNT = between(1, 100_000_000)
_NUMBER = between(0, 100_000_000)
_SWITCH = between(0, 1)


@dataclass(frozen=True, slots=True)
class Clone:
    """S1 and S3: copies of leaked codes, sold abroad or at home."""

    codes: int = field(metadata=_COUNT)
    copies: int = field(metadata=_COUNT)
    markets: int = field(metadata=between(1, 100))
    home: int = field(metadata=_SWITCH)
    source: int = field(metadata=between(1, 3))
    start_least_days: float = field(metadata=between(-1000, 1000))
    start_most_days: float = field(metadata=between(-1000, 1000))
    spread_days: float = field(metadata=_MORE)
    pos_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Early:
    """S2: a copy sold before or after the genuine item is."""

    codes: int = field(metadata=_COUNT)
    offset_days: float = field(metadata=between(-1000, 1000))
    copies: int = field(metadata=_COUNT)
    scanned: int = field(metadata=_SWITCH)


@dataclass(frozen=True, slots=True)
class Theft:
    """S4: a stolen roll of labels."""

    roll: int = field(metadata=_COUNT)
    surface_share: float = field(metadata=_SHARE)
    plant_scans: int = field(metadata=_SWITCH)


@dataclass(frozen=True, slots=True)
class Diversion:
    """S5: a dealer sells outside its territory."""

    share: float = field(metadata=_SHARE)
    whole_cases: int = field(metadata=_SWITCH)
    targets: int = field(metadata=between(1, 100))
    destroyed_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Replay:
    """S6: captured messages, sent again."""

    messages: int = field(metadata=_COUNT)
    delay_minutes: float = field(metadata=_MORE)
    fresh_sequence: int = field(metadata=_SWITCH)
    other_client: int = field(metadata=_SWITCH)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """S7: codes that somebody guesses."""

    guesses: int = field(metadata=_COUNT)
    sources: int = field(metadata=_COUNT)
    sequential: int = field(metadata=_SWITCH)
    minutes: float = field(metadata=_MORE)


@dataclass(frozen=True, slots=True)
class Clock:
    """S8: a reader whose clock is shifted, or drifts."""

    hours: float = field(metadata=between(-10_000, 10_000))
    days: float = field(metadata=_MORE)
    drift_minutes_per_day: float = field(metadata=between(-1000, 1000))


@dataclass(frozen=True, slots=True)
class Refill:
    """S9: emptied packages, filled and sold again."""

    venues: int = field(metadata=_COUNT)
    share: float = field(metadata=_SHARE)
    share_scanned: float = field(metadata=_SHARE)
    least_days: float = field(metadata=_SOME)
    most_days: float = field(metadata=_SOME)


@dataclass(frozen=True, slots=True)
class Dumping:
    """S10: expired goods sold all the same."""

    units: int = field(metadata=_COUNT)
    lots: int = field(metadata=_COUNT)
    least_days: float = field(metadata=_SOME)
    most_days: float = field(metadata=_SOME)
    relabelled_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Insider:
    """S11: a dealer confirms what never came, and asks about codes that appear elsewhere."""

    receipts: int = field(metadata=_NUMBER)
    queries: int = field(metadata=_NUMBER)


@dataclass(frozen=True, slots=True)
class Adaptive:
    """S12: few copies, far apart, where many travel."""

    codes: int = field(metadata=_COUNT)
    copies: int = field(metadata=_COUNT)
    apart_km: float = field(metadata=_SOME)
