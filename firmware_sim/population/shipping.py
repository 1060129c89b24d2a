"""Shipments between sites: how long they take, how long items stay between two, and what readers see at both ends."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, Step, Table, concatenated
from firmware_sim.population.custody import handovers
from firmware_sim.population.network import DC, DEALER, Sites, transit_hours
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS

_HOLIDAY_AT_SHARE, _HOLIDAY_DAYS = 0.6, 7
"""The holiday week begins when this share of the production's days is over."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Shipments from site ``start`` to site ``end``, one a row; hours of the world at which they leave and arrive."""

    start: Ints
    end: Ints
    leave: Floats
    reach: Floats

    def take(self, rows: Ints) -> "Leg":
        """The chosen shipments."""
        return Leg(self.start[rows], self.end[rows], self.leave[rows], self.reach[rows])


class Shipping:
    """Draws shipments and readings. In a strike (a stress) one dealer, chosen by the seed, is served slowly."""

    def __init__(self, settings: Settings, sites: Sites, seed: int, rng: np.random.Generator) -> None:
        self._settings, self._sites, self._seed, self._rng = settings, sites, seed, rng
        dealers = sites.of_kind(DEALER)
        self._struck = int(dealers[seed % len(dealers)])

    def leg(self, start: Ints, end: Ints, leave: Floats) -> Leg:
        """Shipments that leave then, with the times that they arrive."""
        transport, production_days = self._settings.transport, self._settings.goods.production_days
        hours = transit_hours(self._sites, start, end, self._settings, self._seed, self._rng)
        first_day = production_days * _HOLIDAY_AT_SHARE
        holiday: Flags = (leave >= first_day * DAY_HOURS) & (leave < (first_day + _HOLIDAY_DAYS) * DAY_HOURS)
        struck: Flags = (self._sites.kind[start] == DC) & (end == self._struck)
        hours = (
            hours * np.where(holiday, transport.holiday_factor, 1.0) * np.where(struck, transport.strike_factor, 1.0)
        )
        return Leg(start, end, leave, leave + hours)

    def dwell_hours(self, count: int) -> Floats:
        """How long each of ``count`` shipments stays at a distribution centre or a dealer."""
        transport = self._settings.transport
        return np.asarray(transport.dwell_days * DAY_HOURS * np.exp(self._rng.normal(0, transport.dwell_log_sd, count)))

    def readings(self, item: Ints, case: Ints, leg: Leg) -> Table:
        """What readers report of items shipped by ``leg``, row by row: shipping at its start, receiving at its end."""
        shipped, received = self._read(case), self._read(case)
        return concatenated(
            [
                handovers(item[shipped], leg.start[shipped], leg.leave[shipped], Step.SHIPPING, self._sites),
                handovers(item[received], leg.end[received], leg.reach[received], Step.RECEIVING, self._sites),
            ]
        )

    def _read(self, case: Ints) -> Flags:
        """Which rows the readers do not miss: a miss takes one item, or the whole case."""
        transport = self._settings.transport
        missed = 1 - transport.read_rate
        whole = missed * transport.whole_case_share
        single = (missed - whole) / (1 - whole)
        lost = self._rng.random(int(case.max(initial=0)) + 1) < whole
        return np.asarray(~lost[case] & (self._rng.random(len(case)) >= single))
