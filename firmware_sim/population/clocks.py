"""Readers' clocks and links: true times become what the devices write, and when it arrives."""

import numpy as np

from firmware_sim.population.columns import (
    Floats,
    Ints,
    Table,
    concatenated,
    hashed,
    uniform,
)
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_US, EPOCH_HOURS, HOUR_US

_EPOCH_US = EPOCH_HOURS * HOUR_US


def received_events(events: Table, settings: Settings, seed: int, rng: np.random.Generator) -> Table:
    """``events`` with the devices' own times, arrival times, sequence numbers and duplicates, in order of arrival."""
    parameters = settings.device
    true, device = events.ints("true_at"), events.ints("device")
    reader = device >= 0
    at = events.ints("at") + np.where(reader, _offsets(true, device, settings, seed), 0)
    bound = np.where(reader, np.where(uniform(seed, device, 4) < parameters.attested_share, 120, 900), 2)
    sent = np.maximum(true, true + (rng.exponential(parameters.upload_seconds, len(events)) * 1e6).astype(np.int64))
    received = np.where(reader, _uploaded(sent, device, settings, seed), sent)
    # An event that already has an arrival time keeps its times and its number.
    sealed = events.ints("received") > 0
    received = np.where(sealed, events.ints("received"), received)
    order = np.lexsort((true, device))
    order = order[~sealed[order]]
    rank = np.arange(len(order))
    starts = np.flatnonzero(np.diff(device[order], prepend=-2))
    rank -= np.repeat(starts, np.diff(starts, append=len(order)))
    sequence, digest = events.ints("sequence"), events.ints("digest")
    sequence[order] = rank
    fresh = hashed(seed, device[order], rank, events.ints("item")[order]).astype(np.int64)
    digest[order] = np.where(digest[order] != 0, digest[order], fresh)
    whole = events.changed(at=at, received=received, sequence=sequence, digest=digest, clock_bound_s=bound)
    doubled = np.flatnonzero(reader & (rng.random(len(events)) < parameters.duplicate_share))
    duplicates = whole.take(doubled)
    duplicates = duplicates.changed(
        received=duplicates.ints("received") + (rng.exponential(600, len(doubled)) * 1e6).astype(np.int64)
    )
    both = concatenated([whole, duplicates])
    return both.take(np.lexsort((both.ints("digest"), both.ints("received"))))


def _offsets(true: Ints, device: Ints, settings: Settings, seed: int) -> Ints:
    """By how many microseconds each event's device was wrong: a fixed skew, and a drift until the clock is set."""
    parameters = settings.device
    skewed = uniform(seed, device, 1) < parameters.skew_share
    shape = _normal(uniform(seed, device, 2), uniform(seed, device, 3))
    skew = np.where(skewed, shape * parameters.skew_hours * HOUR_US, 0.0)
    drifting = uniform(seed, device, 5) < parameters.drift_share
    span = parameters.drift_days * DAY_US
    begin = _EPOCH_US + uniform(seed, device, 6) * max(settings.goods.horizon_days * DAY_US - span, 0.0)
    since = np.where((true >= begin) & (true < begin + span), true - begin, 0.0)
    drift = np.where(drifting, since / DAY_US * parameters.drift_minutes_per_day * 60e6, 0.0)
    return np.asarray(np.rint(skew + drift), dtype=np.int64)


def _uploaded(sent: Ints, device: Ints, settings: Settings, seed: int) -> Ints:
    """Arrival times: a device that is offline from the start of a day sends all when it is back."""
    parameters, received = settings.device, sent.copy()
    day = (sent - _EPOCH_US) // DAY_US
    for back in range(int(parameters.offline_most_hours // 24) + 1):
        begun = day - back
        hours = parameters.offline_least_hours + (
            parameters.offline_most_hours - parameters.offline_least_hours
        ) * uniform(seed, device, begun, 8)
        end = np.asarray(_EPOCH_US + begun * DAY_US + hours * HOUR_US, dtype=np.int64)
        offline = (uniform(seed, device, begun, 7) < parameters.offline_share) & (sent < end)
        received = np.where(offline, np.maximum(received, end), received)
    return received


def _normal(u: Floats, v: Floats) -> Floats:
    """Standard normal draws from two uniform ones (Box and Muller 1958)."""
    return np.asarray(np.sqrt(-2 * np.log(np.maximum(u, 1e-300))) * np.cos(2 * np.pi * v))
