"""A population's network: plants, distribution centres, dealers with territories, shops, and distances between them."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, uniform
from firmware_sim.population.settings import Settings
from firmware_sim.world.geography import CITIES
from schemas.geodesy import EARTH_RADIUS_KM, KM_PER_DEGREE

PLANT, DC, DEALER, SHOP = 0, 1, 2, 3
_CITY_TRIES = 20
"""So often another place is looked for where a dealer's further city would lie within another market."""
_T_SCALE = 0.8
"""Of a Student's t with 1.7 degrees of freedom the scale, by the standard deviation that its median deviation implies.

The bulk's standard deviation is 1.4826 times the median absolute deviation, and that is 0.85 times the scale.
"""


@dataclass(frozen=True, slots=True)
class Markets:
    """One row a market: its centre, the number of the dealer (from 0) who serves it, and its share of the people.

    Market ``n`` is around dealer number ``n``; the dealers' further cities come after these.
    """

    lat: Floats
    lon: Floats
    dealer: Ints
    population: Floats

    def __len__(self) -> int:
        """How many markets."""
        return len(self.dealer)

    def of(self, dealer: int) -> Ints:
        """The markets that dealer number ``dealer`` serves."""
        return np.flatnonzero(self.dealer == dealer)

    def outside(self, dealer: int) -> Ints:
        """The markets that dealer number ``dealer`` doesn't serve."""
        return np.flatnonzero(self.dealer != dealer)


@dataclass(frozen=True, slots=True)
class Sites:
    """All sites, plants first, then distribution centres, dealers and shops.

    ``parent`` is who supplies a site, ``market`` the number of the one that it is in (plants and centres: -1).
    ``registered_km`` is the radius that operators have registered for every market, whatever its shops' distances.
    """

    kind: Ints
    lat: Floats
    lon: Floats
    parent: Ints
    market: Ints
    weight: Floats
    in_markets: Markets
    registered_km: float

    @property
    def first_dealer(self) -> int:
        """The index of the first dealer among the sites."""
        return int(np.argmax(self.kind == DEALER))

    @property
    def first_shop(self) -> int:
        """The index of the first shop among the sites."""
        return int(np.argmax(self.kind == SHOP))

    def of_kind(self, kind: int) -> Ints:
        """Indexes of the sites of a kind."""
        return np.flatnonzero(self.kind == kind)

    def dealer_of(self, shops: Ints) -> Ints:
        """The site index of each shop's dealer."""
        return self.parent[shops]

    def number_of(self, dealer: int) -> int:
        """The number (from 0) of the dealer with this site index."""
        return dealer - self.first_dealer

    def markets(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the markets' centres."""
        return self.in_markets.lat, self.in_markets.lon


def kilometres(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Great-circle distances (haversine), in kilometres; the arguments broadcast."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    h = np.sin((phi_b - phi_a) / 2) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, h))))


def moved(lat: Floats, lon: Floats, km: Floats, bearing: Floats) -> tuple[Floats, Floats]:
    """Places ``km`` away at ``bearing`` (radians from north): exact on the sphere, any distance."""
    arc, phi = km / EARTH_RADIUS_KM, np.radians(lat)
    north = np.arcsin(np.sin(phi) * np.cos(arc) + np.cos(phi) * np.sin(arc) * np.cos(bearing))
    east = np.arctan2(np.sin(bearing) * np.sin(arc) * np.cos(phi), np.cos(arc) - np.sin(phi) * np.sin(north))
    return np.degrees(north), (lon + np.degrees(east) + 180) % 360 - 180


def build_network(settings: Settings, rng: np.random.Generator) -> Sites:
    """A network: dealers mostly in real cities, some with further cities, shops around these, volumes log-normal."""
    network = settings.network
    dealer_lat, dealer_lon = _dealer_places(settings, rng)
    hubs = rng.choice(
        network.dealers, size=network.plants + network.dcs, replace=network.plants + network.dcs > network.dealers
    )
    hub_lat, hub_lon = (
        dealer_lat[hubs] + rng.normal(0, 0.15, len(hubs)),
        dealer_lon[hubs] + rng.normal(0, 0.15, len(hubs)),
    )
    dc_first = network.plants
    dealer_first = dc_first + network.dcs
    to_dc = kilometres(
        dealer_lat[:, None], dealer_lon[:, None], hub_lat[None, network.plants :], hub_lon[None, network.plants :]
    )
    dealer_dc = dc_first + np.argmin(to_dc, axis=1)
    shop_dealer = np.repeat(np.arange(network.dealers), network.shops_per_dealer)
    markets = _cities(dealer_lat, dealer_lon, settings, rng)
    shop_market = _shop_markets(markets, shop_dealer, rng)
    away = rng.normal(0, network.shop_km, (2, len(shop_dealer)))
    away *= np.minimum(1.0, network.territory_km * 0.9 / np.maximum(np.hypot(*away), 1e-9))
    shop_lat, shop_lon = _offset(markets.lat[shop_market], markets.lon[shop_market], away)
    kind = np.repeat([PLANT, DC, DEALER, SHOP], [network.plants, network.dcs, network.dealers, len(shop_dealer)])
    parent = np.concatenate([np.full(network.plants, -1), np.zeros(network.dcs), dealer_dc, dealer_first + shop_dealer])
    return Sites(
        kind=kind.astype(np.int64),
        lat=np.concatenate([hub_lat, dealer_lat, shop_lat]),
        lon=np.concatenate([hub_lon, dealer_lon, shop_lon]),
        parent=parent.astype(np.int64),
        market=np.concatenate([np.full(dealer_first, -1), np.arange(network.dealers), shop_market]).astype(np.int64),
        weight=np.exp(rng.normal(0, network.population_log_sd, len(kind))),
        in_markets=markets,
        registered_km=network.registered_km,
    )


def _cities(lat: Floats, lon: Floats, settings: Settings, rng: np.random.Generator) -> Markets:
    """A market around each dealer, and around the further cities that it serves."""
    network, dealers = settings.network, len(lat)
    dealer = np.tile(np.arange(dealers), network.cities_per_dealer)
    city_lat, city_lon = lat[dealer], lon[dealer]
    rows = np.arange(dealers, len(dealer))
    for _ in range(_CITY_TRIES):
        km, bearing = (
            rng.uniform(network.city_least_km, network.city_most_km, len(rows)),
            rng.uniform(0, 2 * np.pi, len(rows)),
        )
        city_lat[rows], city_lon[rows] = moved(lat[dealer[rows]], lon[dealer[rows]], km, bearing)
        apart = kilometres(city_lat[rows, None], city_lon[rows, None], city_lat[None, :], city_lon[None, :])
        crowded = (apart < 2 * network.territory_km) & (np.arange(len(dealer))[None, :] != rows[:, None])
        rows = rows[crowded.any(axis=1)]
    population = np.exp(rng.normal(0, network.population_log_sd, len(dealer)))
    return Markets(city_lat, city_lon, dealer, population)


def _shop_markets(markets: Markets, dealers: Ints, rng: np.random.Generator) -> Ints:
    """Each shop's market, one of its dealer's, by population; none is without a shop."""
    shops = np.empty(len(dealers), dtype=np.int64)
    for dealer in np.unique(dealers):
        own, rows = markets.of(int(dealer)), np.flatnonzero(dealers == dealer)
        shops[rows] = own[chosen(markets.population[own], len(rows), rng)]
        shops[rows[: len(own)]] = own[: len(rows)]
    return shops


def _dealer_places(settings: Settings, rng: np.random.Generator) -> tuple[Floats, Floats]:
    network = settings.network
    cities = rng.permutation(len(CITIES))
    lat, lon = np.empty(network.dealers), np.empty(network.dealers)
    apart, number, tries = network.dealers_apart_km, 0, 0
    while number < network.dealers:
        city = CITIES[cities[tries % len(CITIES)]]
        place = np.array([city.latitude]), np.array([city.longitude])
        if tries >= len(CITIES) or rng.random() >= network.real_city_share:
            place = moved(*place, rng.uniform(90, 420, 1), rng.uniform(0, 2 * np.pi, 1))
        if number == 0 or kilometres(place[0], place[1], lat[:number], lon[:number]).min() >= apart:
            lat[number], lon[number] = place[0][0], place[1][0]
            number += 1
        tries += 1
        if tries % 500 == 0:
            apart *= 0.9  # the country is full: dealers move together
    return lat, lon


def _offset(lat: Floats, lon: Floats, km: Floats) -> tuple[Floats, Floats]:
    return lat + km[0] / KM_PER_DEGREE, lon + km[1] / (KM_PER_DEGREE * np.cos(np.radians(lat)))


def near(lat: Floats, lon: Floats, km: Floats | float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Places about ``km`` away: one standard deviation an axis."""
    return _offset(lat, lon, rng.normal(0, 1, (2, len(lat))) * km)


def transit_hours(
    sites: Sites, start: Ints, end: Ints, settings: Settings, seed: int, rng: np.random.Generator
) -> Floats:
    """How long each shipment from ``start`` to ``end`` takes in an ordinary week without a strike."""
    transport = settings.transport
    km = kilometres(sites.lat[start], sites.lon[start], sites.lat[end], sites.lon[end])
    air = (km > transport.air_from_km) & (uniform(seed, start, end) < transport.air_share)
    # The floor keeps the heavy tails from travelling faster than schemas.geodesy.least_travel_hours allows.
    floor = np.where(air, km / 850 + 2.5, km * 1.05 / 130) + 0.2
    typical = (
        np.where(air, km / transport.air_km_per_h + transport.air_ground_hours, km * 1.25 / transport.road_km_per_h)
        + transport.handover_hours
    )
    sd = _lane_log_sd(air, uniform(seed + 1, start, end), settings)
    heavy = np.where(air, rng.standard_t(transport.air_df, len(km)), rng.standard_t(transport.road_df, len(km)))
    residual = np.clip(sd * heavy * _T_SCALE, -transport.residual_most, transport.residual_most)
    return np.maximum(typical * np.exp(residual), floor)


def _lane_log_sd(air: Flags, rank: Floats, settings: Settings) -> Floats:
    """How much each lane's times vary: the standard deviation of the bulk of their logarithms, by the lane's rank."""
    transport = settings.transport
    low, middle, high = transport.road_log_sd_10, transport.road_log_sd_50, transport.road_log_sd_90
    # Beyond the measured points the logarithm goes on as steeply as inside.
    points = np.log([low**2 / middle, low, middle, high, high**2 / middle])
    road = np.exp(np.interp(rank, [0.0, 0.1, 0.5, 0.9, 1.0], points))
    flown = transport.air_log_sd_least + (transport.air_log_sd_most - transport.air_log_sd_least) * rank
    return np.asarray(np.where(air, flown, road))


def chosen(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """``count`` indexes drawn with these weights."""
    edges = np.cumsum(weights)
    drawn = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(weights) - 1), dtype=np.int64)


def gravity(sites: Sites) -> Floats:
    """For each market (row) the shares in which its far travellers spread over the others: population by distance."""
    lat, lon = sites.markets()
    population = sites.in_markets.population
    km = kilometres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    pull = population[None, :] / np.maximum(km, 100.0)
    np.fill_diagonal(pull, 0.0)
    return np.asarray(pull / pull.sum(axis=1, keepdims=True))


def travelled_to(pull: Floats, home: Ints, rng: np.random.Generator) -> Ints:
    """A destination market for each traveller from market ``home``."""
    edges = np.cumsum(pull, axis=1)
    draws = rng.random(len(home))
    rows: Flags = edges[home] < draws[:, None]
    return np.asarray(np.minimum(rows.sum(axis=1), pull.shape[1] - 1), dtype=np.int64)
