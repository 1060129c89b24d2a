"""Crimes against the system itself: guessed codes, a reader's wrong clock, captured messages that are sent again."""

from dataclasses import replace

import numpy as np

from firmware_sim.population.addresses import Addresses, mobile, tunnels
from firmware_sim.population.columns import Flags, Floats, Ints, Step, Table, concatenated
from firmware_sim.population.draft import Crime, Draft
from firmware_sim.population.network import DC, DEALER
from firmware_sim.population.phones import across, scan_events, strangers
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS, DAY_US, HOUR_US
from firmware_sim.world.scenario import Scenario

_NO_ITEMS = np.empty(0, dtype=np.int64)


def enumeration(draft: Draft, rng: np.random.Generator) -> Draft:
    """S7: somebody tries codes from one network address or from many; no guess is a code that was made."""
    parameters = draft.settings.enumeration
    begin = 0.5 * draft.settings.goods.horizon_days * DAY_HOURS
    at = np.sort(begin + rng.uniform(0, parameters.minutes / 60, parameters.guesses))
    lat, lon = across(draft.country, parameters.sources, rng)
    source = rng.integers(0, parameters.sources, parameters.guesses)
    phone = strangers(parameters.sources, rng)
    address = _guessers(draft, phone, lat, lon, rng)
    # The digest stands for the serial that was tried: in sequence or at random.
    tried = np.arange(parameters.guesses) if parameters.sequential else rng.integers(0, 1 << 60, parameters.guesses)
    guesses = scan_events(
        draft.country,
        phone[source],
        phone[source],
        np.full(parameters.guesses, -1),
        lat[source],
        lon[source],
        at,
        shares=False,
        scenario=int(Scenario.ENUMERATION),
        actor=draft.actor,
        network=address.network[source],
        operator=address.operator[source],
        digest=tried,
    )
    return draft.with_crime(Crime(Scenario.ENUMERATION, _NO_ITEMS), guesses)


def _guessers(draft: Draft, phone: Ints, lat: Floats, lon: Floats, rng: np.random.Generator) -> Addresses:
    """Where guesses come from: tunnels, or the mobile networks that honest phones use too."""
    among = rng.random(len(phone)) < draft.settings.enumeration.mobile_share
    return mobile(draft.country, phone, lat, lon).where(among, tunnels(draft.country, phone))


def clock(draft: Draft, rng: np.random.Generator) -> Draft:
    """S8: one reader's clock is set wrong, or begins to drift, at a busy site."""
    parameters, sites, events = draft.settings.clock, draft.sites, draft.events
    device, true, step = events.ints("device"), events.ints("true_at"), events.ints("step")
    able = np.flatnonzero((sites.kind == DC) | (sites.kind == DEALER))
    busy = np.bincount(device[(device >= 0) & (step == Step.RECEIVING)], minlength=len(sites.kind))[able]
    reader = int(able[np.argsort(-busy, kind="stable")[rng.integers(0, max(1, len(able) // 2))]])
    own = np.sort(true[(device == reader) & (step == Step.RECEIVING)])
    begin = int(own[int(rng.uniform(0.2, 0.6) * len(own))]) - HOUR_US
    span = parameters.days * DAY_US
    hit: Flags = (device == reader) & (true >= begin) & (true < begin + span)
    drift = (true - begin) / DAY_US * parameters.drift_minutes_per_day * 60e6
    shift = drift if parameters.drift_minutes_per_day else np.full(len(events), parameters.hours * HOUR_US)
    at = events.ints("at") + np.where(hit, shift, 0).astype(np.int64)
    scenario = np.where(hit, int(Scenario.CLOCK), events.ints("scenario"))
    actor = np.where(hit, draft.actor, events.ints("actor"))
    touched = np.unique(events.ints("item")[hit])
    crime = Crime(Scenario.CLOCK, touched, reader, devices=(reader,))
    changed = events.changed(at=at, scenario=scenario, actor=actor)
    return replace(draft, events=changed).with_crime(crime)


def replayed(events: Table, settings: Settings, actor: int, rng: np.random.Generator) -> tuple[Table, Crime]:
    """S6: captured messages of readers are sent again later, as they were or under a new sequence number."""
    parameters = settings.replay
    rows = np.flatnonzero((events.ints("device") >= 0) & (events.ints("step") >= Step.RECEIVING))
    taken = rng.permutation(rows)[: parameters.messages]
    replays = events.take(taken)
    received = replays.ints("received") + int(parameters.delay_minutes * 60e6)
    sequence = replays.ints("sequence") + (10_000_000 if parameters.fresh_sequence else 0)
    device = replays.ints("device") + (10_000_000 if parameters.other_client else 0)
    replays = replays.changed(
        received=received,
        sequence=sequence,
        device=device,
        scenario=np.full(len(taken), int(Scenario.REPLAY)),
        actor=np.full(len(taken), actor),
    )
    both = concatenated([events, replays])
    ordered = both.take(np.lexsort((both.ints("digest"), both.ints("received"))))
    return ordered, Crime(Scenario.REPLAY, np.unique(replays.ints("item")))
