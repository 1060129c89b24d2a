"""COSE_Sign1 (RFC 9052, section 4.2) with Ed25519: the envelope of a signed batch.

Only what the protocol uses: algorithm EdDSA, key id and content type in the protected header, payload inside.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from reprlib import repr as short

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.errors import InvalidMessage

TAG = 18
EDDSA = -8
CBOR = 60
JSON = 50
"""CoAP content formats (RFC 7252, section 12.3) of the two payload types."""

_ALG, _CRITICAL, _CONTENT_TYPE, _KID = 1, 2, 3, 4
_SIGNATURE_BYTES = 64
_TAGGED = bytes([0xC0 | TAG])
_ARRAY_OF_FOUR, _EMPTY_MAP = b"\x84", b"\xa0"
_ARGUMENT_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}
"""Bytes behind the initial one that give a length (RFC 8949, section 3), by additional information."""
_OTHER_FORM_BYTES = 16 * 1024
"""So long may an envelope be that is encoded in another form than the shortest: it is decoded before it is verified."""


@dataclass(frozen=True, slots=True)
class Sign1:
    """An opened envelope whose signature has not been checked yet."""

    protected: bytes
    kid: bytes
    content_type: int
    payload: bytes
    signature: bytes

    def verify(self, key: Ed25519PublicKey) -> None:
        """Check the signature.

        :raises InvalidMessage: ``bad_signature``.
        """
        try:
            key.verify(self.signature, _to_be_signed(self.protected, self.payload))
        except InvalidSignature:
            raise InvalidMessage("bad_signature", "the signature does not fit payload and key") from None


def sign(payload: bytes, *, content_type: int, kid: bytes, key: Ed25519PrivateKey) -> bytes:
    """The tagged COSE_Sign1 message around ``payload``."""
    protected = cbor2.dumps({_ALG: EDDSA, _CONTENT_TYPE: content_type, _KID: kid})
    signature = key.sign(_to_be_signed(protected, payload))
    return cbor2.dumps(cbor2.CBORTag(TAG, [protected, {}, payload, signature]))


def open_envelope(message: bytes) -> Sign1:
    """The parts of a COSE_Sign1 message, with its tag (18) or without.

    :raises InvalidMessage: ``unreadable`` when it is no such message, ``unsupported`` when it uses another algorithm
        or content type.
    """
    protected, payload, signature = _parts(message.removeprefix(_TAGGED))
    kid, content_type = (_known_header if len(protected) <= _SHORT_HEADER else _header)(protected)
    return Sign1(protected, kid, content_type, payload, signature)


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload and signature, found by their heads: nothing is decoded for whoever did not sign it."""
    if data[:1] == _ARRAY_OF_FOUR:
        protected, position = _byte_string(data, 1)
        if data[position : position + 1] == _EMPTY_MAP:
            payload, position = _byte_string(data, position + 1)
            signature, position = _byte_string(data, position)
            if position == len(data) and len(signature) == _SIGNATURE_BYTES:
                return protected, payload, signature
    if len(data) <= _OTHER_FORM_BYTES:
        match decode(data):
            case [bytes(protected), dict(), bytes(payload), bytes(signature)] if len(signature) == _SIGNATURE_BYTES:
                return protected, payload, signature
    raise InvalidMessage("unreadable", "not a COSE_Sign1 array of protected, unprotected, payload, signature")


def _byte_string(data: bytes, position: int) -> tuple[bytes, int]:
    """The byte string of definite length whose head stands at ``position``, and where it ends (RFC 8949, section 3)."""
    major, info = divmod(data[position], 32) if position < len(data) else (0, 0)
    argument = _ARGUMENT_BYTES.get(info, 0)
    start = position + 1 + argument
    length = int.from_bytes(data[position + 1 : start]) if argument else info
    if major != 2 or info > 27 or start + length > len(data):
        raise InvalidMessage("unreadable", f"no byte string at byte {position}")
    return data[start : start + length], start + length


def _header(protected: bytes) -> tuple[bytes, int]:
    """Key id and content type in a protected header."""
    header = decode(protected)
    if not isinstance(header, dict):
        raise InvalidMessage("unreadable", "the protected header is not a map")
    algorithm, content_type, kid = header.get(_ALG), header.get(_CONTENT_TYPE), header.get(_KID)
    if _CRITICAL in header:
        raise InvalidMessage("unsupported", "the protected header names critical parameters (2); none are understood")
    if algorithm != EDDSA:
        raise InvalidMessage("unsupported", f"algorithm {short(algorithm)}; use EdDSA ({EDDSA})")
    if content_type not in (CBOR, JSON):
        raise InvalidMessage("unsupported", f"content type {short(content_type)}; use {CBOR} (CBOR) or {JSON} (JSON)")
    if not isinstance(kid, bytes):
        raise InvalidMessage("unreadable", "the protected header has no key id (4) of bytes")
    return kid, content_type


# A reader's header is the same in each of its messages. Whoever sends long or many ones fills no memory.
_known_header = lru_cache(maxsize=10_000)(_header)
_SHORT_HEADER = 64


def decode(data: bytes) -> object:
    """One CBOR item that fills ``data`` exactly and has no tags in it.

    :raises InvalidMessage: ``unreadable`` for anything else, however it is broken.
    """
    _refuse_tags(data)
    stream = BytesIO(data)
    try:
        value: object = cbor2.load(stream)
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        MemoryError,
        ArithmeticError,
    ) as error:
        raise InvalidMessage("unreadable", f"not CBOR: {type(error).__name__}: {error}") from None
    if stream.tell() != len(data):
        raise InvalidMessage("unreadable", f"{len(data) - stream.tell()} bytes behind the CBOR item")
    return value


def _step(initial: int) -> int | None:
    """How far it is from one CBOR head to the next (RFC 8949, section 3), or 0 for what is refused.

    A string's own bytes are part of the way; None when its length stands behind the initial byte.
    """
    major, info = divmod(initial, 32)
    if major == 6 or 28 <= info <= 30:
        return 0
    if major in (2, 3):
        return None if info in _ARGUMENT_BYTES else 1 + info % 31
    return 1 + _ARGUMENT_BYTES.get(info, 0)


_STEPS = [_step(initial) for initial in range(256)]


def _refuse_tags(data: bytes) -> None:
    """Go from head to head before the decoder does.

    Tags would let a small message become a large one (shared references) or a slow one (regular expressions).
    """
    position, end, steps = 0, len(data), _STEPS
    while position < end:
        step = steps[data[position]]
        if step is None:
            argument = position + 1 + _ARGUMENT_BYTES[data[position] & 31]
            step = argument - position + int.from_bytes(data[position + 1 : argument])
        elif step == 0:
            raise InvalidMessage(
                "unreadable", f"byte {position} begins a CBOR tag or a reserved form, which has no use"
            )
        position += step


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])
