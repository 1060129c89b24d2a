"""Which worker this is. A slot's number names its broker session, so that no two live workers may share one.

The number is an advisory lock of the worker's database session. A container that is restarted takes over the number of
one that died, and so the broker session with its unacknowledged messages.
"""

import time
from collections.abc import Callable

from gateway.store.connection import Connection, claim_lock
from schemas.errors import BrokerUnavailable, Misconfigured

SLOTS = 64
PATIENCE_S = 15.0
"""How long a slot may stay locked after its worker has ended: the store notices a dead client late."""

_LOCK_SPACE = 0x5355_5953  # "SUYS": keeps slots apart from other users of advisory locks
_PAUSE_S = 0.25


def claim_slot(
    connection: Connection, wanted: str, patience: float = PATIENCE_S, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Lock slot ``wanted``, or with ``auto`` the first free one, until ``connection`` closes.

    ``patience``: seconds to wait for a fixed slot.

    :raises Misconfigured: the slot is locked by another worker, or all are.
    """
    if wanted == "auto":
        candidates, tries = range(SLOTS), 1
    else:
        candidates, tries = range(int(wanted), int(wanted) + 1), 1 + int(patience / _PAUSE_S)
    for attempt in range(tries):
        if attempt:
            sleep(_PAUSE_S)
        for slot in candidates:
            if claim_lock(connection, _LOCK_SPACE, slot):
                return slot
    raise Misconfigured(
        f"slot {wanted} is held by another gateway; set SUYUAN_GATEWAY_SLOT to auto or to a free number"
    )


def reclaim_slot(connection: Connection, slot: int) -> None:
    """Lock the worker's own slot on a new connection: its lock ended with the old one.

    :raises BrokerUnavailable: another worker has taken it meanwhile, and with it the broker session.
    """
    try:
        claim_slot(connection, str(slot))
    except Misconfigured:
        raise BrokerUnavailable(f"slot {slot} was taken by another gateway while the store was away") from None
