"""What a maker may register: its own products, batches of them under its own keys, commissioning in the past. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from schemas.errors import Conflict, Invalid
from schemas.keys import Issuer


def require_own_prefix(gtin: str, org_id: str, issuer: Issuer | None) -> None:
    """Check that a GTIN begins with a company prefix of the organisation; ``issuer``: whose prefix it is.

    :raises Invalid: it does not.
    """
    if issuer is None or issuer.org_id != org_id:
        raise Invalid(
            "foreign_prefix",
            f"GTIN {gtin} does not begin with a company prefix of {org_id}.",
            "Use a GTIN of your own; an operator registers prefixes.",
            field="gtin",
        )


def require_own_product(gtin: str, org_id: str, owner: str | None) -> None:
    """Check that the organisation registered the product; ``owner``: who did.

    :raises Invalid: it did not.
    """
    if owner != org_id:
        raise Invalid("unknown_product", f"{gtin} is no product of yours.", "Register it first.", field="gtin")


def require_markets(unknown: Sequence[str]) -> None:
    """Check that all markets of a territory are registered; ``unknown`` are those that are not.

    :raises Invalid: there are such markets.
    """
    if unknown:
        raise Invalid(
            "unknown_market",
            f"There is no market {unknown[0]!r}.",
            "GET /api/v1/markets lists them.",
            field="territory",
        )


def require_seal_key(newest: int | None) -> int:
    """The number of the sealing key for a new batch: the organisation's newest.

    :raises Conflict: it has none.
    """
    if newest is None:
        raise Conflict("no_seal_key", "You have no sealing key.", "Ask the operator for one.")
    return newest


def choose_signing_key(usable: Iterable[str], is_present: Callable[[str], bool]) -> str:
    """The key id that signs a new batch: the first usable one whose private key is present.

    :raises Conflict: there is none.
    """
    kid = next(filter(is_present, usable), None)
    if kid is None:
        raise Conflict(
            "no_signing_key",
            "You have no signing key that is valid and present.",
            "Ask the operator for one, or choose grade sealed.",
            field="grade",
        )
    return kid


def commissioning_time(stated: datetime | None, now: datetime) -> datetime:
    """When units were commissioned: the stated time, or now.

    :raises Invalid: the stated time lies in the future.
    """
    if stated is not None and stated > now:
        raise Invalid("impossible_time", "at lies in the future.", "Give the time it happened.", field="at")
    return stated or now
