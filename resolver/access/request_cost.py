"""What a request costs by its address: as how many usual ones it counts for the sender's network. Pure."""

from collections.abc import Mapping

FREE = 0.0
USUAL = 1.0
WRITES = 3.0
PROOFS = 10.0
"""Signatures are verified, or a row is locked and written, for whoever asks."""
FILES = 20.0
"""Many rows, a file, or a document that is made from all of a case."""
WRONG_TOKEN = 20.0
"""A token that nobody has is asked of the store; more than a few come from nobody honest."""

_FIRST: Mapping[str, float] = {
    "": USUAL,
    "api": USUAL,
    "identify": USUAL,
    "verify": USUAL,
    "ready": USUAL,
    "openapi.json": USUAL,
    ".well-known": USUAL,
    "leaks": FILES,
    "privacy": PROOFS,
    "openings": PROOFS,
    "open": PROOFS,
    "OPEN": PROOFS,
    "sun": PROOFS,
    "reports": PROOFS,
}
"""By the path's first segment. What is not here are addresses of codes, which have limits of their own, /health and
static files."""

_PARTS: Mapping[str, float] = {
    "redemption": PROOFS,
    "keys": PROOFS,
    "files": FILES,
    "photos": FILES,
    "bundle": FILES,
    "load": FILES,
    "codes": FILES,
    "labels": FILES,
}
_STREAMS = ("format=csv", "format=ndjson")


def cost_of(method: str, path: str, query: str) -> float:
    """The cost of a request; 0 for addresses that this does not limit."""
    segments = path.strip("/").split("/")
    base = _FIRST.get(segments[0], FREE)
    if not base or segments[0] != "api":
        return base
    if any(stream in query for stream in _STREAMS):
        return FILES
    return max(_PARTS.get(segment, USUAL if method in ("GET", "HEAD") else WRITES) for segment in segments)
