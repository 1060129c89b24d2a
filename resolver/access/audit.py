"""The audit log of regulators' accesses: written in the transaction that reads what was asked for."""

from fastapi import Request

from resolver.access import store
from resolver.access.caller import Caller
from resolver.store import Cursor


def audit_access(cursor: Cursor, caller: Caller, request: Request) -> None:
    """Log a regulator's request; an organisation that reads what is its own is not logged."""
    if caller.role == "regulator":
        query = f"?{request.url.query}" if request.url.query else ""
        store.add_access(
            cursor,
            org_id=caller.org_id,
            token_label=caller.label,
            request=f"{request.method} {request.url.path}{query}",
        )
