"""Crowds of phones that nobody holds: scans of a code from some networks, in some cities, on some days. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from schemas.geodesy import Position

_DAY_US = 24 * 3_600_000_000
_FIRST_BLOCK = 36 << 16
"""36.0.0.0/8 and what follows are public addresses, of many operators."""

CITIES: Sequence[Position] = (
    Position(30.66, 104.06, 0),  # Chengdu
    Position(31.23, 121.47, 0),  # Shanghai
    Position(45.80, 126.53, 0),  # Harbin
    Position(23.13, 113.26, 0),  # Guangzhou
    Position(43.82, 87.62, 0),  # Urumqi
    Position(36.06, 103.83, 0),  # Lanzhou
    Position(38.04, 114.51, 0),  # Shijiazhuang
    Position(25.04, 102.71, 0),  # Kunming
)
SHANGHAI, HARBIN, KUNMING = 1, 2, 7
"""Some of them."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """``phones`` in each of ``networks`` (IPv4 /24), spread over ``cities`` and ``days``.

    ``placed``: each phone claims a position in its city, by GPS; otherwise it tells none. ``cookies``: each keeps an
    install id; otherwise each scan is by a client that nobody has seen. ``first_network`` lets crowds differ,
    ``first_city`` where they are.
    """

    networks: int
    cities: int = 1
    days: int = 1
    phones: int = 1
    placed: bool = True
    cookies: bool = True
    first_network: int = 0
    first_city: int = 0

    def scans(self, uri: str, until: int, rng: Random) -> Iterator[dict[str, Any]]:
        """The crowd's scans of ``uri`` as bodies of POST /scans, the last of them before ``until`` (microseconds)."""
        for network in range(self.networks):
            block = _FIRST_BLOCK + self.first_network + network
            city = CITIES[self.first_city + network % self.cities]
            day = network * self.days // self.networks if self.networks >= self.days else network
            for phone in range(self.phones):
                at = until - (self.days - day) * _DAY_US + rng.randrange(_DAY_US - 60_000_000)
                host = 1 + phone % 250
                scan: dict[str, Any] = {
                    "uri": uri,
                    "occurred_at": at,
                    "address": f"{block >> 16}.{block >> 8 & 255}.{block & 255}.{host}",
                }
                if self.cookies:
                    scan["handset"] = f"{rng.getrandbits(128):032x}"
                if self.placed:
                    scan |= {
                        "latitude": round(city.latitude + rng.uniform(-0.05, 0.05), 6),
                        "longitude": round(city.longitude + rng.uniform(-0.05, 0.05), 6),
                        "accuracy_m": 30.0,
                        "source": "gps",
                    }
                yield scan
