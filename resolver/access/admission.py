"""Admission of requests from strangers: limits by network, code and phone; guessing at serials is reported."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from fastapi import Request

from resolver.access import client_network, handset
from resolver.access.guessing import Enumeration, Sentry
from resolver.access.limits import Gate
from resolver.web.problems import Problem, Refused
from schemas.code import Checked, Proof
from schemas.evidence import GUESSES_TO_ALERT


def address_of(request: Request) -> str | None:
    """The sender's address; None when the server does not know it. It is never stored."""
    return request.client.host if request.client else None


def network_of(request: Request) -> str:
    """The sender's network: close enough for limits."""
    return client_network.block(address_of(request))


class Row(Protocol):
    """What a queue takes."""

    def to_fields(self) -> dict[str, Any]:
        """The JSON object that the store gets."""


class Queue(Protocol):
    """Takes rows that are written later."""

    def put(self, row: Row, /) -> bool:
        """Add a row; False when the queue is full."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The limits and the guard against guessing. ``guesses`` takes reports, ``evidence`` what the gateway judges."""

    gate: Gate
    sentry: Sentry
    guesses: Queue
    evidence: Queue
    pepper: bytes
    clock: Callable[[], datetime]


def too_many_requests(wait_s: float) -> Problem:
    """429, with when to come again."""
    return Problem(
        429,
        "too_many_requests",
        "More requests came from this network, with this token or for this code than people make.",
        "Ask again when Retry-After has passed.",
        headers={"Retry-After": str(max(1, round(wait_s))), "Cache-Control": "no-store"},
    )


def let_in(request: Request, admission: Admission, checked: Checked) -> None:
    """Apply the limits to the sender, and report guessing.

    :raises Refused: 429 for more than the limits allow.
    """
    now, sender = admission.clock(), network_of(request)
    wait = admission.gate.wait_s(
        sender, checked.item_id, handset.handset_of(request, admission.pepper), now.timestamp()
    )
    if wait:
        raise Refused(too_many_requests(wait))
    if checked.proof is not Proof.FORGED or checked.org_id is None:
        return
    pseudonym = client_network.pseudonym(admission.pepper, sender, now)
    gtin, _, serial = checked.item_id.removeprefix("01/").partition("/21/")
    guess = Enumeration(uuid4(), checked.org_id, gtin, pseudonym, now, now, 1)
    due = admission.sentry.failed(guess, serial)
    if due is None:
        return
    admission.guesses.put(due)
    if due.guesses >= GUESSES_TO_ALERT:
        admission.evidence.put(due.to_evidence())
