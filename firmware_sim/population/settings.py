"""A large world's parameters: one TOML file, checked; what differs by seed, by stress and by attack."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

from firmware_sim.population.crime_numbers import (
    Adaptive,
    Clock,
    Clone,
    Diversion,
    Dumping,
    Early,
    Enumeration,
    Insider,
    Refill,
    Replay,
    Theft,
)
from firmware_sim.world.table import Checked, between, read_table
from schemas.errors import Misconfigured

_SHARE = between(0, 1)
_SOME = between(0, 1e6)
_MORE = between(1e-6, 1e6)
_COUNT = between(1, 100_000_000)
_NUMBER = between(0, 100_000_000)
_SWITCH = between(0, 1)


@dataclass(frozen=True, slots=True)
class Network:
    """Plants, distribution centres, dealers and their shops."""

    plants: int = field(metadata=between(1, 10))
    dcs: int = field(metadata=between(1, 100))
    dealers: int = field(metadata=between(2, 1000))
    shops_per_dealer: int = field(metadata=between(1, 1000))
    population_log_sd: float = field(metadata=between(0, 3))
    territory_km: float = field(metadata=_MORE)
    shop_km: float = field(metadata=_MORE)
    dealers_apart_km: float = field(metadata=between(0, 300))
    real_city_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Goods:
    """What is made, and for how long the world is watched."""

    items: int = field(metadata=between(100, 100_000_000))
    gtins: int = field(metadata=between(1, 1000))
    lot_least: int = field(metadata=_COUNT)
    lot_most: int = field(metadata=_COUNT)
    case_units: int = field(metadata=between(1, 1000))
    pallet_cases: int = field(metadata=between(1, 1000))
    production_days: float = field(metadata=_MORE)
    horizon_days: float = field(metadata=_MORE)
    shelf_life_days: float = field(metadata=_MORE)


@dataclass(frozen=True, slots=True)
class Transport:
    """How goods travel and how well they are read."""

    road_km_per_h: float = field(metadata=between(1, 130))
    air_km_per_h: float = field(metadata=between(100, 850))
    air_ground_hours: float = field(metadata=_SOME)
    air_from_km: float = field(metadata=_SOME)
    air_share: float = field(metadata=_SHARE)
    air_df: float = field(metadata=between(1, 100))
    road_df: float = field(metadata=between(1, 100))
    lane_log_sd_least: float = field(metadata=between(0, 2))
    lane_log_sd_most: float = field(metadata=between(0, 2))
    residual_most: float = field(metadata=between(0.1, 5))
    dwell_days: float = field(metadata=_MORE)
    dwell_log_sd: float = field(metadata=between(0, 2))
    handover_hours: float = field(metadata=_SOME)
    holiday_factor: float = field(metadata=between(0.5, 10))
    strike_factor: float = field(metadata=between(0.5, 10))
    read_rate: float = field(metadata=between(0.5, 1))
    whole_case_share: float = field(metadata=_SHARE)
    return_share: float = field(metadata=_SHARE)
    reroute_share: float = field(metadata=_SHARE)
    aggregation_error_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Device:
    """Clocks and links of the readers."""

    skew_share: float = field(metadata=_SHARE)
    skew_hours: float = field(metadata=_SOME)
    drift_share: float = field(metadata=_SHARE)
    drift_minutes_per_day: float = field(metadata=_SOME)
    drift_days: float = field(metadata=_MORE)
    offline_share: float = field(metadata=_SHARE)
    offline_least_hours: float = field(metadata=_SOME)
    offline_most_hours: float = field(metadata=_SOME)
    duplicate_share: float = field(metadata=_SHARE)
    attested_share: float = field(metadata=_SHARE)
    upload_seconds: float = field(metadata=_MORE)


@dataclass(frozen=True, slots=True)
class Retail:
    """Sales and tills."""

    sold_share: float = field(metadata=_SHARE)
    days_to_sale: float = field(metadata=_MORE)
    days_to_sale_log_sd: float = field(metadata=between(0, 3))
    pos_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who scans, when, how often."""

    scan_share: float = field(metadata=_SHARE)
    days_to_scan: float = field(metadata=_MORE)
    days_to_scan_log_sd: float = field(metadata=between(0, 3))
    home_km: float = field(metadata=_MORE)
    far_home_share: float = field(metadata=_SHARE)
    far_home_km: float = field(metadata=_MORE)
    rescan_share: float = field(metadata=between(0, 0.95))
    rescan_decay: float = field(metadata=between(0, 0.95))
    rescan_days: float = field(metadata=_MORE)
    second_handset_share: float = field(metadata=between(0, 0.95))
    second_handset_decay: float = field(metadata=between(0, 0.95))
    household_share: float = field(metadata=_SHARE)
    gift_days: float = field(metadata=_MORE)
    opening_share: float = field(metadata=_SHARE)
    opening_days: float = field(metadata=_MORE)
    venues: int = field(metadata=_NUMBER)
    venue_opening_share: float = field(metadata=_SHARE)
    damaged_share: float = field(metadata=_SHARE)
    shop_prescan_share: float = field(metadata=_SHARE)
    bulk_share: float = field(metadata=_SHARE)
    bulk_codes: float = field(metadata=_MORE)
    viral_per_100k: float = field(metadata=_SOME)
    viral_least: int = field(metadata=_COUNT)
    viral_most: int = field(metadata=_COUNT)


@dataclass(frozen=True, slots=True)
class Location:
    """How well a phone knows where it is."""

    gps_share: float = field(metadata=_SHARE)
    mobile_ip_share: float = field(metadata=_SHARE)
    gps_km: float = field(metadata=_SOME)
    mobile_ip_km: float = field(metadata=_MORE)
    mobile_ip_log_sd: float = field(metadata=between(0, 3))
    fixed_ip_km: float = field(metadata=_MORE)
    fixed_ip_log_sd: float = field(metadata=between(0, 3))
    vpn_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Travel:
    """How many scan away from home, and how far away."""

    share: float = field(metadata=_SHARE)
    near_share: float = field(metadata=_SHARE)
    near_least_km: float = field(metadata=_SOME)
    near_most_km: float = field(metadata=_SOME)
    festival_share: float = field(metadata=_SHARE)
    festival_day: float = field(metadata=_SOME)
    festival_days: float = field(metadata=_SOME)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Inner codes under the cap."""

    enabled: int = field(metadata=_SWITCH)
    read_share: float = field(metadata=_SHARE)
    false_mismatch_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Vary:
    """A number that differs between seeds, evenly from ``low`` to ``high``."""

    key: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Variant:
    """One number that the variant ``of`` (a stress's or an attack's name) changes."""

    of: str
    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Settings:
    """All numbers of a large world."""

    network: Network
    goods: Goods
    transport: Transport
    device: Device
    retail: Retail
    consumer: Consumer
    location: Location
    travel: Travel
    pairs: Pairs
    clone: Clone
    early: Early
    theft: Theft
    diversion: Diversion
    replay: Replay
    enumeration: Enumeration
    clock: Clock
    refill: Refill
    dumping: Dumping
    insider: Insider
    adaptive: Adaptive
    vary: tuple[Vary, ...]
    variant: tuple[Variant, ...]

    def with_values(self, changes: Mapping[str, float]) -> "Settings":
        """These settings with ``table.key`` numbers changed; whole numbers stay whole."""
        changed = self
        for key, value in changes.items():
            table_name, _, name = key.partition(".")
            table = getattr(changed, table_name)
            whole = isinstance(getattr(table, name), int)
            changed = replace(changed, **{table_name: replace(table, **{name: round(value) if whole else value})})
        return changed

    def of_seed(self, seed: int) -> "Settings":
        """The settings of world ``seed``: what varies between worlds, drawn."""
        rng = Random(f"suyuan/world/{seed}")  # noqa: S311 -- a simulation has to be repeatable
        return self.with_values({each.key: rng.uniform(each.low, each.high) for each in self.vary})

    def of_variant(self, name: str) -> "Settings":
        """The settings that an attack (``S1-F5``) or a stress (``S0-travel_20``) asks for; without rows, these."""
        wanted = name.removeprefix("S0-")
        return self.with_values({each.key: each.value for each in self.variant if each.of == wanted})

    @property
    def stresses(self) -> tuple[str, ...]:
        """Names of the clean world's stresses, in the file's order."""
        return tuple(dict.fromkeys(each.of for each in self.variant if not each.of.startswith("S")))


def load_settings(path: Path | None = None) -> Settings:
    """The settings in a TOML file; without one, those of the reference.

    :raises Misconfigured: names file, line and key of the first thing that is wrong.
    """
    if path is None:
        return parse_settings(
            (files("firmware_sim.population") / "evaluation.toml").read_text(encoding="utf-8"), "evaluation.toml"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    return parse_settings(text, str(path))


def parse_settings(text: str, name: str) -> Settings:
    """The settings in ``text``; ``name`` stands for it in errors. Tables and keys left out keep the reference's value.

    :raises Misconfigured: as :func:`load_settings`.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{name}: {error}") from None
    checked = Checked(text, name)
    settings = read_table(Settings, _completed(table), (), checked)
    _check(settings, checked)
    return settings


def _completed(table: dict[str, Any]) -> dict[str, Any]:
    """``table`` over the reference's numbers, so that a file needs to hold only what it changes."""
    whole = tomllib.loads((files("firmware_sim.population") / "evaluation.toml").read_text(encoding="utf-8"))
    for key, value in table.items():
        known = whole.get(key)
        whole[key] = known | value if isinstance(known, dict) and isinstance(value, dict) else value
    return whole


def _check(settings: Settings, checked: Checked) -> None:
    tables: tuple[tuple[str, tuple[Vary | Variant, ...]], ...] = (
        ("vary", settings.vary),
        ("variant", settings.variant),
    )
    for kind, rows in tables:
        for index, row in enumerate(rows):
            known = _field(settings, row.key)
            checked.require(known is not None, f"{kind}.{index}.key", f"{row.key!r} is not a parameter")
            least, most = known or (0.0, 0.0)
            for name in ("low", "high", "value"):
                value = getattr(row, name, None)
                inside = value is None or least <= value <= most
                checked.require(inside, f"{kind}.{index}.{name}", f"is {value}, not from {least:g} to {most:g}")
    for low, high in (
        ("goods.lot_least", "goods.lot_most"),
        ("transport.lane_log_sd_least", "transport.lane_log_sd_most"),
        ("device.offline_least_hours", "device.offline_most_hours"),
        ("consumer.viral_least", "consumer.viral_most"),
        ("clone.start_least_days", "clone.start_most_days"),
        ("refill.least_days", "refill.most_days"),
        ("dumping.least_days", "dumping.most_days"),
        ("travel.near_least_km", "travel.near_most_km"),
    ):
        checked.require(_number(settings, low) <= _number(settings, high), high, f"is less than {low}")
    shares = settings.location.gps_share + settings.location.mobile_ip_share
    checked.require(shares <= 1, "location.mobile_ip_share", f"the position shares add up to {shares:.3f} > 1")
    roots = settings.goods.production_days < settings.goods.horizon_days
    checked.require(roots, "goods.horizon_days", "is not after the production")


def _number(settings: Settings, key: str) -> float:
    table, _, name = key.partition(".")
    return float(getattr(getattr(settings, table), name))


def _field(settings: Settings, key: str) -> tuple[float, float] | None:
    """The range of a parameter; None where there is none of that name."""
    table_name, _, name = key.partition(".")
    table = getattr(settings, table_name, None)
    if table is None or isinstance(table, tuple):
        return None
    for each in fields(table):
        if each.name == name:
            least, most = each.metadata["range"]
            return float(least), float(most)
    return None
