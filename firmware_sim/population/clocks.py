"""Readers' clocks and links: true times become what the devices write, and when it arrives."""

import numpy as np

from firmware_sim.population.columns import (
    Floats,
    Ints,
    Table,
    concatenated,
    even,
    hashed,
)
from firmware_sim.population.flow import EPOCH_HOURS, HOUR
from firmware_sim.population.settings import Settings

_DAY_US = 24 * HOUR
_EPOCH_US = int(EPOCH_HOURS) * HOUR


def witnessed(events: Table, settings: Settings, seed: int, rng: np.random.Generator) -> Table:
    """``events`` with the devices' own times, arrival times, sequence numbers and doubles, in order of arrival."""
    d = settings.device
    true, device = events.ints("true_at"), events.ints("device")
    reader = device >= 0
    at = events.ints("at") + np.where(reader, _offsets(true, device, settings, seed), 0)
    bound = np.where(reader, np.where(even(seed, device, 4) < d.attested_share, 120, 900), 2)
    sent = np.maximum(true, true + (rng.exponential(d.upload_seconds, len(events)) * 1e6).astype(np.int64))
    received = np.where(reader, _uploaded(sent, device, settings, seed), sent)
    # What was captured and sent again has its own times already.
    sealed = events.ints("received") > 0
    received = np.where(sealed, events.ints("received"), received)
    order = np.lexsort((true, device))
    order = order[~sealed[order]]
    rank = np.arange(len(order))
    starts = np.flatnonzero(np.diff(device[order], prepend=-2))
    rank -= np.repeat(starts, np.diff(starts, append=len(order)))
    sequence, digest = events.ints("sequence"), events.ints("digest")
    sequence[order] = rank
    digest[order] = hashed(seed, device[order], rank, events.ints("item")[order]).astype(np.int64)
    whole = events.changed(at=at, received=received, sequence=sequence, digest=digest, clock_bound_s=bound)
    doubled = np.flatnonzero(reader & (rng.random(len(events)) < d.duplicate_share))
    again = whole.take(doubled)
    again = again.changed(received=again.ints("received") + (rng.exponential(600, len(doubled)) * 1e6).astype(np.int64))
    both = concatenated([whole, again])
    return both.take(np.lexsort((both.ints("digest"), both.ints("received"))))


def _offsets(true: Ints, device: Ints, settings: Settings, seed: int) -> Ints:
    """By how much each event's device was wrong, in microseconds: a fixed skew, or a drift until somebody sets it."""
    d = settings.device
    skewed = even(seed, device, 1) < d.skew_share
    shape = _normal(even(seed, device, 2), even(seed, device, 3))
    skew = np.where(skewed, shape * d.skew_hours * HOUR, 0.0)
    drifting = even(seed, device, 5) < d.drift_share
    span = d.drift_days * _DAY_US
    begin = _EPOCH_US + even(seed, device, 6) * max(settings.goods.horizon_days * _DAY_US - span, 0.0)
    since = np.where((true >= begin) & (true < begin + span), true - begin, 0.0)
    drift = np.where(drifting, since / _DAY_US * d.drift_minutes_per_day * 60e6, 0.0)
    return np.asarray(np.rint(skew + drift), dtype=np.int64)


def _uploaded(sent: Ints, device: Ints, settings: Settings, seed: int) -> Ints:
    """Arrival times: a device that is offline from the start of a day sends all when it is back."""
    d, received = settings.device, sent.copy()
    day = (sent - _EPOCH_US) // _DAY_US
    for back in range(int(d.offline_most_hours // 24) + 1):
        begun = day - back
        hours = d.offline_least_hours + (d.offline_most_hours - d.offline_least_hours) * even(seed, device, begun, 8)
        end = np.asarray(_EPOCH_US + begun * _DAY_US + hours * HOUR, dtype=np.int64)
        offline = (even(seed, device, begun, 7) < d.offline_share) & (sent < end)
        received = np.where(offline, np.maximum(received, end), received)
    return received


def _normal(u: Floats, v: Floats) -> Floats:
    """Standard normal draws from two even ones (Box and Muller 1958)."""
    return np.asarray(np.sqrt(-2 * np.log(np.maximum(u, 1e-300))) * np.cos(2 * np.pi * v))
