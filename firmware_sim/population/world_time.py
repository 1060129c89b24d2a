"""A population's time: hours since 2026-01-01T00:00Z as floats; events carry microseconds since 1970 instead."""

import numpy as np

from firmware_sim.population.columns import Floats, Ints
from firmware_sim.world.catalogue import DAY, HOUR

HOUR_US, DAY_US = HOUR, DAY
"""Microseconds of an hour and of a day."""
DAY_HOURS = 24.0
EPOCH_HOURS = 490_896
"""Hours from 1970-01-01T00:00Z to 2026-01-01T00:00Z."""


def to_microseconds(hours: Floats) -> Ints:
    """Hours of the world as microseconds since 1970."""
    return np.asarray(np.rint((hours + EPOCH_HOURS) * HOUR_US), dtype=np.int64)
