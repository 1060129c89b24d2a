"""What stands for a client's network."""

from datetime import UTC, datetime, timedelta

import pytest

from resolver.access import client_network

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)

HOME = "114.114.114.7"


def test_the_network_of_a_scan_has_one_name_for_a_quarter_and_another_one_after_it():
    name = client_network.scan_network(b"k", HOME, NOW)
    assert name == client_network.scan_network(b"k", "114.114.114.250", NOW.replace(month=1, day=1))
    assert name == client_network.scan_network(b"k", f"::ffff:{HOME}", NOW.replace(day=31))
    assert len(name) == 16
    others = [
        client_network.scan_network(b"k", HOME, NOW.replace(month=4)),
        client_network.scan_network(b"k", HOME, NOW.replace(year=2027)),
        client_network.scan_network(b"k", "114.114.115.7", NOW),
        client_network.scan_network(b"other", HOME, NOW),
        client_network.pseudonym(b"k", client_network.block(HOME), NOW),
    ]
    assert len({name, *others}) == 1 + len(others)


@pytest.mark.parametrize("address", [None, "testclient", "127.0.0.1", "10.1.2.3", "::1", "fd00::1"])
def test_an_address_that_is_no_public_one_stands_for_nobodys_network(address):
    assert client_network.scan_network(b"k", address, NOW) is None


def test_ipv4_addresses_of_a_socket_for_both_protocols_are_not_one_network():
    assert client_network.block("::ffff:203.0.113.77") == "203.0.113.0/24"


def test_a_networks_name_hides_it_and_changes_every_day():
    assert client_network.block("203.0.113.77") == "203.0.113.0/24"
    assert client_network.block("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert client_network.block("testclient") == client_network.block(None) == "unknown"
    today, later = (
        client_network.pseudonym(b"k", "n", NOW),
        client_network.pseudonym(b"k", "n", NOW + timedelta(hours=15)),
    )
    assert today == later
    assert today != client_network.pseudonym(b"k", "n", NOW + timedelta(days=1))
    assert today != client_network.pseudonym(b"l", "n", NOW)


@pytest.mark.parametrize(
    ("address", "own"), [("127.0.0.1", True), ("::1", True), ("203.0.113.7", False), ("10.0.0.1", False), (None, False)]
)
def test_the_machine_itself_is_known_by_its_address(address, own):
    assert client_network.is_own_machine(address) is own
