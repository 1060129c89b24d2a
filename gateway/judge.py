"""Evaluation of items by the rules, in the transaction that stored their events: lock, evaluate, write.

A rule is a fold over an item's history in event time (:mod:`gateway.rules.fold`). If every new event is later than the
last evaluated one, evaluation resumes from the saved state; otherwise the item's whole history is re-evaluated. Both
give the same findings, so that nothing depends on the order in which events arrive
(docs/adr/0004-judging-the-whole-history.md).
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.authority.custody import START, Custody
from gateway.authority.settling import Claim, settle
from gateway.rules import unit_folds
from gateway.rules.claims import foreign_claims
from gateway.rules.fold import Conclusion, FirstScan, Fold
from gateway.rules.history import History, Market
from gateway.rules.judgement import Concerned, Judgement, begin, proceed
from gateway.rules.territory import lane_excess
from gateway.store import assessment_due, claimed_events, claims, findings, lanes, sites
from gateway.store.claims import ItemClaim
from gateway.store.connection import Connection
from gateway.store.event_row import EventRow
from gateway.store.findings import Owned
from gateway.store.histories import family_histories, gained_histories, histories
from gateway.store.incidents import regroup
from gateway.store.item_lock import lock_items
from gateway.store.item_state import ItemState
from gateway.store.judged_item import JudgedItem, save_states
from gateway.store.touched import Touched
from schemas.event import Audience
from schemas.subject import ClaimsSubject, LaneSubject

RuleFailed = Callable[[str], None]
"""Called with a rule's name when it raised: the event is stored all the same, and the failure counted."""

_log = logging.getLogger(__name__)


def judge(
    connection: Connection,
    rows: Sequence[EventRow],
    *,
    now: int,
    all_new: bool,
    rule_failed: RuleFailed,
    changed: Collection[str] = (),
) -> None:
    """Evaluate every item of ``rows``, which this transaction stored, and the contents of containers among them.

    ``now``: when they were recorded, in microseconds (:func:`gateway.store.events.store`).
    ``all_new``: none of the rows had been stored before; only then is it known what each item gained. ``changed``:
    other subjects whose alerts this transaction has changed, so that incidents are regrouped once.
    """
    markets = sites.markets(connection)
    gained = gained_histories(connection, rows, now) if all_new else None
    locked = lock_items(connection, Touched.by(rows), markets)
    families = families_spoken_of(locked.by_others, locked.parents)
    plan = split(locked.states, gained, families)
    read = histories(connection, plan.unread, locked.since, locked.until)
    read |= family_histories(connection, plan.in_families, locked.goods, locked.since, locked.until)
    plants = sites.plants(connection, {state.unit.owner_org for state in locked.states})
    rules = Rules(unit_folds(tuple(markets.values()), plants), rule_failed)
    outcome = resume(rules, plan.resumed, (gained or {}) | read)
    outcome.merge(re_evaluate(rules, plan.re_evaluated, read))
    changed = {*changed, *write(connection, outcome, markets, families | locked.by_others)}
    regroup(connection, changed, outcome.first_scans.keys())


@dataclass(frozen=True, slots=True)
class Plan:
    """Which items are evaluated how, and the stored events that this takes."""

    resumed: list[ItemState]
    re_evaluated: list[ItemState]
    unread: dict[str, int | None]
    """Items whose stored history has to be read, each from after a time in microseconds; None: from its beginning."""
    in_families: list[str]
    """Those of them where it has to be asked as well who had the item when: read whole, and apart."""


def split(states: Sequence[ItemState], gained: Mapping[str, History] | None, by_others: AbstractSet[str]) -> Plan:
    """Resume every item of which all that is new is later than what was evaluated; re-evaluate the others.

    ``gained``: what each item gained by its own events; None: not known, so that nothing can be resumed. ``by_others``:
    items in whose containers others had a say (:func:`families_spoken_of`).
    """
    plan = Plan([], [], {}, [])
    for state in states:
        item = state.unit.item_id
        if item in by_others and (
            gained is None or state.changed_since is not None or not _can_resume(state, gained.get(item, ()))
        ):
            plan.re_evaluated.append(state)
            plan.in_families.append(item)
        elif gained is None or not _can_resume(state, gained.get(item, ())):
            plan.re_evaluated.append(state)
            plan.unread[item] = None
        else:
            plan.resumed.append(state)
            if state.changed_since is not None:
                plan.unread[item] = state.evaluated_until
    return plan


def families_spoken_of(by_others: AbstractSet[str], parents: Mapping[str, Collection[str]]) -> set[str]:
    """Items that were in a container at some time, where others than the owner spoke of them or of what they were in.

    ``parents``: the containers that each locked item was ever in. None where owners alone have spoken, as at a plant.
    """
    if not by_others:
        return set()
    spoken_of = set(by_others)
    while more := {item for item in parents.keys() - spoken_of if not spoken_of.isdisjoint(parents[item])}:
        spoken_of |= more
    return {item for item in spoken_of if parents.get(item)}


def _can_resume(state: ItemState, gained: History) -> bool:
    if state.changed_since is not None:
        return state.evaluated_until is not None and state.changed_since > state.evaluated_until
    if not gained:
        return False
    if state.judgement is None:  # an item that nothing is known of resumes from the first state of every fold
        return state.events == 0 and not state.was_contained
    return state.judgement.until is None or gained[0].place_in_order > state.judgement.until


class Evaluation(NamedTuple):
    """One item after it was evaluated: its judgement, what followed, and what is no fact about it."""

    judgement: Judgement
    conclusions: Sequence[Conclusion]
    claims: Sequence[Claim]


@dataclass(slots=True)
class Outcome:
    """What evaluation led to, as :func:`write` stores it. ``findings`` are behind their owners."""

    judged: list[JudgedItem] = field(default_factory=list)
    findings: list[Owned] = field(default_factory=list)
    first_scans: dict[str, tuple[str, FirstScan | None]] = field(default_factory=dict)
    """Where items were first scanned by a consumer, behind their owners; None: nowhere, as far as is known now."""
    scanned: set[str] = field(default_factory=set)
    """Items with scans by consumers: their evidence is to be re-assessed."""
    claims: list[ItemClaim] = field(default_factory=list)
    """What is no fact about the judged items: all of those that were re-evaluated, what is new of the others."""
    re_evaluated: list[str] = field(default_factory=list)
    """Items of which ``findings`` has all that stand; of other items it has those that are new."""

    def add(
        self,
        state: ItemState,
        sightings: History,
        evaluation: Evaluation,
        *,
        re_evaluated: bool,
    ) -> None:
        """Add one item's: what was evaluated of it, the state after that, and what followed."""
        unit = state.unit
        if re_evaluated:
            self.first_scans[unit.item_id] = (unit.owner_org, None)
        if evaluation.claims:
            self.claims += [ItemClaim(unit.item_id, unit.owner_org, claim) for claim in evaluation.claims]
        for conclusion in evaluation.conclusions:
            if isinstance(conclusion, FirstScan):
                self.first_scans[unit.item_id] = (unit.owner_org, conclusion)
            else:
                self.findings.append((unit.owner_org, conclusion))
        own = [sighting for sighting in sightings if sighting.via is None]
        scans = [sighting.audience for sighting in own].count(Audience.CONSUMER)
        if scans:
            self.scanned.add(unit.item_id)
        self.judged.append(
            JudgedItem(
                item_id=unit.item_id,
                judgement=evaluation.judgement,
                facts_digest=state.facts_digest,
                first=own[0].occurred_at if own else None,
                last=own[-1].occurred_at if own else None,
                events=len(own),
                scans=scans,
                re_evaluated=re_evaluated,
            )
        )

    def merge(self, other: "Outcome") -> None:
        """Add another outcome, which is of other items."""
        self.judged += other.judged
        self.findings += other.findings
        self.first_scans |= other.first_scans
        self.scanned |= other.scanned
        self.claims += other.claims
        self.re_evaluated += other.re_evaluated


class Rules:
    """The folds that evaluate items. Which of them concern an item is settled once for all with the same facts."""

    def __init__(self, folds: Sequence[Fold], rule_failed: RuleFailed) -> None:
        self.start = begin(folds)
        self._folds = folds
        self._rule_failed = rule_failed
        self._by_facts: dict[str, Concerned] = {}

    def evaluate(self, state: ItemState, before: Judgement, sightings: History) -> Evaluation:
        """What ``sightings``, all of them later than ``before``, lead to. The rules are given the facts among them."""
        folds = self._by_facts.get(state.facts_digest)
        if folds is None:
            folds = self._by_facts[state.facts_digest] = Concerned(self._folds, state.unit)
        had = START if before.custody == START else Custody(*before.custody)
        facts, claims, custody = settle(state.goods, had, sightings)
        states, conclusions = proceed(folds, state.unit, before.states, facts, self._failed)
        return Evaluation(Judgement(states, sightings[-1].place_in_order, custody), conclusions, claims)

    def _failed(self, rule: str, error: Exception) -> None:
        _log.error("rule %s failed", rule, exc_info=error)
        self._rule_failed(rule)


def resume(rules: Rules, states: Sequence[ItemState], news: Mapping[str, History]) -> Outcome:
    """Evaluate what is new of items, each from its saved state."""
    outcome = Outcome(scanned={state.unit.item_id for state in states if state.scans})
    for state in states:
        # Nothing is new where a container was observed while the item was not in it.
        if sightings := news[state.unit.item_id]:
            evaluation = rules.evaluate(state, state.judgement or rules.start, sightings)
            outcome.add(state, sightings, evaluation, re_evaluated=False)
    return outcome


def re_evaluate(rules: Rules, states: Sequence[ItemState], whole: Mapping[str, History]) -> Outcome:
    """Evaluate items' whole histories, each from the beginning."""
    outcome = Outcome(
        scanned={state.unit.item_id for state in states if state.scans},
        re_evaluated=[state.unit.item_id for state in states],
    )
    for state in states:
        if sightings := whole[state.unit.item_id]:
            outcome.add(state, sightings, rules.evaluate(state, rules.start, sightings), re_evaluated=True)
    return outcome


def write(
    connection: Connection, outcome: Outcome, markets: Mapping[str, Market], by_others: AbstractSet[str]
) -> set[str]:
    """Store findings, item states, claims, items to re-assess, first scans, and what these change in lanes.

    ``by_others``: the items about which there may be claims. Returns the subjects whose alerts changed.
    """
    changed: set[str] = set()
    re_evaluated = set(outcome.re_evaluated)
    findings.add(connection, [owned for owned in outcome.findings if owned[1].subject not in re_evaluated], changed)
    standing = [owned for owned in outcome.findings if owned[1].subject in re_evaluated]
    findings.conclude(connection, outcome.re_evaluated, standing, changed)
    save_states(connection, outcome.judged)
    for owner_org, reader_org in claims.save(connection, sorted(re_evaluated & by_others), outcome.claims):
        subject = str(ClaimsSubject(owner_org, reader_org))
        said = claimed_events.by_day(connection, owner_org, reader_org)
        findings.conclude(
            connection, [subject], [(owner_org, found) for found in foreign_claims(subject, said)], changed
        )
    assessment_due.note(connection, outcome.scanned)
    for (owner_org, dealer_id), changes in sorted(lanes.note_first_scans(connection, outcome.first_scans).items()):
        scans, counts = lanes.change_lanes(connection, owner_org, dealer_id, changes)
        subjects = [str(LaneSubject(owner_org, dealer_id, market_id)) for market_id in sorted(markets)]
        excess = [(owner_org, finding) for finding in lane_excess(owner_org, dealer_id, scans, counts)]
        findings.conclude(connection, subjects, excess, changed)
    return changed
