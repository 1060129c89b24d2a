"""Assesses what has changed, behind the transaction that stored it (ADR 11).

Exactly one worker is active: the holder of an advisory lock (:mod:`gateway.leader`). It has no state that the store
does not have: killed and restarted, it finds the same. Each pass over an owner's goods starts from all their evidence.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.assess.assessment import Registered, assess, reports
from gateway.assess.metrics import AssessMetrics
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

    def _group_pending(self, connection: Connection) -> None:
        """Group the incidents from before there were groups (ADR 20)."""
        grouped = _PAGE_SIZE
        while grouped:
            with connection.transaction():
                grouped = incidents.regroup_pending(connection, _PAGE_SIZE)

    def _sweep_next(self) -> None:
        """Assess all owners' goods next: what was read before the failure may not have been concluded."""
        self._swept = None

    def _serve(self, connection: Connection) -> None:
        while not self._leader.stopping.is_set():
            read = self._read_changes(connection)
            now = time.monotonic()
            if self._swept is None or now - self._swept >= _SWEEP_S:
                self._dirty.update(item_evidence.owners(connection))
                self._group_pending(connection)
                self._swept = now
            for owner in sorted(self._dirty):
                if now >= self._not_before.get(owner, now):
                    self._assess_in_turn(connection, owner)
            if read < self._pace.batch:
                self._leader.stopping.wait(self._pace.turn_s)

    def _assess_in_turn(self, connection: Connection, owner: str) -> None:
        started = time.monotonic()
        self._dirty.discard(owner)
        try:
            self._pass(connection, owner)
        except (StoreError, SuyuanError) as error:
            if not is_usable(connection):
                raise
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
            self._dirty |= item_evidence.refresh(connection, items)
        self.metrics.items.inc(len(items))
        return len(items)

    def _read_opened(self, connection: Connection) -> None:
        """Refresh the evidence of packages that were opened and never scanned; nobody queues them."""
        items = item_evidence.opened_and_seen_since(connection)
        for start in range(0, len(items), self._pace.batch):
            with connection.transaction():
                self._dirty |= item_evidence.refresh(connection, items[start : start + self._pace.batch])

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
        self._conclude(connection, owner, found)
        with connection.transaction():
            accused = store.accused(connection, owner)
            changed = store.write_reports(connection, owner, reports(assessed, accused, registered))
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

    def _conclude(self, connection: Connection, owner: str, found: Sequence[Finding]) -> None:
        by_subject: dict[str, list[Finding]] = {}
        for each in found:
            by_subject.setdefault(each.subject, []).append(each)
        stood = findings.assessed_subjects(connection, owner)
        # Of goods that nobody scans any more nothing is concluded anew, and nothing is taken back.
        aged = item_evidence.aged_items(connection, owner, self._pace.window, stood)
        subjects = sorted({*by_subject, *stood} - aged)
        for start in range(0, len(subjects), _PAGE_SIZE):
            some = subjects[start : start + _PAGE_SIZE]
            owned = [(owner, each) for subject in some for each in by_subject.get(subject, ())]
            with connection.transaction():
                findings.conclude_assessed(connection, some, owned)

    def _report_failure(self, part: str, error: Exception) -> None:
        _log.error("a part of assessing failed: %s", part, exc_info=error)
        self._failed(part)

    def _failed(self, part: str) -> None:
        self.metrics.failures.labels(part).inc()
