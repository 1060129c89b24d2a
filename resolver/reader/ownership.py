"""For which organisation's readers a caller may act. Pure."""

from schemas.errors import Forbidden


def acting_for(role: str, caller_org: str, org_id: str) -> str:
    """``org_id``, when it is the caller's own organisation, or the caller is an operator.

    :raises Forbidden: the readers are another organisation's.
    """
    if role != "operator" and caller_org != org_id:
        raise Forbidden("foreign_reader", f"Readers of {org_id} are not yours.", "Use your own organisation's id.")
    return org_id
