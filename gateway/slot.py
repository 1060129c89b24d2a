"""Which worker this is. A slot's number names its broker session, so that no two live workers may share one.

The number is held as an advisory lock on a connection of its own for as long as the process lives; a container that is
started anew takes the number, and so the session with its unacknowledged messages, of one that died.
"""

from gateway.store.connection import Connection, claim_lock
from schemas.errors import Misconfigured

SLOTS = 64
_LOCK_SPACE = 0x5355_5953  # "SUYS": keeps slots apart from other users of advisory locks


def claim_slot(connection: Connection, wanted: str) -> int:
    """Hold slot ``wanted``, or with ``auto`` the first free one, until ``connection`` closes.

    :raises Misconfigured: the slot is held by another worker, or all are.
    """
    candidates = range(SLOTS) if wanted == "auto" else [int(wanted)]
    for slot in candidates:
        if claim_lock(connection, _LOCK_SPACE, slot):
            return slot
    raise Misconfigured(
        f"slot {wanted} is held by another gateway; set SUYUAN_GATEWAY_SLOT to auto or to a free number"
    )
