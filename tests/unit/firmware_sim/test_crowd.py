"""A crowd of invented phones is as large as it says, and the same for the same seed."""

from random import Random

from firmware_sim.adversary.crowd import CITIES, Crowd
from schemas.geodesy import Position, distance_km
from schemas.internet import is_public

URI = "https://example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"
NOW = 1_790_000_000_000_000
DAY = 24 * 3_600_000_000


def scans(crowd: Crowd, seed: int = 1) -> list[dict]:
    return list(crowd.scans(URI, NOW, Random(seed)))


def networks(some: list[dict]) -> set[str]:
    return {scan["address"].rpartition(".")[0] for scan in some}


def nearest(scan: dict) -> Position:
    where = Position(scan["latitude"], scan["longitude"], 0)
    return min(CITIES, key=lambda city: distance_km(city, where))


def test_a_crowd_has_as_many_networks_phones_cities_and_days_as_it_says() -> None:
    some = scans(Crowd(12, cities=3, days=4, phones=5))
    assert len(some) == 60
    assert len(networks(some)) == 12
    assert len({scan["handset"] for scan in some}) == 60
    assert {nearest(scan) for scan in some} == set(CITIES[:3])
    assert len({(NOW - scan["occurred_at"]) // DAY for scan in some}) == 4


def test_nothing_of_it_happens_later_than_now_and_all_addresses_are_public() -> None:
    some = scans(Crowd(700, cities=len(CITIES), days=30))
    assert max(scan["occurred_at"] for scan in some) < NOW
    assert all(is_public(scan["address"]) for scan in some)


def test_an_unplaced_crowd_without_cookies_tells_neither_place_nor_phone() -> None:
    assert all(
        scan.keys() == {"uri", "occurred_at", "address"} for scan in scans(Crowd(3, placed=False, cookies=False))
    )


def test_crowds_with_other_first_networks_share_none() -> None:
    assert not networks(scans(Crowd(50))) & networks(scans(Crowd(50, first_network=50)))


def test_the_same_seed_gives_the_same_crowd() -> None:
    assert scans(Crowd(5, days=2), 7) == scans(Crowd(5, days=2), 7) != scans(Crowd(5, days=2), 8)
