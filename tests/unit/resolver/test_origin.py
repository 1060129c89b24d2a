"""Where a request comes from: what the phone says, what its network says, and how the two are held together."""

from datetime import UTC, datetime

import pytest

from resolver.ip_place.facts import AddressFacts, NetworkKind
from resolver.ip_place.places import IpPlaces
from resolver.scan.origin import Origins, ScanPlace
from schemas.errors import Misconfigured
from tests.support.address_files import write_mmdb
from tests.support.served import NOWHERE, resolver_services

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOME, MOBILE, RENTED, RENTED_TOO, UNKNOWN = "61.139.2.1", "61.139.3.1", "120.24.1.1", "120.25.9.9", "1.2.3.4"
CHENGDU = (30.7, 104.1)
HERE = ScanPlace(30.66, 104.06, 100.0, "gps")
HARBIN = ScanPlace(45.8, 126.5, 100.0, "gps")


class Table:
    """Facts by the beginning of an address."""

    def facts(self, address) -> AddressFacts | None:
        kinds = {"61.139.2": NetworkKind.FIXED, "61.139.3": NetworkKind.MOBILE, "120.2": NetworkKind.HOSTING}
        kind = next((kind for beginning, kind in kinds.items() if str(address).startswith(beginning)), None)
        operator = "AS37963" if kind is NetworkKind.HOSTING else "AS4134"
        return None if kind is None else AddressFacts(CHENGDU, 100_000, kind, operator, "CN-SC")


@pytest.fixture
def origins() -> Origins:
    return Origins(b"k", IpPlaces([Table()]))


def test_a_phone_that_shares_no_place_is_where_its_network_is(origins: Origins) -> None:
    assert origins.of(HOME, NOW).place == ScanPlace(*CHENGDU, 100_000, "fixed_ip")
    assert origins.of(MOBILE, NOW).place == ScanPlace(*CHENGDU, 300_000, "mobile_ip")
    assert origins.of(UNKNOWN, NOW).place is None
    assert origins.of(HOME, NOW).operator == "AS4134"


def test_a_shared_place_counts_as_it_is_unless_its_network_is_elsewhere_for_certain(origins: Origins) -> None:
    assert origins.of(HOME, NOW, HERE).place == HERE
    doubted = origins.of(HOME, NOW, HARBIN).place
    assert doubted is not None
    assert (doubted.latitude, doubted.source) == (45.8, "gps")
    assert doubted.radius_m == pytest.approx(2_500_000, rel=0.05), "it reaches as far as the network's place"
    assert origins.of(UNKNOWN, NOW, HARBIN).place == HARBIN
    assert origins.of(RENTED, NOW, HARBIN).place == HARBIN, "a data centre says nothing of who is behind it"
    assert origins.of(None, NOW, HARBIN).place == HARBIN


def test_all_addresses_that_can_be_rented_of_one_provider_are_one_network(origins: Origins) -> None:
    assert origins.of(RENTED, NOW).network == origins.of(RENTED_TOO, NOW).network
    assert origins.of(HOME, NOW).network not in {None, origins.of(MOBILE, NOW).network, origins.of(RENTED, NOW).network}


def test_a_resolver_reads_the_files_that_its_setting_names_and_does_not_start_without_them(tmp_path) -> None:
    record = {
        "country": {"iso_code": "CN"},
        "location": {"latitude": 30.7, "longitude": 104.1},
        "city": {"names": {"en": "C"}},
    }
    places = write_mmdb(tmp_path / "places.mmdb", {"61.139.2.0/24": record})
    systems = write_mmdb(tmp_path / "systems.mmdb", {"61.139.0.0/16": {"autonomous_system_number": 4134}})
    services = resolver_services(NOWHERE, tmp_path, ip_places=f"{places}, {systems}")
    found = services.origins.of(HOME, NOW)
    assert (found.place, found.operator) == (ScanPlace(*CHENGDU, 300_000, "mobile_ip"), "AS4134")
    with pytest.raises(Misconfigured, match=r"gone\.mmdb"):
        resolver_services(NOWHERE, tmp_path, ip_places=str(tmp_path / "gone.mmdb"))
