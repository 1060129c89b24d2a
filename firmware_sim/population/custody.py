"""Events of readers and tills at sites: who had an item when, as true times; clocks go wrong later."""

from firmware_sim.population.columns import Audience, Column, Floats, Ints, Source, Step, Table, table
from firmware_sim.population.network import Sites
from firmware_sim.population.world_time import to_microseconds
from firmware_sim.world.catalogue import SITE_RADIUS_M


def sales(item: Ints, shop: Ints, at: Floats, sites: Sites, **truth: float | Ints) -> Table:
    """What the tills of ``shop`` report at ``at`` hours. A till is a device of its own beside the shop's reader."""
    return _events(item, shop, at, Step.SELLING, sites, device=shop + len(sites.kind), **truth)


def handovers(item: Ints, site: Ints, at: Floats, step: Step, sites: Sites, **truth: float | Ints) -> Table:
    """What the readers of ``site`` report of items that come or go at ``at`` hours. A site's reader has its index."""
    return _events(item, site, at, step, sites, device=site, **truth)


def _events(
    item: Ints, site: Ints, at: Floats, step: Step, sites: Sites, *, device: Ints, **truth: float | Ints
) -> Table:
    when = to_microseconds(at)
    values: dict[str, Column | float] = {
        "item": item,
        "at": when,
        "true_at": when,
        "device": device,
        "step": int(step),
        "site": site,
        "lat": sites.lat[site],
        "lon": sites.lon[site],
        "radius_m": SITE_RADIUS_M,
        "source": int(Source.SITE),
        "audience": int(Audience.EDGE),
    }
    return table(len(item), {**values, **truth})
