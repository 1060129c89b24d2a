"""The serial (GS1 AI 21): 20 characters that prove themselves.

A serial is FF1 (NIST SP 800-38G, radix 32, 20 numerals, the GTIN as tweak) over 100 bits::

    redundancy (40, all zero) | key number (4) | batch number (26) | index (30)

Unsealing needs no store: a made-up serial, a damaged one, or one moved to another GTIN decrypts to noise, and
passes for genuine with probability 2**-40. Batch and index come out of it, so a unit needs no row until it is seen.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from schemas import base32

LENGTH = 20
KEY_NUMBERS = 1 << 4
BATCH_NUMBERS = 1 << 26
INDEXES = 1 << 30

_HALF_BITS = 50
_HALF = (1 << _HALF_BITS) - 1
_PAYLOAD_BITS = 60
_TWEAK_BYTES = 8
# Step 5 of algorithm 7 for radix 32, n = 20, u = 10 and a tweak of 8 bytes: a constant, so one block a round is left.
_P = bytes([1, 2, 1, 0, 0, 32, 10, 10]) + LENGTH.to_bytes(4) + _TWEAK_BYTES.to_bytes(4)


@dataclass(frozen=True, slots=True)
class UnitNumber:
    """What a serial says: which key sealed it, the batch's number within its organisation, the index in the batch."""

    key_number: int
    batch_number: int
    index: int


class Sealer:
    """Seals and unseals serials under one organisation's key of one number.

    The key is secret and symmetric: whoever can unseal can also seal. It stays with gateway and resolver.
    """

    def __init__(self, key: bytes, key_number: int) -> None:
        if not 0 <= key_number < KEY_NUMBERS:
            raise ValueError(f"key number {key_number} is outside 0 to {KEY_NUMBERS - 1}")
        if len(key) != 32:
            raise ValueError(f"a sealing key has 32 bytes, not {len(key)}")
        self.key_number = key_number
        self._block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 -- FF1 is defined over the raw block cipher
        self._chain = int.from_bytes(self._block(_P))

    def seal(self, gtin: str, batch_number: int, index: int) -> str:
        """The serial of one unit. ``gtin`` has 14 digits.

        :raises ValueError: batch number or index is outside its field.
        """
        if not (0 <= batch_number < BATCH_NUMBERS and 0 <= index < INDEXES):
            raise ValueError(f"batch number {batch_number} or index {index} is outside its field")
        payload = (self.key_number << 26 | batch_number) << 30 | index
        left, right = payload >> _HALF_BITS, payload & _HALF
        block, chain = self._block, self._chain ^ int(gtin) << 64
        # Q = tweak | round | NUM(B): the tweak fills 8 bytes, the round 1, the half 7. Only the first d = 12 bytes of
        # the block count (step 6.iii), and of those the low 50 bits (modulo 32**10).
        for i in range(10):
            mask = int.from_bytes(block((chain ^ (i << 56 | right)).to_bytes(16))) >> 32
            left, right = right, (left + mask) & _HALF
        return base32.encode(left << _HALF_BITS | right, LENGTH)

    def unseal(self, gtin: str, serial: str) -> UnitNumber | None:
        """What ``serial`` says, or None when this key did not seal it for this GTIN.

        ``serial`` must be normalised (:func:`schemas.base32.normalise`); another alphabet or length gives None.
        """
        if len(serial) != LENGTH:
            return None
        try:
            value = base32.decode(serial)
        except KeyError:
            return None
        left, right = value >> _HALF_BITS, value & _HALF
        block, chain = self._block, self._chain ^ int(gtin) << 64
        for i in range(9, -1, -1):
            mask = int.from_bytes(block((chain ^ (i << 56 | left)).to_bytes(16))) >> 32
            left, right = (right - mask) & _HALF, left
        payload = left << _HALF_BITS | right
        if payload >> _PAYLOAD_BITS or payload >> 56 != self.key_number:
            return None
        return UnitNumber(self.key_number, payload >> 30 & BATCH_NUMBERS - 1, payload & INDEXES - 1)
