"""What kind of statement an event makes, by its business step, disposition and action. Pure.

Words are those of CBV 2.0, sections 7.1 and 7.2; which of them say the same about authority is a judgement of ours.
"""

from enum import StrEnum
from functools import lru_cache

from schemas.event import BIZ_STEPS, Action


class Verb(StrEnum):
    """A kind of statement."""

    COMMISSION = "commission"
    """The item exists from now on."""
    END = "end"
    """It exists, or may be sold, no longer."""
    RECALL = "recall"
    """It is to come back."""
    RECEIVE = "receive"
    """It has come into the hands of whoever says so."""
    HANDLE = "handle"
    """Whoever has it did something with it: sold, shipped, packed, stored it."""
    OBSERVE = "observe"
    """It was seen."""


COMMISSIONS = frozenset({"commissioning", "creating_class_instance", "encoding"})
ENDS = frozenset({"decommissioning", "destroying", "killing"})
RECEIPTS = frozenset({"accepting", "arriving", "collecting", "receiving"})
OBSERVATIONS = frozenset({"cycle_counting", "inspecting", "other", "sensor_reporting", "stock_taking"})
HANDLING = BIZ_STEPS - COMMISSIONS - ENDS - RECEIPTS - OBSERVATIONS
"""What is not named above changes or moves goods, as far as a word can tell."""

ENDED = frozenset({"destroyed", "disposed", "inactive"})
"""Dispositions that end an item, whatever the step was."""

STEPS = {
    Verb.COMMISSION: COMMISSIONS,
    Verb.END: ENDS,
    Verb.RECEIVE: RECEIPTS,
    Verb.HANDLE: HANDLING,
    Verb.OBSERVE: OBSERVATIONS,
}
"""The business steps of each kind of statement."""

_VERB_OF_STEP = {step: verb for verb, steps in STEPS.items() for step in steps}


@lru_cache(4096)
def verb_of(biz_step: str, disposition: str | None, action: Action) -> Verb:
    """The kind of statement; the graver one where step, disposition and action say different things."""
    if disposition in ENDED:
        return Verb.END
    if disposition == "recalled":
        return Verb.RECALL
    verb = _VERB_OF_STEP.get(biz_step, Verb.HANDLE)
    if verb is Verb.OBSERVE and (action is not Action.OBSERVE or disposition in _OF_CUSTODY):
        return Verb.HANDLE
    return verb


_OF_CUSTODY = frozenset({"dispensed", "reserved", "retail_sold", "returned", "stolen"})
"""Dispositions that only whoever has the goods can know."""
