"""Codes: the two grades, how they are written into a URI, and what one proves by itself.

*Sealed*: the serial alone; only a holder of the sealing key can check it. *Signed*: an Ed25519 signature as well,
which anyone can check offline with the public key. The signature covers the canonical element string and the key id,
not the host name, so a code outlives a move to another domain.

A code does not say when it was made. A signing key's validity bounds when it may sign, which whoever mints observes;
what it signed stays good after its last day. A key that must not be believed any more is revoked.

What is wrong with a code's form (check digit, characters, length) is an :class:`~schemas.errors.InvalidIdentifier`
before anything is proved; a batch that was revoked is a fact that the resolver knows.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import base32, normal
from schemas.digital_link import DigitalLink
from schemas.keys import KEY_ID_LENGTH, Issuer, Keyring
from schemas.serial import Sealer, UnitNumber, unseal_groups

SIGNATURE_LENGTH = 103
"""Base-32 characters of a 64-byte signature; the last carries three zero bits."""

COVERT_SEGMENT = "OPEN"
"""The segment before the primary key that tells a covert code, inside the pack, from the one outside."""

SHORTEST_STEM = 64
"""A longer segment before the primary key is a signature, whole or damaged; a shorter one belongs to the root."""


class Proof(StrEnum):
    """What a code proves, before anything is known of its unit's history."""

    SIGNED = "signed"
    """The serial is ours and the signature holds."""
    SEALED = "sealed"
    """The serial is ours; no signature was presented."""
    FORGED = "forged"
    """The serial was not sealed by the GTIN's owner."""
    BAD_SIGNATURE = "bad_signature"
    """A signature was presented and does not hold."""
    UNKNOWN_KEY = "unknown_key"
    """A signature was presented under a key id that is not ours, or another organisation's."""
    REVOKED_KEY = "revoked_key"
    """The serial or the signature comes from a key that has been revoked."""
    FOREIGN = "foreign"
    """Nobody here issues codes for this GTIN, or the URI names no unit: nothing can be said."""

    @property
    def is_authentic(self) -> bool:
        """True when the code is authentic (which says nothing of copies)."""
        return self in (Proof.SIGNED, Proof.SEALED)


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked code: the proof, the canonical item id, and the unit's number when the serial could be unsealed."""

    proof: Proof
    item_id: str
    org_id: str | None = None
    unit: UnitNumber | None = None


def signing_input(kid: str, element_string: str) -> bytes:
    """The bytes that a signed code's signature covers."""
    return f"suyuan/v1/code\n{kid}\n{element_string}".encode()


def uri(base: str, gtin: str, serial: str) -> str:
    """A sealed code: ``base`` (scheme and host; raised to upper case, so that the QR stays alphanumeric), path."""
    return f"{base.upper().rstrip('/')}/01/{gtin}/21/{serial}"


def signed_uri(base: str, gtin: str, serial: str, kid: str, key: Ed25519PrivateKey) -> str:
    """A signed code: key id and signature in one base-32 segment before the primary key."""
    signature = key.sign(signing_input(kid, f"(01){gtin}(21){serial}"))
    return f"{base.upper().rstrip('/')}/{kid}{base32.encode_bytes(signature)}/01/{gtin}/21/{serial}"


def check(link: DigitalLink, keyring: Keyring) -> Checked:
    """What the code in ``link`` proves. Touches nothing but its arguments."""
    issuer = _issuer(link, keyring)
    if issuer is None or link.key != "01" or link.serial is None:
        return Checked(Proof.FOREIGN, link.item_id, None if issuer is None else issuer.org_id)
    # A phone, a form or a person may have lowered the case or typed a look-alike: the seal decides, not the spelling.
    serial = normal.serial(link.serial)
    unit = next(filter(None, (sealer.unseal(link.value, serial) for sealer in issuer.sealers)), None)
    return _judged(link, serial, unit, issuer, keyring)


def check_many(links: Sequence[DigitalLink], keyring: Keyring) -> list[Checked]:
    """What each code proves: what :func:`check` says of it, with all serials unsealed at once."""
    issuers = [_issuer(link, keyring) for link in links]
    places = [
        place
        for place, (link, issuer) in enumerate(zip(links, issuers, strict=True))
        if issuer is not None and link.key == "01" and link.serial is not None
    ]
    serials = [normal.serial(links[place].serial or "") for place in places]
    units = unseal_many([links[place].value for place in places], serials, keyring)
    judged = {
        place: _judged(links[place], serial, unit, issuer, keyring)
        for place, serial, unit in zip(places, serials, units, strict=True)
        if (issuer := issuers[place]) is not None
    }
    return [
        judged.get(place) or Checked(Proof.FOREIGN, link.item_id, None if issuer is None else issuer.org_id)
        for place, (link, issuer) in enumerate(zip(links, issuers, strict=True))
    ]


def unseal_many(gtins: Sequence[str], serials: Sequence[str], keyring: Keyring) -> list[UnitNumber | None]:
    """The unit of each GTIN and serial, or None when the GTIN's owner did not seal it. Serials must be normalised.

    GTINs of several issuers and serials under several keys may be mixed. The cost follows the number of issuers and of
    the keys that each of them has.
    """
    owners = {gtin: keyring.issuer_of(gtin) for gtin in set(gtins)}
    groups: dict[str, tuple[tuple[Sealer, ...], list[int]]] = {
        issuer.org_id: (issuer.sealers, []) for issuer in owners.values() if issuer is not None
    }
    places = {gtin: groups[issuer.org_id][1].append for gtin, issuer in owners.items() if issuer is not None}
    for place, gtin in enumerate(gtins):
        if gtin in places:
            places[gtin](place)
    return unseal_groups(gtins, serials, groups.values())


def _issuer(link: DigitalLink, keyring: Keyring) -> Issuer | None:
    # GTIN, ITIP, SSCC and GRAI have one digit of their own before the company prefix; other keys begin with it.
    return keyring.issuer_of(link.value if link.key in ("01", "8006", "00", "8003") else "0" + link.value)


def _judged(link: DigitalLink, serial: str, unit: UnitNumber | None, issuer: Issuer, keyring: Keyring) -> Checked:
    """The verdict once it is known which unit, if any, the serial was sealed for."""
    if unit is None:
        covert = covert_unit(link, serial, issuer)
        return Checked(Proof.FORGED, link.item_id, issuer.org_id) if covert is None else covert
    item_id = f"01/{link.value}/21/{serial}"
    if unit.key_number in issuer.revoked:
        return Checked(Proof.REVOKED_KEY, item_id, issuer.org_id, unit)
    presented = _presented_signature(link)
    if presented is None:
        return Checked(Proof.SEALED, item_id, issuer.org_id, unit)
    return Checked(
        _signature_proof(presented, link.value, serial, issuer.org_id, keyring), item_id, issuer.org_id, unit
    )


def covert_unit(link: DigitalLink, serial: str, issuer: Issuer) -> Checked | None:
    """What a covert code (:mod:`schemas.opening`) proves, under the name of its unit's code outside; None if none.

    ``serial`` must be normalised.
    """
    if not link.stem or link.stem[-1].upper() != COVERT_SEGMENT:
        return None
    for inner, outer in zip(issuer.inner, issuer.sealers, strict=False):
        unit = inner.unseal(link.value, serial)
        if unit is not None:
            item_id = f"01/{link.value}/21/{outer.seal(link.value, unit.batch_number, unit.index)}"
            proof = Proof.REVOKED_KEY if unit.key_number in issuer.revoked else Proof.SEALED
            return Checked(proof, item_id, issuer.org_id, unit)
    return None


def check_signature(link: DigitalLink, keyring: Keyring) -> Checked:
    """What the code in ``link`` proves to someone who holds public keys only (issuers without sealers will do).

    FOREIGN when it carries no signature: then only the resolver can tell.
    """
    issuer = keyring.issuer_of(link.value) if link.key == "01" else None
    presented = _presented_signature(link)
    if issuer is None or presented is None or link.serial is None:
        return Checked(Proof.FOREIGN, link.item_id)
    serial = normal.serial(link.serial)
    proof = _signature_proof(presented, link.value, serial, issuer.org_id, keyring)
    return Checked(proof, f"01/{link.value}/21/{serial}" if proof.is_authentic else link.item_id, issuer.org_id)


def _presented_signature(link: DigitalLink) -> tuple[str, bytes] | None:
    """Key id and signature, from the last stem segment (base 32) or from AI 8030 (base64url).

    A signature that can't be decoded is presented all the same, and is empty: damage is not absence.
    """
    stem = base32.normalise(link.stem[-1]) if link.stem else ""
    if len(stem) > SHORTEST_STEM:
        return stem[:KEY_ID_LENGTH], _decoded(stem[KEY_ID_LENGTH:], lambda text: base32.decode_bytes(text, 64))
    value = link.attributes.get("8030")
    if value is not None:
        return value[:KEY_ID_LENGTH], _decoded(value[KEY_ID_LENGTH:], _base64url)
    return None


def _base64url(text: str) -> bytes:
    """The bytes that unpadded base64url (RFC 4648, section 5) spells; the one spelling of them, and no other.

    :raises ValueError: it is another.
    """
    data = urlsafe_b64decode(text + "==")
    if urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise ValueError("not the canonical spelling")
    return data


def _decoded(text: str, decode: Callable[[str], bytes]) -> bytes:
    try:
        return decode(text)
    except (KeyError, ValueError):
        return b""


def _signature_proof(presented: tuple[str, bytes], gtin: str, serial: str, org_id: str, keyring: Keyring) -> Proof:
    kid, signature = presented
    key = keyring.signing.get(kid)
    if key is None or key.org_id != org_id:
        return Proof.UNKNOWN_KEY
    try:
        key.public_key.verify(signature, signing_input(kid, f"(01){gtin}(21){serial}"))
    except InvalidSignature:
        return Proof.BAD_SIGNATURE
    return Proof.REVOKED_KEY if key.revoked_at is not None else Proof.SIGNED
