"""Crimes against the system itself: guessed codes, a reader's clock, captured messages sent again."""

from dataclasses import replace

import numpy as np

from firmware_sim.population.columns import Flags, Scenario, Step, Table, concatenated
from firmware_sim.population.crimes import Crime, Draft
from firmware_sim.population.flow import DAY, HOUR
from firmware_sim.population.network import DC, DEALER
from firmware_sim.population.phones import ADDRESSES, across, looks, new_phones
from firmware_sim.population.settings import Settings

_NO_ITEMS = np.empty(0, dtype=np.int64)


def enumeration(draft: Draft, rng: np.random.Generator) -> Draft:
    """S7: somebody tries codes, from one address or from many. A guess is a code that nobody made."""
    e, sites = draft.settings.enumeration, draft.sites
    begin = 0.5 * draft.settings.goods.horizon_days * DAY
    at = np.sort(begin + rng.uniform(0, e.minutes / 60, e.guesses))
    place = across(sites, e.sources, rng)
    source = rng.integers(0, e.sources, e.guesses)
    phones = new_phones(e.sources, sites, draft.settings, rng).take(source)
    # Sequential guesses are told from random ones by the numbers tried, which the digest stands for.
    tried = np.arange(e.guesses) if e.sequential else rng.integers(0, 1 << 60, e.guesses)
    seen = looks(
        phones,
        np.full(e.guesses, -1),
        place[0][source],
        place[1][source],
        at,
        scenario=int(Scenario.ENUMERATION),
        actor=draft.actor,
        address=ADDRESSES + 1 + source,
        digest=tried,
    )
    return draft.with_crime(Crime(Scenario.ENUMERATION, _NO_ITEMS), seen)


def clock(draft: Draft, rng: np.random.Generator) -> Draft:
    """S8: one reader's clock is set wrong, or begins to drift, while goods change hands."""
    c, sites, events = draft.settings.clock, draft.sites, draft.events
    device, true, step = events.ints("device"), events.ints("true_at"), events.ints("step")
    able = np.flatnonzero((sites.kind == DC) | (sites.kind == DEALER))
    busy = np.bincount(device[(device >= 0) & (step == Step.RECEIVING)], minlength=len(sites.kind))[able]
    reader = int(able[np.argsort(-busy, kind="stable")[rng.integers(0, max(1, len(able) // 2))]])
    own = np.sort(true[(device == reader) & (step == Step.RECEIVING)])
    begin = int(own[int(rng.uniform(0.2, 0.6) * len(own))]) - HOUR
    span = c.days * DAY * HOUR
    hit: Flags = (device == reader) & (true >= begin) & (true < begin + span)
    drift = (true - begin) / (24 * HOUR) * c.drift_minutes_per_day * 60e6
    shift = drift if c.drift_minutes_per_day else np.full(len(events), c.hours * HOUR)
    at = events.ints("at") + np.where(hit, shift, 0).astype(np.int64)
    scenario = np.where(hit, int(Scenario.CLOCK), events.ints("scenario"))
    actor = np.where(hit, draft.actor, events.ints("actor"))
    touched = np.unique(events.ints("item")[hit])
    crime = Crime(Scenario.CLOCK, touched, reader, devices=(reader,))
    changed = events.changed(at=at, scenario=scenario, actor=actor)
    return replace(draft, events=changed).with_crime(crime)


def replayed(seen: Table, settings: Settings, actor: int, rng: np.random.Generator) -> tuple[Table, Crime]:
    """S6: captured messages of readers, sent again later: as they were, or under a new number."""
    r = settings.replay
    rows = np.flatnonzero((seen.ints("device") >= 0) & (seen.ints("step") >= Step.RECEIVING))
    taken = rng.permutation(rows)[: r.messages]
    again = seen.take(taken)
    received = again.ints("received") + int(r.delay_minutes * 60e6)
    sequence = again.ints("sequence") + (10_000_000 if r.fresh_sequence else 0)
    device = again.ints("device") + (10_000_000 if r.other_client else 0)
    again = again.changed(
        received=received,
        sequence=sequence,
        device=device,
        scenario=np.full(len(taken), int(Scenario.REPLAY)),
        actor=np.full(len(taken), actor),
    )
    both = concatenated([seen, again])
    ordered = both.take(np.lexsort((both.ints("digest"), both.ints("received"))))
    return ordered, Crime(Scenario.REPLAY, np.unique(again.ints("item")))
