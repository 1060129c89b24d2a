"""What the bound on strangers costs: the share of items that enough of them have looked at."""

import numpy as np

from firmware_sim.population.columns import Source, Step, table
from firmware_sim.population.world_time import DAY_US
from scripts.commands.evaluate.strangers_heard import sufficient

ENOUGH = [0, 0, 5 * DAY_US, 5 * DAY_US, 10 * DAY_US]


def looks(networks, at):
    count = len(networks)
    columns = {
        "item": np.full(count, 7),
        "step": np.full(count, int(Step.SCAN)),
        "network": np.array(networks),
        "operator": np.arange(count) % 2,
        "handset": np.arange(count) + 100,
        "at": np.array(at),
        "received": np.array(at),
        "source": np.full(count, int(Source.GPS)),
        "radius_m": np.full(count, 100.0),
        "lat": 30.0 + 2.0 * np.arange(count),
        "lon": np.full(count, 110.0),
    }
    return table(count, columns)


def test_an_item_is_heard_of_enough_when_its_networks_regions_and_days_suffice_in_time():
    five = looks([1, 2, 3, 4, 5], ENOUGH)
    assert sufficient(five, {7: 10 * DAY_US}) == 1, "whichever of them is the buyer's, four others are elsewhere"
    assert sufficient(five, {7: 9 * DAY_US}) == 0, "the fifth came later"
    assert sufficient(five, {8: 10 * DAY_US}) == 0, "they looked at another item"
    assert sufficient(looks([1, 1, 1, 1, 1], ENOUGH), {7: 10 * DAY_US}) == 0, "one network is one voice"
