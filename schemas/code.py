"""Codes: the two grades, how they are written into a URI, and what one proves by itself.

*Sealed*: the serial alone; only a holder of the sealing key can check it. *Signed*: an Ed25519 signature as well,
which anyone can check offline with the public key. The signature covers the canonical element string and the key id,
not the host name, so a code outlives a move to another domain.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import base32
from schemas.digital_link import DigitalLink
from schemas.keys import KEY_ID_LENGTH, Keyring
from schemas.serial import LENGTH, UnitNumber

SIGNATURE_LENGTH = 103
"""Base-32 characters of a 64-byte signature; the last carries three zero bits."""

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
    def holds(self) -> bool:
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
    # GTIN and SSCC begin with one digit of their own before the company prefix; a GLN begins with the prefix.
    issuer = keyring.issuer_of("0" + link.value if link.key == "414" else link.value)
    if issuer is None:
        return Checked(Proof.FOREIGN, link.item_id)
    if link.key != "01" or link.serial is None:
        return Checked(Proof.FOREIGN, link.item_id, issuer.org_id)
    # A phone, a form or a person may have lowered the case or typed a look-alike: the seal decides, not the spelling.
    serial = base32.normalise(link.serial) if len(link.serial) == LENGTH else link.serial
    unit = next(filter(None, (sealer.unseal(link.value, serial) for sealer in issuer.sealers)), None)
    if unit is None:
        return Checked(Proof.FORGED, link.item_id, issuer.org_id)
    item_id = f"01/{link.value}/21/{serial}"
    if unit.key_number in issuer.revoked:
        return Checked(Proof.REVOKED_KEY, item_id, issuer.org_id, unit)
    presented = _presented_signature(link)
    if presented is None:
        return Checked(Proof.SEALED, item_id, issuer.org_id, unit)
    return Checked(
        _signature_proof(presented, link.value, serial, issuer.org_id, keyring), item_id, issuer.org_id, unit
    )


def check_signature(link: DigitalLink, keyring: Keyring) -> Checked:
    """What the code in ``link`` proves to someone who holds public keys only (issuers without sealers will do).

    FOREIGN when it carries no signature: then only the resolver can tell.
    """
    issuer = keyring.issuer_of(link.value) if link.key == "01" else None
    presented = _presented_signature(link)
    if issuer is None or presented is None or link.serial is None:
        return Checked(Proof.FOREIGN, link.item_id)
    serial = base32.normalise(link.serial) if len(link.serial) == LENGTH else link.serial
    proof = _signature_proof(presented, link.value, serial, issuer.org_id, keyring)
    return Checked(proof, f"01/{link.value}/21/{serial}" if proof.holds else link.item_id, issuer.org_id)


def _presented_signature(link: DigitalLink) -> tuple[str, bytes] | None:
    """Key id and signature, from the last stem segment (base 32) or from AI 8030 in the query (base64url).

    A signature that can't be decoded is presented all the same, and is empty: damage is not absence.
    """
    stem = base32.normalise(link.stem[-1]) if link.stem else ""
    if len(stem) > SHORTEST_STEM:
        return stem[:KEY_ID_LENGTH], _decoded(stem[KEY_ID_LENGTH:], lambda text: base32.decode_bytes(text, 64))
    for ai, value in parse_qsl(link.query, keep_blank_values=True):
        if ai == "8030":
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
