"""Assesses what has changed, behind the transaction that stored it (ADR 11).

Exactly one worker is active: the holder of an advisory lock (:mod:`gateway.leader`). A whole pass over an owner's goods
starts from all their evidence, so that killed and restarted it finds the same. Between two of them, and while one is
under way, changed items are weighed alone in the context that the last one left (ADR 19).
"""

import logging
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from gateway.assess.assessment import Registered, assess, reports
from gateway.assess.metrics import AssessMetrics
from gateway.assess.standing import Standing
from gateway.evidence.model import fitted_model
from gateway.leader import Job, Leader, reason_of
from gateway.store import assessment as store
from gateway.store import assessment_due, findings, incidents, item_evidence, sites
from gateway.store.connection import Connection, connect, is_usable
from gateway.store.errors import StoreError
from gateway.store.territories import dealer_territories
from schemas.errors import SuyuanError
from schemas.finding import Finding

_JOB = Job(lock=0x5355_5941, waiting="assessing has to wait", retry_s=2.0, standby_s=2.0)  # "SUYA"
_SWEEP_S = 600.0
"""What is registered changes without an event: every owner's goods are assessed so often."""
_PAGE_SIZE = 500
"""Subjects concluded in one transaction, so that their locks last milliseconds."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between queries for changes, items a transaction, percent of one core, and how far back scans count."""

    turn_s: float
    batch: int
    share: int
    window: timedelta


class AssessmentWorker:
    """``database_url``: the store, as role suyuan_gateway."""

    def __init__(self, database_url: str, pace: Pace, metrics: AssessMetrics) -> None:
        self._database_url, self._pace, self.metrics = database_url, pace, metrics
        self._leader = Leader(
            _JOB,
            database_url,
            self._serve,
            active=metrics.active.set,
            failed=self._sweep_next,
        )
        self._dirty: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._changed: dict[str, set[str]] = {}
        self._since: dict[str, set[str]] = {}
        self._standing: dict[str, Standing] = {}
        self._under_way: tuple[str, Future[None]] | None = None
        self._swept: float | None = None

    def stop(self) -> None:
        """Let :meth:`run` return."""
        self._leader.stop()

    def run(self) -> None:
        """Assess whenever this process is the leader, until :meth:`stop`; a store that is away is retried."""
        self._leader.run()

    def run_once(self) -> int:
        """Read all changes and assess all owners' goods once; returns the number of findings."""
        with connect(self._database_url) as connection:
            while self._read_changes(connection):
                pass
            self._read_opened(connection)
            return sum(self._pass(connection, owner) for owner in item_evidence.owners(connection))

    def run_changes(self) -> None:
        """Read all changes and weigh them as between whole passes, of which this worker has run one."""
        with connect(self._database_url) as connection:
            while self._read_changes(connection):
                self._weigh_changed(connection)

    def _group_pending(self, connection: Connection) -> None:
        """Group the incidents from before there were groups (ADR 20)."""
        grouped = _PAGE_SIZE
        while grouped:
            with connection.transaction():
                grouped = incidents.regroup_pending(connection, _PAGE_SIZE)

    def _sweep_next(self) -> None:
        """Assess all owners' goods next: what was read before the failure may not have been concluded."""
        self._swept, self._under_way = None, None
        self._since.clear()

    def _serve(self, connection: Connection) -> None:
        with ThreadPoolExecutor(1, "assess") as threads:
            while not self._leader.stopping.is_set():
                read = self._read_changes(connection)
                now = time.monotonic()
                if self._swept is None or now - self._swept >= _SWEEP_S:
                    self._read_opened(connection)
                    self._dirty.update(item_evidence.owners(connection))
                    self._group_pending(connection)
                    self._swept = now
                self._weigh_changed(connection)
                self._finish(connection)
                self._begin(threads, now)
                if read < self._pace.batch:
                    self._leader.stopping.wait(self._pace.turn_s)

    def _begin(self, threads: Executor, now: float) -> None:
        """Begin a whole pass over the goods of an owner that has changes and whose turn it is; one at a time."""
        due = [(self._not_before.get(owner, 0.0), owner) for owner in self._dirty]
        if self._under_way is not None or not due:
            return
        # Who has waited longest comes first: goods that fail again and again keep nobody else's waiting.
        not_before, owner = min(due)
        if now >= not_before:
            self._dirty.discard(owner)
            self._since[owner] = set()
            self._under_way = owner, threads.submit(self._assess_in_turn, owner)

    def _finish(self, connection: Connection) -> None:
        """Weigh anew, in the context that a whole pass has left, what changed while it was under way."""
        if self._under_way is None or not self._under_way[1].done():
            return
        owner, _ = self._under_way
        self._under_way = None
        changed = self._since.pop(owner, set())
        if changed:
            self._changed.setdefault(owner, set()).update(changed)
            self._weigh_changed(connection)

    def _assess_in_turn(self, owner: str) -> None:
        """A whole pass over an owner's goods, in a thread of its own with a connection of its own."""
        started = time.monotonic()
        try:
            with connect(self._database_url) as connection:
                self._pass(connection, owner)
        except (StoreError, SuyuanError) as error:
            self._dirty.add(owner)
            self._failed("store")
            _log.warning("goods have to wait: %s", reason_of(error), extra={"owner": owner})
        except Exception:  # noqa: BLE001 -- a bug in one owner's pass must not stop the others
            self._failed("pass")
            _log.exception("goods can't be assessed", extra={"owner": owner})
        took = time.monotonic() - started
        self._not_before[owner] = time.monotonic() + took * (100 / self._pace.share - 1)

    def _read_changes(self, connection: Connection) -> int:
        """Refresh the evidence of some changed items; returns their number."""
        with connection.transaction():
            items = assessment_due.take(connection, self._pace.batch)
            self._note(item_evidence.refresh(connection, items))
        self.metrics.items.inc(len(items))
        return len(items)

    def _read_opened(self, connection: Connection) -> None:
        """Refresh the evidence of packages that were opened and never scanned; nobody queues them."""
        items = item_evidence.opened_and_seen_since(connection)
        for start in range(0, len(items), self._pace.batch):
            with connection.transaction():
                self._note(item_evidence.refresh(connection, items[start : start + self._pace.batch]))

    def _note(self, changed: Mapping[str, set[str]]) -> None:
        for owner, items in changed.items():
            self._dirty.add(owner)
            self._changed.setdefault(owner, set()).update(items)

    def _weigh_changed(self, connection: Connection) -> None:
        """Weigh what has changed in the context of its owner's last whole pass, where there was one."""
        for owner in sorted(self._changed):
            items = sorted(self._changed.pop(owner))
            if owner in self._since:
                self._since[owner].update(items)
            standing = self._standing.get(owner)
            if standing is None:
                continue
            try:
                self._weigh(connection, owner, standing, items)
            except (StoreError, SuyuanError) as error:
                if not is_usable(connection):
                    raise
                self._failed("store")
                _log.warning("changed items have to wait: %s", reason_of(error), extra={"owner": owner})
            except Exception:  # noqa: BLE001 -- the next whole pass weighs them with everything else
                self._failed("changed")
                _log.exception("changed items can't be weighed", extra={"owner": owner})

    def _weigh(self, connection: Connection, owner: str, standing: Standing, items: Sequence[str]) -> None:
        started = time.perf_counter()
        changed = item_evidence.changed_items(connection, owner, self._pace.window, items)
        found = standing.findings(changed, self._report_failure)
        aged = item_evidence.aged_items(connection, owner, self._pace.window, items)
        self._conclude(connection, owner, found, sorted({*items} - aged))
        took = time.perf_counter() - started
        self.metrics.weighed(took)
        _log.debug("changed items weighed", extra={"owner": owner, "items": len(items), "seconds": round(took, 3)})

    def _pass(self, connection: Connection, owner: str) -> int:
        started = time.perf_counter()
        model = fitted_model()
        markets = sites.markets(connection)
        registered = Registered(
            store.places(connection),
            tuple(markets.values()),
            item_evidence.observed_items(connection, owner),
            dealer_territories(connection, [owner], markets)[owner],
        )
        items = item_evidence.evidence_items(connection, owner, self._pace.window)
        assessed = assess(owner, items, registered, model, self._report_failure)
        found = assessed.findings()
        stood = findings.assessed_subjects(connection, owner)
        # Of goods that nobody scans any more nothing is concluded anew, and nothing is taken back.
        aged = item_evidence.aged_items(connection, owner, self._pace.window, stood)
        self._conclude(connection, owner, found, sorted({*(each.subject for each in found), *stood} - aged), whole=True)
        with connection.transaction():
            accused = store.accused(connection, owner)
            changed = store.write_reports(connection, owner, reports(assessed, accused, registered))
        self._standing[owner] = Standing(assessed, model)
        took = time.perf_counter() - started
        self.metrics.passed(took)
        _log.info(
            "goods assessed",
            extra={
                "owner": owner,
                "items": len(items),
                "findings": len(found),
                "reports_changed": changed,
                "seconds": round(took, 3),
            },
        )
        return len(found)

    def _conclude(
        self,
        connection: Connection,
        owner: str,
        found: Sequence[Finding],
        subjects: Sequence[str],
        *,
        whole: bool = False,
    ) -> None:
        """Make ``found`` what stands about ``subjects``; a ``whole`` pass leaves out what changed since it began."""
        by_subject: dict[str, list[Finding]] = {}
        for each in found:
            by_subject.setdefault(each.subject, []).append(each)
        for start in range(0, len(subjects), _PAGE_SIZE):
            newer: AbstractSet[str] = self._since.get(owner, set()) if whole else set()
            some = [subject for subject in subjects[start : start + _PAGE_SIZE] if subject not in newer]
            owned = [(owner, each) for subject in some for each in by_subject.get(subject, ())]
            with connection.transaction():
                findings.conclude_assessed(connection, some, owned)

    def _report_failure(self, part: str, error: Exception) -> None:
        _log.error("a part of assessing failed: %s", part, exc_info=error)
        self._failed(part)

    def _failed(self, part: str) -> None:
        self.metrics.failures.labels(part).inc()
