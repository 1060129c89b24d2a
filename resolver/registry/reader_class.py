"""What a reader is: whom it may say that has looked. Pure."""

from typing import Literal

from schemas.errors import Forbidden

ReaderClass = Literal["edge", "till", "inspector", "kiosk"]
"""Only a kiosk's reader says that a consumer looked, only an inspector's that an inspector did."""


def chosen_class(caller_role: str, kind: str | None, wanted: ReaderClass | None) -> ReaderClass:
    """The class of a reader of an organisation of ``kind``: the one that is ``wanted``, or else the usual one.

    Whoever speaks for consumers can invent them, so that an operator vouches for kiosks; inspectors are a regulator's.

    :raises Forbidden: the caller may not give it this class, or nobody may.
    """
    if wanted is None:
        return "inspector" if kind == "regulator" else "edge"
    if wanted == "kiosk" and caller_role != "operator":
        raise Forbidden("class_not_allowed", "An operator makes a reader a kiosk.", "Ask the operator.")
    if wanted == "inspector" and kind != "regulator":
        raise Forbidden("class_not_allowed", "Inspectors' readers are a regulator's.", "Use class edge or till.")
    return wanted
