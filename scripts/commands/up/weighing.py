"""Waiting until all that was scanned is stored, judged and weighed: before that, nobody accused means nothing."""

import time
from datetime import timedelta

import psycopg

from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from scripts.system.stack import Stack

_SETTLED_S = 60.0
_PACE = Pace(turn_s=0.1, batch=10_000, share=100, window=timedelta(days=180))
_WAITING = "SELECT EXISTS (SELECT FROM suyuan.outbox) OR EXISTS (SELECT FROM suyuan.assessment_due)"


def weigh_everything(stack: Stack) -> str:
    """Return when no scan waits, and one more whole pass over all goods has weighed them, the latest ones too.

    The assessor's own process is stopped for that pass: it would come to it in its turn.

    :raises TimeoutError: scans wait still after a minute.
    """
    deadline = time.monotonic() + _SETTLED_S
    with psycopg.connect(stack.postgres.owner_dsn, autocommit=True) as connection:
        while connection.execute(_WAITING).fetchone() != (False,):
            if time.monotonic() > deadline:
                raise TimeoutError("scans wait to be judged or weighed after a minute")
            time.sleep(0.1)
    stack.assessor.stop()
    return f"{AssessmentWorker(stack.gateway_dsn, _PACE, AssessMetrics()).run_once()} findings from all scans together"
