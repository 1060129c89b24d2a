"""Who is let in, how often; and who guesses."""

from uuid import uuid4

from fastapi import Request

from resolver.access import client_network, handset
from resolver.access.guessing import Enumeration
from resolver.services import Services
from resolver.web.problems import Problem, Refused
from schemas.code import Checked, Proof
from schemas.evidence import GUESSES_TO_ALERT


def network_of(request: Request) -> str:
    """The sender's network: close enough for limits."""
    return client_network.block(request.client.host if request.client else None)


def let_in(request: Request, services: Services, checked: Checked) -> None:
    """Apply the limits to the sender, and note a guess.

    :raises Refused: 429 for more than the limits allow.
    """
    now, sender = services.clock(), network_of(request)
    wait = services.gate.wait_s(sender, checked.item_id, handset.handset_of(request), now.timestamp())
    if wait:
        problem = Problem(
            429,
            "too_many_requests",
            "More requests came from this network, or for this code, than people make.",
            "Ask again when Retry-After has passed.",
            headers={"Retry-After": str(max(1, round(wait))), "Cache-Control": "no-store"},
        )
        raise Refused(problem)
    if checked.proof is not Proof.FORGED or checked.org_id is None:
        return
    pseudonym = client_network.pseudonym(services.pepper, sender, now)
    gtin, _, serial = checked.item_id.removeprefix("01/").partition("/21/")
    guess = Enumeration(uuid4(), checked.org_id, gtin, pseudonym, now, now, 1)
    due = services.sentry.failed(guess, serial)
    if due is None:
        return
    services.guesses.put(due)
    if due.guesses >= GUESSES_TO_ALERT:
        services.scans.put(due.to_evidence())
