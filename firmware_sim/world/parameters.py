"""The demo world's parameters: every number in one TOML file, read into frozen records and checked."""

from dataclasses import dataclass, field
from pathlib import Path

from firmware_sim.world.geography import CITY
from firmware_sim.world.parameter_file import POSITIVE, SHARE, ParameterFile, between
from firmware_sim.world.trade import Consumer, Retail, Transport
from schemas.event import MAX_CHILDREN
from schemas.serial import INDEXES
from schemas.topics import NAME


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

    radius_km: float = field(metadata=POSITIVE)


@dataclass(frozen=True, slots=True)
class Packing:
    """How items are packed: into cases, and these onto pallets."""

    units_per_case: int = field(metadata=between(1, MAX_CHILDREN))
    cases_per_pallet: int = field(metadata=between(1, MAX_CHILDREN))
    unit_interval_s: float = field(metadata=POSITIVE)
    packing_hours: float = field(metadata=POSITIVE)


@dataclass(frozen=True, slots=True)
class DemoTransport(Transport):
    """Transport as the demo draws it: log-normal times, and a plane for some categories of products only."""

    road_detour: float = field(metadata=between(1, 3))
    road_log_sd: float = field(metadata=between(0, 2))
    air_log_sd: float = field(metadata=between(0, 2))
    air_categories: tuple[str, ...]
    dwell_hours: float = field(metadata=POSITIVE)


@dataclass(frozen=True, slots=True)
class DemoRetail(Retail):
    """Retail in the demo; ``days_to_sale`` is the mean of an exponential distribution."""

    shops_per_city: int = field(metadata=between(1, 1000))


@dataclass(frozen=True, slots=True)
class DemoConsumer(Consumer):
    """Consumers of the demo: when they scan, who travels, and where their phones' positions come from."""

    hours_to_scan: float = field(metadata=POSITIVE)
    travel_share: float = field(metadata=SHARE)
    near_travel_share: float = field(metadata=SHARE)
    gps_share: float = field(metadata=SHARE)
    coarse_share: float = field(metadata=SHARE)
    fixed_ip_share: float = field(metadata=SHARE)
    mobile_ip_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Attack:
    """How large each crime of the demo is."""

    clone_phones: int = field(metadata=between(2, 10))
    quiet_clones: int = field(metadata=between(0, 50))
    quiet_clone_phones: int = field(metadata=between(1, 10))
    clone_minutes: float = field(metadata=POSITIVE)
    clone_apart_km: float = field(metadata=POSITIVE)
    diverted_cases: int = field(metadata=between(0, 1e6))
    diverted_scan_share: float = field(metadata=SHARE)
    diverted_apart_km: float = field(metadata=POSITIVE)
    diverted_inspected: int = field(metadata=between(0, 1000))
    diverted_days: float = field(metadata=between(0.1, 30))
    forged_codes: int = field(metadata=between(0, 1e6))
    stolen_labels: int = field(metadata=between(0, 1e6))
    second_sales: int = field(metadata=between(0, 1e6))
    expired_sales: int = field(metadata=between(0, 1e6))
    recalled_scans: int = field(metadata=between(0, 1e6))
    framed_units: int = field(metadata=between(0, 1e6))


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
    """A batch: ``quantity`` codes are registered, ``units`` items are made, ``days_ago`` before now."""

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
    transport: DemoTransport
    retail: DemoRetail
    consumer: DemoConsumer
    attack: Attack
    dealer: tuple[DealerKind, ...]
    product: tuple[ProductKind, ...]
    batch: tuple[BatchKind, ...]


def load_parameters(path: Path | None = None) -> Parameters:
    """The parameters in a TOML file; without one, the demo's.

    :raises Misconfigured: names file, line and key of the first thing that is wrong.
    """
    if path is None:
        return _read(ParameterFile.packaged("firmware_sim.world", "world.toml"))
    return _read(ParameterFile.of(path))


def parse_parameters(text: str, name: str) -> Parameters:
    """The parameters in ``text``; ``name`` stands for it in errors.

    :raises Misconfigured: as :func:`load_parameters`.
    """
    return _read(ParameterFile(text, name))


def _read(file: ParameterFile) -> Parameters:
    parameters = file.record(Parameters, file.tables)
    _check_names(parameters, file)
    _check_sums(parameters, file)
    return parameters


def _check_names(parameters: Parameters, file: ParameterFile) -> None:
    maker = parameters.maker
    file.require(NAME.fullmatch(maker.org) is not None, "maker.org", f"{maker.org!r} is not a DNS label")
    file.require(
        maker.prefix.isascii() and maker.prefix.isdigit() and len(maker.prefix) == 7, "maker.prefix", "is not 7 digits"
    )
    file.require(maker.plant_city in CITY, "maker.plant_city", f"there is no city {maker.plant_city!r}")
    for city in maker.dc_cities:
        file.require(city in CITY, "maker.dc_cities", f"there is no city {city!r}")
    file.require(bool(maker.dc_cities), "maker.dc_cities", "names no city")
    dealers = {dealer.org for dealer in parameters.dealer}
    for index, dealer in enumerate(parameters.dealer):
        file.require(NAME.fullmatch(dealer.org) is not None, f"dealer.{index}.org", f"{dealer.org!r} is no DNS label")
        file.require(bool(dealer.cities), f"dealer.{index}.cities", "names no city")
        for city in dealer.cities:
            file.require(city in CITY, f"dealer.{index}.cities", f"there is no city {city!r}")
    products = {product.reference for product in parameters.product}
    for index, product in enumerate(parameters.product):
        digits = product.reference.isascii() and product.reference.isdigit() and len(product.reference) == 5
        file.require(digits, f"product.{index}.reference", f"{product.reference!r} is not 5 digits")
    for index, batch in enumerate(parameters.batch):
        key = f"batch.{index}"
        file.require(batch.product in products, f"{key}.product", f"there is no product {batch.product!r}")
        file.require(batch.grade in ("sealed", "signed"), f"{key}.grade", f"{batch.grade!r} is not sealed or signed")
        file.require(bool(batch.dealers), f"{key}.dealers", "names no dealer")
        for org in batch.dealers:
            file.require(org in dealers, f"{key}.dealers", f"there is no dealer {org!r}")
    lots = [batch.lot for batch in parameters.batch]
    for index, lot in enumerate(lots):
        file.require(lots.index(lot) == index, f"batch.{index}.lot", f"{lot!r} is used twice")


def _check_sums(parameters: Parameters, file: ParameterFile) -> None:
    consumer = parameters.consumer
    located = consumer.gps_share + consumer.coarse_share + consumer.fixed_ip_share + consumer.mobile_ip_share
    file.require(
        located <= 1 + 1e-9, "consumer.mobile_ip_share", f"the four position shares add up to {located:.3f} > 1"
    )
    for index, batch in enumerate(parameters.batch):
        needed = batch.units + parameters.attack.stolen_labels
        file.require(batch.quantity >= needed, f"batch.{index}.quantity", f"is less than {needed} (units and stolen)")
