"""Which move of a case is allowed. Pure."""

from resolver.case.models import Move
from schemas.case import BY_PEOPLE, State, moves
from schemas.errors import Conflict, Invalid


def require_move(present: State, move: Move) -> None:
    """Check that a case in state ``present`` may make the move.

    :raises Conflict: the case is not where the caller believes, or no move leads there.
    :raises Invalid: closing without a reason that a person may give, or a reason without closing.
    """
    if move.from_state is not None and move.from_state is not present:
        raise Conflict("moved_on", f"The case is {present}, not {move.from_state}.", "Read it again.", field="from")
    if move.state not in moves(present):
        allowed = ", ".join(moves(present))
        raise Conflict(
            "no_such_move", f"From {present} no move leads to {move.state}.", f"Move to {allowed}.", field="state"
        )
    closes = move.state is State.CLOSED
    if closes != (move.reason is not None) or (move.reason is not None and move.reason not in BY_PEOPLE):
        raise Invalid(
            "invalid_field",
            "reason: closing needs one that a person may give, no other move has one.",
            "Give one of those in /openapi.json with closed, none otherwise.",
            field="reason",
        )
