"""A stream of an issue's codes, whose end is noted in the ledger."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from resolver.issue import store as issue_store
from resolver.issue.code_range import CodeRange
from resolver.store import Scope, Store
from schemas.errors import StoreUnavailable

_log = logging.getLogger(__name__)


def note_end_after(
    store: Store, codes: CodeRange, pieces: Iterable[bytes], clock: Callable[[], datetime]
) -> Iterator[bytes]:
    """The pieces of a stream; after the last one the ledger says that the issue was handed over."""
    yield from pieces
    if codes.issue_id is None:
        return
    try:
        with store.transaction(Scope(codes.batch["org_id"])) as cursor:
            issue_store.note_end(cursor, codes.batch["org_id"], codes.issue_id, clock())
    except StoreUnavailable as error:
        _log.warning("issue %s was handed over, and the ledger does not say so: %s", codes.issue_id, error)
