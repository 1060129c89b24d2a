"""The gateway itself as a judge under test: its transactions, its rules and its own assessing, on a real PostgreSQL.

What is easier than life is said beside every figure (:data:`EASIER_THAN_LIFE`).
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from firmware_sim.population.columns import Ints, Table
from firmware_sim.population.world import World
from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from gateway.evidence.suspicion import (
    Subject,
    SuspectedDumping,
    SuspectedItem,
    SuspectedLane,
    SuspectedReader,
    SuspectedRoll,
    SuspectedSite,
    SuspectedSource,
)
from gateway.ingest.transaction import take_batches, take_scans
from gateway.store.connection import connect
from gateway.store.staging import prepare
from schemas import subject as subjects
from schemas.assessed import ASSESSED
from schemas.moment import to_datetime
from scripts.commands.evaluate.gateway_path_events import WorldEvents
from scripts.commands.evaluate.gateway_path_store import Alarm, PlayedStore
from scripts.commands.evaluate.judge_protocol import Alert, registry_of

EASIER_THAN_LIFE = (
    "messages are taken as verified: no signature is made or checked, and what a changed signature would refuse"
    " (an unknown reader, a clock beyond the tolerance) is refused by the player",
    "readers stand at their own sites and are of a class that may say what they say: nothing is refused at the door",
    "dealers have the maker's mandate for custody, unless --without-mandates is given",
    "codes are known by number: no serial is sealed or unsealed",
    "a day's arrivals go in together; the moments of arrival are written afterwards, before assessing reads them",
    "batches are registered and commissioned before the world begins",
    "goods are observed one by one: worlds have no cases or pallets that carry observations",
    "assessing runs at the end of days, not every second",
)

_MESSAGES_A_TRANSACTION = 2_000
_SCANS_A_TRANSACTION = 1_000
ALERT, WATCH = 2.0, 1.0
"""Scores from which on an item was an alert, or a watch, of either family; log odds decide among equals."""
_MOST_NATS = 1e3

_Value = TypeVar("_Value")


class GatewayJudge:
    """A :class:`~scripts.commands.evaluate.judge_protocol.Judge` that is the gateway. Use it as a context manager.

    Assesses after every ``assess_days`` days of arrivals, and once more when it is asked for findings. ``mandates``:
    whether the maker lets its dealers speak of custody.
    """

    def __init__(self, world: World, store: PlayedStore, assess_days: int = 1, *, mandates: bool = True) -> None:
        registry = registry_of(world)
        store.register(world, registry, mandates=mandates)
        self._store, self._assess_days = store, assess_days
        self._events = WorldEvents(world, registry)
        self._first_dealer = world.sites.first_dealer
        self._connection = connect(store.gateway_dsn)
        prepare(self._connection)
        # 180 days, as in production: what the harness remembers for ever is forgotten.
        self._worker = AssessmentWorker(store.gateway_dsn, Pace(1.0, 2_000, 100, timedelta(days=180)), AssessMetrics())
        self._day, self._now, self._assessed = 0, 0, False
        self._rows = 0
        self._sent: list[tuple[int, str]] = []
        self._refused: list[int] = []
        self._history: dict[Subject, list[tuple[int, float]]] = {}
        self._latest: dict[Subject, Alarm] = {}
        self.rules: dict[Subject, set[str]] = {}
        """By subject the rules, of both families, that ever raised an alert about it."""
        self.accused: dict[str, int] = {}
        """By rule how many subjects other than items it ever raised an alert about."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def observe(self, events: Table) -> None:
        """Take in a day's arrivals, and assess when it is time to."""
        if not len(events):
            return
        self._now = int(events.ints("received").max())
        arrivals = self._events.take(events)
        self._refused += arrivals.refused
        self._sent += [(row, str(batch.events[0].event_id)) for row, batch in arrivals.batches]
        for batches in _pages([batch for _, batch in arrivals.batches], _MESSAGES_A_TRANSACTION):
            with self._connection.transaction():
                take_batches(self._connection, batches, now=self._now, rule_failed=_failed, live=False)
        received = events.ints("received").tolist()
        self._store.received(
            [
                (each.checked.item_id, to_datetime(each.event.occurred_at), str(each.event_id), to_datetime(arrived))
                for row, batch in arrivals.batches
                for each, arrived in [(batch.events[0], received[row - self._rows])]
            ]
        )
        self._rows += len(events)
        self._store.deliver([scan for _, scan in arrivals.scans])
        self._store.open([opening for _, opening in arrivals.openings])
        self._drain()
        self._day += 1
        self._assessed = False
        if self._day % self._assess_days == 0:
            self._assess()

    def _drain(self) -> None:
        codes = self._events.codes
        while True:
            with self._connection.transaction():
                taken = take_scans(
                    self._connection, _SCANS_A_TRANSACTION, codes, now=self._now, rule_failed=_failed
                ).counters
            if taken.received < _SCANS_A_TRANSACTION:
                return

    def findings(self) -> list[Alert]:
        """Everything that is suspected, and what was: with the times at which its score changed."""
        if not self._assessed:
            self._assess()
        return [self._alert(subject, alarm) for subject, alarm in sorted(self._latest.items(), key=_by_subject)]

    def set_aside(self) -> Ints:
        """Arrival numbers of readers' events that the gateway did not store, or had stored before."""
        stored, seen, aside = self._store.stored(), set[str](), set(self._refused)
        for row, event in self._sent:
            if event in seen or event not in stored:
                aside.add(row)
            seen.add(event)
        return np.array(sorted(aside), dtype=np.int64)

    def claims_share(self) -> float:
        """The share of readers' events that were claims: not theirs to say."""
        return self._store.claims() / max(len(self._sent), 1)

    def incidents(self) -> int:
        """How many incidents were opened."""
        return self._store.incidents()

    def _assess(self) -> None:
        """Run the gateway's own assessing, and note what stands now, and what was raised since."""
        self._worker.run_once()
        self._assessed = True
        scores: dict[Subject, float] = {}
        others: dict[str, set[str]] = {}
        for alarm in self._store.alarms():
            subject = _subject(alarm, self._first_dealer)
            if alarm.level == "alert" and not isinstance(subject, SuspectedItem):
                others.setdefault(alarm.rule, set()).add(alarm.subject)
            if subject is None:
                continue
            if alarm.level == "alert":
                self.rules.setdefault(subject, set()).add(alarm.rule)
            # An alert that was taken back has been raised all the same, so that it is noted even when it is gone.
            if alarm.standing or (alarm.level == "alert" and subject not in self._history):
                score = _score(alarm)
                if score >= scores.get(subject, 0.0):
                    scores[subject], self._latest[subject] = score, alarm
        self.accused = {rule: len(named) for rule, named in sorted(others.items())}
        for subject in self._history.keys() | scores.keys():
            history, score = self._history.setdefault(subject, []), scores.get(subject, 0.0)
            if not history or history[-1][1] != score:
                history.append((self._now, score))

    def _alert(self, subject: Subject, alarm: Alarm) -> Alert:
        history = tuple(self._history[subject])
        score = history[-1][1]
        kind = "stolen" if isinstance(subject, SuspectedRoll) else _KINDS.get(alarm.rule, alarm.kind)
        level = "alert" if score >= ALERT else "watch" if score >= WATCH else "fact"
        since = next((at for at, value in history if value >= ALERT), history[0][0])
        numbers = {name: float(value) for name, value in alarm.details.items() if isinstance(value, int | float)}
        named = isinstance(subject, SuspectedItem)
        return Alert(
            subject,
            kind,
            level,
            score,
            since,
            (subject.item,) if isinstance(subject, SuspectedItem) else (),
            alarm.confidence if named else None,
            history,
            numbers,
        )


_KINDS = {"refilled_evidence": "refilled", "before_commissioning": "stolen", "dumped_lot": "dumping"}
"""By rule the kind of crime in the words of the measures, where a finding's kind is a wider one."""


def is_assessed(rule: str) -> bool:
    """Whether a rule is one of assessing, not of the transaction."""
    return rule in ASSESSED


def _score(alarm: Alarm) -> float:
    nats = alarm.details.get("nats", 0.0)
    base = ALERT if alarm.level == "alert" else WATCH
    within = min(max(float(nats), 0.0), _MOST_NATS) if isinstance(nats, int | float) else 0.0
    # Of two findings about one subject that of assessing tells more: its score comes a hair higher.
    return base + within / (_MOST_NATS + 1) + 1e-6 * is_assessed(alarm.rule)


def _subject(alarm: Alarm, first_dealer: int) -> Subject | None:
    """The finding's subject by the world's numbers; None for one that no measure asks about."""
    subject: Subject | None = None
    match subjects.parse_subject(alarm.subject):
        case subjects.ItemSubject(item_id) if (serial := item_id.rpartition("/")[2]).isdigit():
            subject = SuspectedItem(int(serial))
        case subjects.LaneSubject(_, dealer, market):
            subject = SuspectedLane(int(dealer, 16) - first_dealer, int(market[1:]))
        case subjects.RollSubject(_, lot, number):
            subject = SuspectedRoll(lot, number)
        case subjects.DumpingSubject(_, market):
            subject = SuspectedDumping(int(market[1:]))
        case subjects.SourceSubject(source):
            subject = SuspectedSource(str(int(source, 16)))
        case subjects.ReaderSubject(_, reader):
            subject = SuspectedReader(str(int(reader[1:], 16)))
        case subjects.SiteSubject(site):
            subject = SuspectedSite(site)
    return subject


def _by_subject(entry: tuple[Subject, Alarm]) -> str:
    return str(entry[0])


def _pages(values: Sequence[_Value], size: int) -> Iterator[Sequence[_Value]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _failed(rule: str) -> None:
    logging.getLogger(__name__).error("rule %s failed", rule)
