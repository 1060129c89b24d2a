"""What stands for a client's network."""

from datetime import UTC, datetime, timedelta

from resolver.access import client_network

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


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
