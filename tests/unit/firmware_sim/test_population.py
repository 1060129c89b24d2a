"""Large worlds: repeatable, honest about their numbers, and labelled apart from what is seen."""

import numpy as np
import pytest

from firmware_sim.population.columns import SEEN, TRUTH, Source, Step
from firmware_sim.population.network import DEALER, SHOP, kilometres, transit_hours
from firmware_sim.population.settings import load_settings
from firmware_sim.population.world import ATTACKS, scanned, worlds
from firmware_sim.world.scenario import Scenario

SMALL = load_settings().with_values(
    {"goods.items": 12_000, "goods.lot_least": 400, "goods.lot_most": 1500, "clone.codes": 30, "theft.roll": 200}
)


def world(scenario: str = "S0", seed: int = 3, **changes):
    settings = SMALL.of_seed(seed).with_values({key.replace("__", "."): value for key, value in changes.items()})
    return next(iter(worlds(settings, seed, [scenario])))


@pytest.fixture(scope="module")
def clean():
    return world()


def test_the_same_seed_gives_the_same_world_byte_for_byte(clean):
    assert world().events.digest() == clean.events.digest()
    assert world(seed=4).events.digest() != clean.events.digest()


def test_what_is_seen_holds_no_truth(clean):
    assert set(clean.events.seen().columns) == set(SEEN)
    assert not set(SEEN) & set(TRUTH)


def test_worlds_differ_in_topology_and_numbers():
    first, second = SMALL.of_seed(1), SMALL.of_seed(2)
    assert first.network != second.network
    assert 0.05 <= first.travel.share <= 0.07


def test_events_come_in_order_of_arrival_and_none_before_it_happened(clean):
    received = clean.events.ints("received")
    assert (np.diff(received) >= 0).all()
    assert (received >= clean.events.ints("true_at")).all()


def test_shares_are_those_that_were_asked_for(clean):
    events, items = clean.events, clean.items
    tills = np.unique(events.ints("item")[events.ints("step") == Step.SELLING])
    assert len(tills) / np.isfinite(items.sold).sum() == pytest.approx(0.70, abs=0.02)
    known = scans_of(world(location__known_share=1.0, location__vpn_share=0.0, location__unplaced_share=0.3))
    phones, first = np.unique(known.ints("phone"), return_index=True)
    assert (known.ints("source")[first] == Source.NONE).mean() == pytest.approx(0.3, abs=0.04)
    assert len(phones) > 1000
    assert 0.1 < len(scanned(clean)) / len(items) < 0.25


def scans_of(world):
    events = world.events
    return events.take((events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0))


def items_by_phone(world):
    scans = scans_of(world)
    pairs = np.unique(np.stack([scans.ints("phone"), scans.ints("item")]), axis=1)
    return np.unique(pairs[0], return_counts=True)[1]


@pytest.mark.parametrize("source", [Source.MOBILE_IP, Source.FIXED_IP])
def test_a_network_seems_to_be_in_the_same_wrong_place_whoever_uses_it(clean, source):
    scans = scans_of(clean)
    scans = scans.take(scans.ints("source") == source)
    networks, users = np.unique(
        np.unique(np.stack([scans.ints("network"), scans.ints("phone")]), axis=1)[0], return_counts=True
    )
    shared = networks[users > 1]
    assert len(shared) > 5
    for network in shared:
        mine = scans.ints("network") == network
        assert len(np.unique(scans.floats("lat")[mine])) == 1


def test_a_phone_is_wrong_by_the_same_distance_wherever_it_scans(clean):
    scans = scans_of(clean)
    scans = scans.take((scans.ints("source") == Source.GPS) & (scans.ints("scenario") == 0))
    pairs = np.stack([scans.ints("phone"), scans.ints("item")])
    repeated, counts = np.unique(pairs, axis=1, return_counts=True)
    for phone, item in repeated[:, counts == 2].T[:50]:
        lat = scans.floats("lat")[(pairs[0] == phone) & (pairs[1] == item)]
        assert abs(lat[0] - lat[1]) < 0.1


def test_people_buy_again_and_by_the_pack_as_often_as_asked():
    alone = world(consumer__repeat_share=0.0, consumer__pack_share=0.0, consumer__bulk_share=0.0)
    assert (np.unique(alone.items.household[alone.items.household >= 0], return_counts=True)[1] == 1).all()
    loyal = world(consumer__repeat_share=0.5, consumer__pack_share=0.0, consumer__bulk_share=0.0)
    bought = loyal.items.household[loyal.items.household >= 0]
    first_at_shop = len(np.unique(loyal.items.shop[loyal.items.household >= 0]))
    repeated = 1 - (len(np.unique(bought)) - first_at_shop) / (len(bought) - first_at_shop)
    assert repeated == pytest.approx(0.5, abs=0.03)
    assert items_by_phone(loyal).mean() > 1.3 * items_by_phone(alone).mean()


def test_what_is_bought_as_a_pack_is_sold_at_once():
    packs = world(consumer__repeat_share=0.0, consumer__pack_share=0.5)
    sold = packs.items.household >= 0
    _, first, units = np.unique(packs.items.household[sold], return_index=True, return_counts=True)
    of_pack = packs.items.household[sold][first[units == packs.settings.consumer.pack_units]]
    assert len(of_pack) > 50
    for household in of_pack[:20]:
        assert len(np.unique(packs.items.sold[packs.items.household == household])) == 1


@pytest.mark.parametrize("share", [0.02, 0.4])
def test_a_third_phone_follows_a_second_one_as_often_as_asked(share):
    varied = world(
        consumer__further_handset_share=share,
        consumer__second_handset_share=0.3,
        consumer__bulk_share=0.0,
        consumer__shop_prescan_share=0.0,
        consumer__viral_per_100k=0.0,
        consumer__venues=0,
    )
    scans = scans_of(varied)
    pairs = np.unique(np.stack([scans.ints("item"), scans.ints("phone")]), axis=1)
    phones = np.unique(pairs[0], return_counts=True)[1]
    assert (phones >= 3).sum() / (phones >= 2).sum() == pytest.approx(share, abs=0.06)


def test_without_places_only_networks_are_known():
    unplaced = world("S0-unplaced", **{"goods.items": 3000})
    scans = scans_of(unplaced)
    assert (scans.ints("source") == Source.NONE).all()
    assert not scans.floats("lat").any()
    assert (scans.ints("network") >= 0).all()


def test_without_a_file_of_networks_only_shared_places_are_known_and_each_follows_a_load_without_one():
    scans = scans_of(world("S0-no_file", consumer__cookieless_share=0.0, **{"goods.items": 3000}))
    assert set(np.unique(scans.ints("source"))) == {Source.COARSE, Source.NONE}
    shared = scans.take((scans.ints("source") == Source.COARSE) & (scans.ints("step") == Step.SCAN))
    loads = scans.take(scans.ints("source") == Source.NONE)
    known = set(
        zip(loads.ints("handset").tolist(), loads.ints("item").tolist(), loads.ints("at").tolist(), strict=True)
    )
    columns = (shared.ints("handset").tolist(), shared.ints("item").tolist(), (shared.ints("at") - 20_000_000).tolist())
    assert set(zip(*columns, strict=True)) <= known


def test_a_phone_that_keeps_no_cookie_is_another_handset_at_each_load():
    forgetful = scans_of(world(consumer__cookieless_share=1.0, **{"goods.items": 3000}))
    loads = np.stack([forgetful.ints("phone"), forgetful.ints("at")])
    handsets = np.stack([*loads, forgetful.ints("handset")])
    assert len(np.unique(handsets, axis=1).T) == len(np.unique(loads, axis=1).T)
    assert len(np.unique(forgetful.ints("handset"))) > 1.5 * len(np.unique(forgetful.ints("phone")))


def test_a_place_that_is_shared_on_the_page_follows_its_load_by_the_same_handset(clean):
    scans = scans_of(clean).take(scans_of(clean).ints("step") == Step.SCAN)
    shared = np.flatnonzero(scans.ints("source") == Source.COARSE)
    keys = set(zip(scans.ints("phone").tolist(), scans.ints("item").tolist(), scans.ints("at").tolist(), strict=True))
    for row in shared[:200]:
        loaded = int(scans.ints("phone")[row]), int(scans.ints("item")[row]), int(scans.ints("at")[row]) - 20_000_000
        assert loaded in keys


def test_copies_are_bought_by_regular_customers_too():
    attacked = world("S1", network__dealers=6, consumer__repeat_share=0.9, consumer__scan_share=0.4)
    scans = scans_of(attacked)
    fake = np.unique(scans.ints("phone")[scans.ints("scenario") == Scenario.CLONE])
    genuine = np.unique(scans.ints("phone")[scans.ints("scenario") == Scenario.GENUINE])
    assert 0.05 < np.isin(fake, genuine).mean() < 1


def test_guessers_sit_in_networks_that_honest_phones_use():
    attacked = world("S7", enumeration__sources=20, enumeration__mobile_share=1.0)
    events = attacked.events
    guilty = events.ints("scenario") == Scenario.ENUMERATION
    honest = events.ints("network")[~guilty & (events.ints("network") >= 0)]
    assert np.isin(np.unique(events.ints("network")[guilty]), honest).any()


@pytest.mark.parametrize("scenario", [name for name in ATTACKS if name not in ("S3", "S5")] + ["S3-F20", "S5-10", "S6"])
def test_each_crime_is_labelled_and_leaves_honest_items_to_accuse_wrongly(scenario):
    attacked = world(scenario, network__dealers=8)
    assert len(attacked.crimes) == 1
    labelled = attacked.events.ints("scenario") > 0
    assert labelled.any()
    assert len(attacked.crimes[0].items) or scenario == "S7"
    assert (attacked.events.ints("actor")[labelled] == 0).all()
    assert len(scanned(attacked)) > 1000


def test_copies_are_sold_in_foreign_markets_and_at_home_when_asked():
    abroad, home = world("S1"), world("S3-F20")
    dealer = abroad.sites.number_of(abroad.crimes[0].dealer)
    assert not set(abroad.crimes[0].markets) & set(abroad.sites.in_markets.of(dealer).tolist())
    dealer = home.sites.number_of(home.crimes[0].dealer)
    assert set(home.crimes[0].markets) == set(home.sites.in_markets.of(dealer).tolist())
    assert home.crimes[0].scenario is Scenario.HOME


def test_diverted_goods_are_seen_by_no_reader_behind_their_dealer():
    attacked = world("S5-10")
    crime, events = attacked.crimes[0], attacked.events
    mine = np.isin(events.ints("item"), crime.items) & (events.ints("step") <= Step.SELLING)
    assert not (events.ints("site")[mine] >= attacked.sites.first_shop).any()


def test_crimes_can_be_mixed():
    mixed = world("S1+S4")
    assert [crime.scenario for crime in mixed.crimes] == [Scenario.CLONE, Scenario.THEFT]
    assert set(np.unique(mixed.events.ints("actor"))) == {-1, 0, 1}
    assert (scans_of(world("S1@unplaced+S4")).ints("source") == Source.NONE).all()
    with pytest.raises(ValueError, match="no stress 'rain'"):
        world("S1@rain")
    with pytest.raises(ValueError, match="no scenario 'S99'"):
        world("S99")


def test_a_dealer_may_serve_several_cities_far_from_other_dealers_and_shops_stand_in_all_of_them():
    sites = world(network__cities_per_dealer=3, **{"goods.items": 1000}).sites
    markets, shops = sites.in_markets, sites.of_kind(SHOP)
    assert len(markets) == 3 * len(sites.of_kind(DEALER))
    for number, dealer in enumerate(sites.of_kind(DEALER).tolist()):
        own = shops[sites.parent[shops] == dealer]
        assert set(sites.market[own]) == set(markets.of(number))
    lat, lon = sites.markets()
    shop = sites.lat[shops], sites.lon[shops]
    km = kilometres(*shop, lat[sites.market[shops]], lon[sites.market[shops]])
    assert km.max() <= SMALL.of_seed(3).network.territory_km


def test_dealers_are_as_far_apart_as_asked_while_there_is_room():
    for apart in (60.0, 300.0):
        network = {"dealers_apart_km": apart, "dealers": 16, "cities_per_dealer": 1}
        sites = world(**{f"network.{name}": value for name, value in network.items()}, **{"goods.items": 1000}).sites
        lat, lon = sites.markets()
        km = kilometres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        assert km[~np.eye(len(lat), dtype=bool)].min() >= apart


def test_lanes_vary_as_measured_ones_and_their_times_have_heavy_tails():
    country = world(**{"goods.items": 1000})
    sites, settings = country.sites, country.settings.with_values({"transport.air_share": 0.0})
    rng = np.random.default_rng(5)
    spread, beyond = [], []
    for start, end in zip(sites.parent[sites.first_shop :], range(sites.first_shop, len(sites.kind)), strict=True):
        lane = np.full(200, start), np.full(200, end)
        hours = np.log(transit_hours(sites, *lane, settings, 3, rng))
        off = np.abs(hours - np.median(hours))
        spread.append(1.4826 * np.median(off))
        beyond.append((off > 3 * spread[-1]).mean())
    # Early times have a floor, so that the narrowest half of the distribution is the late one.
    assert np.quantile(spread, 0.5) == pytest.approx(0.21, rel=0.35)
    assert np.quantile(spread, 0.9) / np.quantile(spread, 0.1) > 4
    assert 0.03 < np.mean(beyond) < 0.15


def test_honest_people_scan_unknown_codes_in_many_ways(clean):
    many = world(
        unknown__misprints_per_100k=20.0,
        unknown__garblers_per_100k=40.0,
        unknown__robots_per_100k=20.0,
        unknown__line_tests_per_100k=20.0,
    )
    events = many.events
    unknown = events.take(events.ints("item") < 0)
    assert (unknown.ints("scenario") == 0).all()
    assert len(unknown) > 10 * (clean.events.ints("item") < 0).sum()
    _, tried = np.unique(unknown.ints("digest"), return_counts=True)
    assert (tried > 1).any()
    networks = np.unique(np.stack([unknown.ints("network"), unknown.ints("digest")]), axis=1)[0]
    assert np.unique(networks, return_counts=True)[1].max() >= 10
