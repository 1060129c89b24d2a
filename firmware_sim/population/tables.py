"""Parameters of the population's goods and trade: one record a table of the parameter file."""

from dataclasses import dataclass, field

from firmware_sim.world.parameter_file import AMOUNT, COUNT, POSITIVE, SHARE, between
from firmware_sim.world.trade import Retail, Transport


@dataclass(frozen=True, slots=True)
class Network:
    """Plants, distribution centres, dealers and their shops."""

    plants: int = field(metadata=between(1, 10))
    dcs: int = field(metadata=between(1, 100))
    dealers: int = field(metadata=between(2, 1000))
    shops_per_dealer: int = field(metadata=between(1, 1000))
    population_log_sd: float = field(metadata=between(0, 3))
    territory_km: float = field(metadata=POSITIVE)
    registered_km: float = field(metadata=POSITIVE)
    shop_km: float = field(metadata=POSITIVE)
    dealers_apart_km: float = field(metadata=between(0, 400))
    cities_per_dealer: int = field(metadata=between(1, 10))
    city_least_km: float = field(metadata=AMOUNT)
    city_most_km: float = field(metadata=AMOUNT)
    real_city_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Goods:
    """What is made, in lots, cases and pallets, and for how long the world is watched."""

    items: int = field(metadata=between(100, 100_000_000))
    gtins: int = field(metadata=between(1, 1000))
    lot_least: int = field(metadata=COUNT)
    lot_most: int = field(metadata=COUNT)
    case_units: int = field(metadata=between(1, 1000))
    pallet_cases: int = field(metadata=between(1, 1000))
    production_days: float = field(metadata=POSITIVE)
    horizon_days: float = field(metadata=POSITIVE)
    shelf_life_days: float = field(metadata=POSITIVE)


@dataclass(frozen=True, slots=True)
class PopulationTransport(Transport):
    """Transport with heavy-tailed times (Student's t), returns, detours, and labels of cases that were swapped."""

    air_share: float = field(metadata=SHARE)
    air_df: float = field(metadata=between(1, 100))
    road_df: float = field(metadata=between(1, 100))
    road_log_sd_10: float = field(metadata=between(0.01, 2))
    road_log_sd_50: float = field(metadata=between(0.01, 2))
    road_log_sd_90: float = field(metadata=between(0.01, 2))
    air_log_sd_least: float = field(metadata=between(0, 2))
    air_log_sd_most: float = field(metadata=between(0, 2))
    residual_most: float = field(metadata=between(0.1, 5))
    dwell_days: float = field(metadata=POSITIVE)
    dwell_log_sd: float = field(metadata=between(0, 2))
    holiday_factor: float = field(metadata=between(0.5, 10))
    strike_factor: float = field(metadata=between(0.5, 10))
    whole_case_share: float = field(metadata=SHARE)
    return_share: float = field(metadata=SHARE)
    reroute_share: float = field(metadata=SHARE)
    aggregation_error_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Device:
    """Readers' clocks, and the links by which they send."""

    skew_share: float = field(metadata=SHARE)
    skew_hours: float = field(metadata=AMOUNT)
    drift_share: float = field(metadata=SHARE)
    drift_minutes_per_day: float = field(metadata=AMOUNT)
    drift_days: float = field(metadata=POSITIVE)
    offline_share: float = field(metadata=SHARE)
    offline_least_hours: float = field(metadata=AMOUNT)
    offline_most_hours: float = field(metadata=AMOUNT)
    duplicate_share: float = field(metadata=SHARE)
    attested_share: float = field(metadata=SHARE)
    upload_seconds: float = field(metadata=POSITIVE)


@dataclass(frozen=True, slots=True)
class PopulationRetail(Retail):
    """Retail with log-normal times; ``days_to_sale`` is their median."""

    days_to_sale_log_sd: float = field(metadata=between(0, 3))
