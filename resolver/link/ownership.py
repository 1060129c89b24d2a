"""Whose an identifier is: by the GS1 company prefix in it, wherever the key has it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resolver.verdict.proof import UNPROVEN
from schemas.code import Checked, check_many
from schemas.digital_link import DigitalLink
from schemas.keys import Keyring

_BEHIND_A_DIGIT = frozenset({"01", "00", "8003", "8006"})
"""Keys whose first digit stands before the company prefix; the others begin with the prefix."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An organisation's claim to speak for an identifier: the name under which it is kept, or why it may not."""

    anchor: str
    why_not: str | None


def owner_of(link: DigitalLink, keyring: Keyring) -> str | None:
    """The organisation whose company prefix the key carries."""
    value = link.value if link.key in _BEHIND_A_DIGIT else "0" + link.value
    issuer = keyring.issuer_of(value)
    return None if issuer is None else issuer.org_id


def claims(links: Sequence[DigitalLink], org_id: str, keyring: Keyring) -> list[Claim]:
    """An organisation's claims to identifiers, all serials checked at once."""
    owners: dict[tuple[str, str], str | None] = {}
    units = [link for link in links if link.key == "01" and link.serial is not None]
    checked = iter(check_many(units, keyring))
    return [_claim(link, org_id, owners, checked, keyring) for link in links]


def _claim(
    link: DigitalLink,
    org_id: str,
    owners: dict[tuple[str, str], str | None],
    checked: Iterator[Checked],
    keyring: Keyring,
) -> Claim:
    key = link.key, link.value
    if key not in owners:
        owners[key] = owner_of(link, keyring)
    unit = next(checked) if link.key == "01" and link.serial is not None else None
    if owners[key] != org_id:
        return Claim("", f"({link.key}) {link.value} does not carry a company prefix of {org_id}")
    if unit is not None and unit.proof in UNPROVEN:
        return Claim("", f"(21) {link.serial} is no serial that was issued for {link.value}")
    if unit is None or unit.unit is None:
        return Claim(link.path[1:], None)
    if link.lot is None and link.variant is None:
        return Claim(unit.item_id, None)
    return Claim(link.path[1:].rpartition("/21/")[0] + "/21/" + unit.item_id.rpartition("/21/")[2], None)
