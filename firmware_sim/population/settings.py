"""All numbers of a population: one TOML file, checked; and what of it differs by seed, by stress and by crime."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Any

from firmware_sim.population.consumer_tables import Location, Pairs, PopulationConsumer, Travel, Unknown
from firmware_sim.population.crime_tables import (
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
from firmware_sim.population.tables import Device, Goods, Network, PopulationRetail, PopulationTransport
from firmware_sim.world.parameter_file import ParameterFile


@dataclass(frozen=True, slots=True)
class Vary:
    """A parameter (``table.name``) that is drawn for each seed, uniformly from ``low`` to ``high``."""

    key: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Both ends of a wide range of a parameter (``table.name``), as the variants ``OF_low`` and ``OF_high``.

    Rows of one ``of`` change together.
    """

    of: str
    key: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Variant:
    """A parameter (``table.name``) that the variant ``of`` changes: a stress of the clean world, or a crime's."""

    of: str
    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Settings:
    """All numbers of a population."""

    network: Network
    goods: Goods
    transport: PopulationTransport
    device: Device
    retail: PopulationRetail
    consumer: PopulationConsumer
    location: Location
    travel: Travel
    unknown: Unknown
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
    spread: tuple[Spread, ...]
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
        """The settings of world ``seed``: these, with the parameters of ``vary`` drawn for it."""
        rng = Random(f"suyuan/world/{seed}")  # noqa: S311 -- a simulation has to be repeatable
        return self.with_values({row.key: rng.uniform(row.low, row.high) for row in self.vary})

    def of_variant(self, name: str) -> "Settings":
        """These settings as a crime's variant (``S1-F5``), a stress (``S0-travel_20``) or both change them.

        Both together are written ``S1-F5@travel_20``.

        :raises ValueError: there is no stress of that name.
        """
        crime, _, stress = name.removeprefix("S0-").partition("@")
        known = (*self.stresses, *self.ends)
        if stress and stress not in known:
            raise ValueError(f"there is no stress {stress!r}; known: {', '.join(known)}")
        changes = {row.key: row.value for row in self.variant if row.of in (crime, stress)}
        changes |= {row.key: row.low for row in self.spread if f"{row.of}_low" in (crime, stress)}
        changes |= {row.key: row.high for row in self.spread if f"{row.of}_high" in (crime, stress)}
        return self.with_values(changes)

    @property
    def stresses(self) -> tuple[str, ...]:
        """Names of the clean world's stresses, in the order of the file."""
        return tuple(dict.fromkeys(row.of for row in self.variant if not row.of.startswith("S")))

    @property
    def ends(self) -> tuple[str, ...]:
        """Names of both ends of each spread, in the order of the file."""
        return tuple(dict.fromkeys(f"{row.of}_{end}" for row in self.spread for end in ("low", "high")))


def load_settings(path: Path | None = None) -> Settings:
    """The settings in a TOML file; without one, the evaluation's own.

    :raises Misconfigured: names file, line and key of the first thing that is wrong.
    """
    return _read(_evaluation() if path is None else ParameterFile.of(path))


def parse_settings(text: str, name: str) -> Settings:
    """The settings in ``text``; ``name`` stands for it in errors. Tables and keys left out are the evaluation's.

    :raises Misconfigured: as :func:`load_settings`.
    """
    return _read(ParameterFile(text, name))


def _evaluation() -> ParameterFile:
    return ParameterFile.packaged("firmware_sim.population", "evaluation.toml")


def _read(file: ParameterFile) -> Settings:
    settings = file.record(Settings, _completed(file.tables))
    _check_changes(settings, file)
    _check_limits(settings, file)
    return settings


def _completed(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluation's tables with those of ``tables`` over them, so that a file needs only what it changes."""
    whole = _evaluation().tables
    for key, value in tables.items():
        default = whole.get(key)
        whole[key] = default | value if isinstance(default, dict) and isinstance(value, dict) else value
    return whole


def _check_changes(settings: Settings, file: ParameterFile) -> None:
    """Every row of ``vary``, ``spread`` and ``variant`` names a parameter and stays in its range."""
    tables: tuple[tuple[str, tuple[Vary | Spread | Variant, ...]], ...] = (
        ("vary", settings.vary),
        ("spread", settings.spread),
        ("variant", settings.variant),
    )
    for kind, rows in tables:
        for index, row in enumerate(rows):
            limits = _range(settings, row.key)
            file.require(limits is not None, f"{kind}.{index}.key", f"{row.key!r} is not a parameter")
            low, high = limits or (0.0, 0.0)
            for name in ("low", "high", "value"):
                value = getattr(row, name, None)
                inside = value is None or low <= value <= high
                file.require(inside, f"{kind}.{index}.{name}", f"is {value}, not from {low:g} to {high:g}")


def _check_limits(settings: Settings, file: ParameterFile) -> None:
    """Minima are no greater than their maxima, and what has to add up does."""
    for low, high in (
        ("goods.lot_least", "goods.lot_most"),
        ("transport.road_log_sd_10", "transport.road_log_sd_50"),
        ("transport.road_log_sd_50", "transport.road_log_sd_90"),
        ("transport.air_log_sd_least", "transport.air_log_sd_most"),
        ("network.city_least_km", "network.city_most_km"),
        ("device.offline_least_hours", "device.offline_most_hours"),
        ("consumer.viral_least", "consumer.viral_most"),
        ("clone.start_least_days", "clone.start_most_days"),
        ("refill.least_days", "refill.most_days"),
        ("dumping.least_days", "dumping.most_days"),
        ("travel.near_least_km", "travel.near_most_km"),
    ):
        file.require(_number(settings, low) <= _number(settings, high), high, f"is less than {low}")
    produced = settings.goods.production_days < settings.goods.horizon_days
    file.require(produced, "goods.horizon_days", "is not after the production")


def _number(settings: Settings, key: str) -> float:
    table, _, name = key.partition(".")
    return float(getattr(getattr(settings, table), name))


def _range(settings: Settings, key: str) -> tuple[float, float] | None:
    """The minimum and maximum of a parameter; None if there is none of that name."""
    table_name, _, name = key.partition(".")
    table = getattr(settings, table_name, None)
    if table is None or isinstance(table, tuple):
        return None
    for field in fields(table):
        if field.name == name:
            low, high = field.metadata["range"]
            return float(low), float(high)
    return None
