"""A regulator's looks are logged, in the transaction that looks."""

from fastapi import Request

from resolver.access.authentication import Caller
from resolver.store import Cursor
from resolver.trace import store as history_store


def log_look(sql: Cursor, caller: Caller, request: Request) -> None:
    """Log what a regulator asks; whoever looks at what is their own is not logged."""
    if caller.role == "regulator":
        query = f"?{request.url.query}" if request.url.query else ""
        history_store.log_look(
            sql, org_id=caller.org_id, token_label=caller.label, request=f"{request.method} {request.url.path}{query}"
        )
