"""Parameters of the population's crimes S1 to S12 (docs/detection.md#scenarios): one record a table of the file."""

from dataclasses import dataclass, field

from firmware_sim.world.parameter_file import AMOUNT, COUNT, NUMBER, POSITIVE, SHARE, SWITCH, between


@dataclass(frozen=True, slots=True)
class Clone:
    """S1 and S3: copies of leaked codes, sold abroad or at home."""

    codes: int = field(metadata=COUNT)
    copies: int = field(metadata=COUNT)
    markets: int = field(metadata=between(1, 100))
    home: int = field(metadata=SWITCH)
    source: int = field(metadata=between(1, 3))
    start_least_days: float = field(metadata=between(-1000, 1000))
    start_most_days: float = field(metadata=between(-1000, 1000))
    spread_days: float = field(metadata=POSITIVE)
    pos_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Early:
    """S2: a copy sold before or after the genuine item is."""

    codes: int = field(metadata=COUNT)
    offset_days: float = field(metadata=between(-1000, 1000))
    copies: int = field(metadata=COUNT)
    scanned: int = field(metadata=SWITCH)


@dataclass(frozen=True, slots=True)
class Theft:
    """S4: a stolen roll of labels."""

    roll: int = field(metadata=COUNT)
    surface_share: float = field(metadata=SHARE)
    plant_scans: int = field(metadata=SWITCH)


@dataclass(frozen=True, slots=True)
class Diversion:
    """S5: a dealer sells outside its territory."""

    share: float = field(metadata=SHARE)
    whole_cases: int = field(metadata=SWITCH)
    targets: int = field(metadata=between(1, 100))
    destroyed_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Replay:
    """S6: captured messages, sent again."""

    messages: int = field(metadata=COUNT)
    delay_minutes: float = field(metadata=POSITIVE)
    fresh_sequence: int = field(metadata=SWITCH)
    other_client: int = field(metadata=SWITCH)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """S7: codes that somebody guesses."""

    guesses: int = field(metadata=COUNT)
    sources: int = field(metadata=COUNT)
    sequential: int = field(metadata=SWITCH)
    minutes: float = field(metadata=POSITIVE)
    mobile_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Clock:
    """S8: a reader whose clock is shifted, or drifts."""

    hours: float = field(metadata=between(-10_000, 10_000))
    days: float = field(metadata=POSITIVE)
    drift_minutes_per_day: float = field(metadata=between(-1000, 1000))


@dataclass(frozen=True, slots=True)
class Refill:
    """S9: emptied packages, filled and sold again."""

    venues: int = field(metadata=COUNT)
    share: float = field(metadata=SHARE)
    share_scanned: float = field(metadata=SHARE)
    least_days: float = field(metadata=AMOUNT)
    most_days: float = field(metadata=AMOUNT)


@dataclass(frozen=True, slots=True)
class Dumping:
    """S10: expired items sold all the same."""

    units: int = field(metadata=COUNT)
    lots: int = field(metadata=COUNT)
    least_days: float = field(metadata=AMOUNT)
    most_days: float = field(metadata=AMOUNT)
    relabelled_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Insider:
    """S11: a dealer confirms what never came, and asks about codes that appear elsewhere."""

    receipts: int = field(metadata=NUMBER)
    queries: int = field(metadata=NUMBER)


@dataclass(frozen=True, slots=True)
class Adaptive:
    """S12: few copies, far apart, where many travel."""

    codes: int = field(metadata=COUNT)
    copies: int = field(metadata=COUNT)
    apart_km: float = field(metadata=AMOUNT)
