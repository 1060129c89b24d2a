"""The audit log: regulators' accesses, written in the transaction that reads what was asked for; operators' changes."""

from hashlib import sha256

from fastapi import Request

from resolver.access import store
from resolver.access.caller import Caller
from resolver.store import Cursor


def audit_access(cursor: Cursor, caller: Caller, request: Request) -> None:
    """Log a regulator's request; an organisation that reads what is its own is not logged."""
    if caller.role == "regulator":
        audit_request(cursor, caller, request)


def is_administrative(caller: Caller, request: Request) -> bool:
    """Whether the request changes what others rely on: whatever an operator sends, and subscriptions that there are."""
    if request.method in ("GET", "HEAD"):
        return False
    return caller.role == "operator" or request.url.path.startswith("/api/v1/subscriptions/")


def audit_request(cursor: Cursor, caller: Caller, request: Request) -> None:
    """Log a request, whether it then succeeds or not."""
    query = f"?{request.url.query}" if request.url.query else ""
    # Read already where the body is a model; what is streamed is not read for this.
    body: bytes | None = getattr(request, "_body", None)
    store.add_access(
        cursor,
        org_id=caller.org_id,
        token_label=caller.label,
        request=f"{request.method} {request.url.path}{query}",
        act="look" if request.method in ("GET", "HEAD") else "change",
        body_digest=sha256(body).digest() if body else None,
    )
