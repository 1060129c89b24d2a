"""The world's parameters: every number in one TOML file, read into frozen records and checked."""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from firmware_sim.world.geography import CITY
from firmware_sim.world.table import Checked, between, read_table
from schemas.errors import Misconfigured
from schemas.event import MAX_CHILDREN
from schemas.serial import INDEXES
from schemas.topics import NAME

_SHARE = between(0, 1)
_POSITIVE = between(1e-9, 1e9)
_SOME = between(0, 1e9)


@dataclass(frozen=True, slots=True)
class Maker:
    """The brand owner: its plant and distribution centres, by city."""

    org: str
    prefix: str
    plant_city: str
    dc_cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarketSize:
    """How far a city's market reaches."""

    radius_km: float = field(metadata=_POSITIVE)


@dataclass(frozen=True, slots=True)
class Packing:
    """How goods leave the line."""

    units_per_case: int = field(metadata=between(1, MAX_CHILDREN))
    cases_per_pallet: int = field(metadata=between(1, MAX_CHILDREN))
    unit_interval_s: float = field(metadata=_POSITIVE)
    packing_hours: float = field(metadata=_POSITIVE)


@dataclass(frozen=True, slots=True)
class Transport:
    """How goods travel, by road or by air."""

    road_km_per_h: float = field(metadata=between(1, 130))
    road_detour: float = field(metadata=between(1, 3))
    road_log_sd: float = field(metadata=between(0, 2))
    air_km_per_h: float = field(metadata=between(100, 850))
    air_log_sd: float = field(metadata=between(0, 2))
    air_ground_hours: float = field(metadata=_SOME)
    air_from_km: float = field(metadata=_SOME)
    air_categories: tuple[str, ...]
    handover_hours: float = field(metadata=_SOME)
    dwell_hours: float = field(metadata=_POSITIVE)
    read_rate: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Retail:
    """Shops and their tills."""

    shops_per_city: int = field(metadata=between(1, 1000))
    days_to_sale: float = field(metadata=_POSITIVE)
    sold_share: float = field(metadata=_SHARE)
    pos_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who scans, how often, and how well the phone knows where it is."""

    scan_share: float = field(metadata=_SHARE)
    hours_to_scan: float = field(metadata=_POSITIVE)
    rescan_share: float = field(metadata=_SHARE)
    second_handset_share: float = field(metadata=_SHARE)
    home_km: float = field(metadata=_SOME)
    travel_share: float = field(metadata=_SHARE)
    near_travel_share: float = field(metadata=_SHARE)
    gps_share: float = field(metadata=_SHARE)
    coarse_share: float = field(metadata=_SHARE)
    fixed_ip_share: float = field(metadata=_SHARE)
    mobile_ip_share: float = field(metadata=_SHARE)


@dataclass(frozen=True, slots=True)
class Attack:
    """How large each crime of the demo is."""

    clone_phones: int = field(metadata=between(2, 10))
    quiet_clones: int = field(metadata=between(0, 50))
    quiet_clone_phones: int = field(metadata=between(1, 10))
    clone_minutes: float = field(metadata=_POSITIVE)
    clone_apart_km: float = field(metadata=_POSITIVE)
    diverted_cases: int = field(metadata=between(0, 1e6))
    diverted_scan_share: float = field(metadata=_SHARE)
    diverted_apart_km: float = field(metadata=_POSITIVE)
    diverted_days: float = field(metadata=between(0.1, 30))
    forged_codes: int = field(metadata=between(0, 1e6))
    stolen_labels: int = field(metadata=between(0, 1e6))
    second_sales: int = field(metadata=between(0, 1e6))
    expired_sales: int = field(metadata=between(0, 1e6))
    recalled_scans: int = field(metadata=between(0, 1e6))


@dataclass(frozen=True, slots=True)
class DealerKind:
    """A dealer and the cities that it serves; its warehouse is in the first."""

    org: str
    name: str
    name_zh: str
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductKind:
    """A product; ``reference`` is its item reference within the company prefix."""

    reference: str
    name: str
    name_zh: str
    category: str
    shelf_life_days: int = field(metadata=between(0, 36_500))


@dataclass(frozen=True, slots=True)
class BatchKind:
    """A batch: ``quantity`` codes are registered, ``units`` goods are made, ``days_ago`` before now."""

    lot: str
    product: str
    grade: str
    quantity: int = field(metadata=between(1, 1_000_000_000))
    units: int = field(metadata=between(1, INDEXES - 1))
    days_ago: float = field(metadata=between(1, 3650))
    dealers: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """All of a world's numbers."""

    maker: Maker
    market: MarketSize
    packing: Packing
    transport: Transport
    retail: Retail
    consumer: Consumer
    attack: Attack
    dealer: tuple[DealerKind, ...]
    product: tuple[ProductKind, ...]
    batch: tuple[BatchKind, ...]


def load_parameters(path: Path | None = None) -> Parameters:
    """The parameters in a TOML file; without one, the demo's.

    :raises Misconfigured: names file, line and key of the first thing that is wrong.
    """
    if path is None:
        return parse_parameters((files("firmware_sim.world") / "world.toml").read_text(encoding="utf-8"), "world.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    return parse_parameters(text, str(path))


def parse_parameters(text: str, name: str) -> Parameters:
    """The parameters in ``text``; ``name`` stands for it in errors.

    :raises Misconfigured: as :func:`load_parameters`.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{name}: {error}") from None
    checked = Checked(text, name)
    parameters = read_table(Parameters, table, (), checked)
    _check_names(parameters, checked)
    _check_sums(parameters, checked)
    return parameters


def _check_names(parameters: Parameters, checked: Checked) -> None:
    maker = parameters.maker
    checked.require(NAME.fullmatch(maker.org) is not None, "maker.org", f"{maker.org!r} is not a DNS label")
    checked.require(
        maker.prefix.isascii() and maker.prefix.isdigit() and len(maker.prefix) == 7, "maker.prefix", "is not 7 digits"
    )
    for place, key in [
        (maker.plant_city, "maker.plant_city"),
        *((city, "maker.dc_cities") for city in maker.dc_cities),
    ]:
        checked.require(place in CITY, key, f"there is no city {place!r}")
    checked.require(bool(maker.dc_cities), "maker.dc_cities", "names no city")
    dealers = {dealer.org for dealer in parameters.dealer}
    for index, dealer in enumerate(parameters.dealer):
        checked.require(
            NAME.fullmatch(dealer.org) is not None, f"dealer.{index}.org", f"{dealer.org!r} is no DNS label"
        )
        checked.require(bool(dealer.cities), f"dealer.{index}.cities", "names no city")
        for city in dealer.cities:
            checked.require(city in CITY, f"dealer.{index}.cities", f"there is no city {city!r}")
    products = {product.reference for product in parameters.product}
    for index, product in enumerate(parameters.product):
        digits = product.reference.isascii() and product.reference.isdigit() and len(product.reference) == 5
        checked.require(digits, f"product.{index}.reference", f"{product.reference!r} is not 5 digits")
    for index, batch in enumerate(parameters.batch):
        key = f"batch.{index}"
        checked.require(batch.product in products, f"{key}.product", f"there is no product {batch.product!r}")
        checked.require(batch.grade in ("sealed", "signed"), f"{key}.grade", f"{batch.grade!r} is not sealed or signed")
        checked.require(bool(batch.dealers), f"{key}.dealers", "names no dealer")
        for org in batch.dealers:
            checked.require(org in dealers, f"{key}.dealers", f"there is no dealer {org!r}")
    lots = [batch.lot for batch in parameters.batch]
    for index, lot in enumerate(lots):
        checked.require(lots.index(lot) == index, f"batch.{index}.lot", f"{lot!r} is used twice")


def _check_sums(parameters: Parameters, checked: Checked) -> None:
    consumer = parameters.consumer
    known = consumer.gps_share + consumer.coarse_share + consumer.fixed_ip_share + consumer.mobile_ip_share
    checked.require(
        known <= 1 + 1e-9, "consumer.mobile_ip_share", f"the four position shares add up to {known:.3f} > 1"
    )
    for index, batch in enumerate(parameters.batch):
        needed = batch.units + parameters.attack.stolen_labels
        checked.require(
            batch.quantity >= needed, f"batch.{index}.quantity", f"is less than {needed} (units and stolen)"
        )
