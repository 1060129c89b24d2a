"""The serial (GS1 AI 21): 20 characters that prove themselves.

A serial is FF1 (NIST SP 800-38G, radix 32, 20 numerals, the GTIN as tweak) over 100 bits::

    redundancy (40, all zero) | key number (4) | batch number (26) | index (30)

Unsealing needs no store: a made-up serial, a damaged one, or one moved to another GTIN decrypts to noise, and
passes for genuine with probability 2**-40. Batch and index come out of it, so a unit needs no row until it is seen.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from schemas import base32, serial_array

LENGTH = 20
KEY_NUMBERS = 1 << 4
BATCH_NUMBERS = 1 << 26
INDEXES = 1 << 30

_HALF_BITS = 50
_HALF = (1 << _HALF_BITS) - 1
_TWEAK_BYTES = 8
_Words = serial_array.Words
_Flags = serial_array.Flags

_ROUNDS_BACKWARDS = [number << 56 for number in reversed(range(10))]
# Step 5 of algorithm 7 for radix 32, n = 20, u = 10 and a tweak of 8 bytes: a constant, so one block a round is left.
_P = bytes([1, 2, 1, 0, 0, 32, 10, 10]) + LENGTH.to_bytes(4) + _TWEAK_BYTES.to_bytes(4)


class UnitNumber(NamedTuple):
    """What a serial says: which key sealed it, the batch's number within its organisation, the index in the batch."""

    key_number: int
    batch_number: int
    index: int  # type: ignore[assignment] # hides tuple.index, which nobody asks of three numbers


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
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 -- FF1 is defined over the raw block cipher
        self._block = cipher.encryptor().update
        self._chain = int.from_bytes(self._block(_P))
        # Threads can share an encryptor for single blocks, but not for data that it works on without Python's lock.
        self._cipher = serial_array.BlockCipher(lambda: cipher.encryptor().update_into, self._chain)

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
        block, number, chain = self._block, int.from_bytes, self._chain ^ int(gtin) << 64
        for step in _ROUNDS_BACKWARDS:
            mask = number(block((chain ^ step ^ left).to_bytes(16, "big")), "big") >> 32
            left, right = (right - mask) & _HALF, left
        payload = left << _HALF_BITS | right
        if payload >> 56 != self.key_number:
            return None
        return UnitNumber(self.key_number, payload >> 30 & BATCH_NUMBERS - 1, payload & INDEXES - 1)

    def seal_range(self, gtin: str, batch_number: int, first: int, count: int) -> list[str]:
        """The serials of ``count`` units from index ``first`` on: what :meth:`seal` gives for each, made at once.

        Memory is some 200 bytes a serial; take long ranges in portions.

        :raises ValueError: the batch number or an index is outside its field, or ``count`` is negative.
        """
        if not (0 <= batch_number < BATCH_NUMBERS and 0 <= first <= first + count <= INDEXES):
            raise ValueError(
                f"batch number {batch_number} or indexes {first} to {first + count - 1} are outside their field"
            )
        if not count:
            return []
        payload = (self.key_number << 26 | batch_number) << 30
        # An index has 30 bits and starts at a multiple of 2**30: it never carries into the left half.
        right = np.arange(first, first + count, dtype=np.uint64) | np.uint64(payload & _HALF)
        left = np.full(count, payload >> _HALF_BITS, dtype=np.uint64)
        tweaks = np.full(count, int(gtin), dtype=np.uint64)
        return serial_array.spell(*serial_array.permute(self._cipher, tweaks, left, right))

    def unseal_many(self, gtins: str | Sequence[str], serials: Sequence[str]) -> list[UnitNumber | None]:
        """What each serial says: what :meth:`unseal` gives for each, worked out at once.

        ``gtins`` is one GTIN for all, or as many as there are serials.

        :raises ValueError: there are more or fewer GTINs than serials.
        """
        return unseal_groups(gtins, serials, [((self,), range(len(serials)))])

    def unseal_halves(self, tweaks: _Words, left: _Words, right: _Words) -> tuple[_Words, _Words, _Flags]:
        """Payloads in two halves, and which of them are ones of this key."""
        left, right = serial_array.restore(self._cipher, tweaks, left, right)
        # The left half of a payload is redundancy (40 bits), key number (4) and the batch number's upper 6 bits.
        return left, right, left >> np.uint64(6) == np.uint64(self.key_number)


def unseal_groups(
    gtins: str | Sequence[str], serials: Sequence[str], groups: Iterable[tuple[Sequence[Sealer], Sequence[int]]]
) -> list[UnitNumber | None]:
    """What each serial says under the first of its group's sealers that unseals it; a group has sealers and places.

    A place that is in no group is None.

    :raises ValueError: there are more or fewer GTINs than serials.
    """
    count = len(serials)
    if isinstance(gtins, str):
        tweaks = np.full(count, int(gtins), dtype=np.uint64)
    elif len(gtins) == count:
        tweaks = np.array(list(map(int, gtins)), dtype=np.uint64)
    else:
        raise ValueError(f"{len(gtins)} GTINs for {count} serials")
    left, right, good = serial_array.read(serials)
    found: list[UnitNumber | None] = [None] * count
    for sealers, members in groups:
        places = np.fromiter(members, dtype=np.intp, count=len(members))
        places = places[good[places]]
        for sealer in sealers:
            if not len(places):
                break
            high, low, own = sealer.unseal_halves(tweaks[places], left[places], right[places])
            batches = (high[own] & np.uint64(63)) << np.uint64(20) | low[own] >> np.uint64(30)
            indexes = low[own] & np.uint64(INDEXES - 1)
            units = map(UnitNumber, repeat(sealer.key_number), batches.tolist(), indexes.tolist())
            for place, unit in zip(places[own].tolist(), units, strict=True):
                found[place] = unit
            places = places[~own]
    return found
