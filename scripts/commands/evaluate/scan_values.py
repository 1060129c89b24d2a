"""Scans in columns as the values that the evidence is made of."""

from collections.abc import Iterator

from firmware_sim.population.columns import Source, Step, Table
from gateway.evidence.item import Scan
from schemas.event import LocationSource

_SOURCES = {
    Source.SITE: LocationSource.SITE.value,
    Source.GPS: LocationSource.GPS.value,
    Source.COARSE: LocationSource.COARSE.value,
    Source.FIXED_IP: LocationSource.FIXED_IP.value,
    Source.MOBILE_IP: LocationSource.MOBILE_IP.value,
    Source.NONE: "",
}


def scan_values(scans: Table) -> Iterator[tuple[int, Scan]]:
    """Each scan or opening with its item, row by row. An empty ``source`` means that there is no position."""
    names = ("item", "at", "handset", "clock_bound_s", "step", "pair", "network", "operator", "source")
    columns = [scans.ints(name).tolist() for name in names]
    places = [scans.floats(name).tolist() for name in ("lat", "lon", "radius_m")]
    for item, at, handset, bound, step, pair, network, operator, source, lat, lon, radius_m in zip(
        *columns, *places, strict=True
    ):
        line = f"{network:x}", str(operator), _SOURCES[source]
        yield item, Scan(at, f"{handset:x}", lat, lon, radius_m / 1000, bound, step == Step.OPENING, pair, *line)
