"""The permutation of :mod:`schemas.serial` over many serials at once, with numpy: ten AES calls for all of them.

A serial is two halves of 50 bits. Halves and tweaks are ``uint64`` arrays of shape ``(n,)``. The functions give what
:mod:`schemas.serial` gives for one serial; nothing here knows what a payload means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas import base32

Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BlockCipher:
    """FF1's block cipher under one key: AES-ECB of whole blocks, and the CBC state after the constant first block.

    ``encryptor`` gives a function, for one thread, of data and of a buffer for the result with 15 bytes to spare.
    """

    encryptor: Callable[[], Callable[[memoryview, bytearray], int]]
    chain: int


LENGTH = 20
ROUNDS = 10
HALF_BITS = 50

_HALF = np.uint64((1 << HALF_BITS) - 1)
# Step 6.iii of algorithm 7 keeps the first 12 bytes of a block, and modulo 32**10 leaves their low 50 bits: those eight
# bytes that end with the twelfth are enough.
_MASK_AT, _BLOCK = 4, 16
_SHIFTS = np.array([40, 30, 20, 10, 0], dtype=np.uint64)
_PAIR = np.uint64(1023)

_LETTERS = np.frombuffer(base32.ALPHABET.encode(), dtype=np.uint8)
# Two characters of text are one uint16, whatever the machine's byte order: both tables are built through the same view.
_SPELLED = np.ascontiguousarray(np.stack([np.repeat(_LETTERS, 32), np.tile(_LETTERS, 32)], axis=1)).view(np.uint16)[
    :, 0
]
_NO_PAIR = np.uint64(1 << 63)
_READ = np.full(1 << 16, _NO_PAIR, dtype=np.uint64)
_READ[_SPELLED] = np.arange(1024, dtype=np.uint64)


def permute(cipher: BlockCipher, tweaks: Words, left: Words, right: Words) -> tuple[Words, Words]:
    """FF1 forwards."""
    blocks = _Blocks(cipher, tweaks)
    for number in range(ROUNDS):
        left, right = right, (left + blocks.mask(number, right)) & _HALF
    return left, right


def restore(cipher: BlockCipher, tweaks: Words, left: Words, right: Words) -> tuple[Words, Words]:
    """FF1 backwards: undoes :func:`permute`."""
    blocks = _Blocks(cipher, tweaks)
    for number in reversed(range(ROUNDS)):
        left, right = (right - blocks.mask(number, left)) & _HALF, left
    return left, right


def spell(left: Words, right: Words) -> list[str]:
    """The 20 base-32 characters of each pair of halves."""
    pairs = np.empty((len(left), 10), dtype=np.uint64)
    np.right_shift(left[:, None], _SHIFTS, out=pairs[:, :5])
    np.right_shift(right[:, None], _SHIFTS, out=pairs[:, 5:])
    text = _SPELLED[pairs & _PAIR].tobytes().decode("ascii")
    return [text[start : start + LENGTH] for start in range(0, len(text), LENGTH)]


def read(serials: Sequence[str]) -> tuple[Words, Words, Flags]:
    """Both halves of each serial, and whether it is one: 20 characters of the alphabet. Others' halves are zero."""
    try:
        data = "".join(serials).encode("ascii")
    except UnicodeEncodeError:
        data = b""
    if len(data) != LENGTH * len(serials) or not set(map(len, serials)) <= {LENGTH}:
        # One that is none must not shift its neighbours.
        data = b"".join(
            [text.encode() if len(text) == LENGTH and text.isascii() else b"!" * LENGTH for text in serials]
        )
    pairs = _READ[np.frombuffer(data, dtype=np.uint16).reshape(-1, 10)]
    halves = np.bitwise_or.reduce(np.left_shift(pairs.reshape(-1, 2, 5) & _PAIR, _SHIFTS), axis=2, dtype=np.uint64)
    good = (np.bitwise_or.reduce(pairs, axis=1) & _NO_PAIR) == 0
    return halves[:, 0] * good, halves[:, 1] * good, good


class _Blocks:
    """One block for each serial, and room for what they are encrypted to."""

    def __init__(self, cipher: BlockCipher, tweaks: Words) -> None:
        count = len(tweaks)
        self._encrypt = cipher.encryptor()
        self._low = cipher.chain & (1 << 64) - 1
        self._given = np.empty((count, 2), dtype=">u8")
        self._given[:, 0] = tweaks ^ np.uint64(cipher.chain >> 64)
        self._second = self._given[:, 1]
        self._bytes = self._given.data.cast("B")
        self._room = bytearray(_BLOCK * count + _BLOCK - 1)
        self._masks = np.ndarray(count, dtype=">u8", buffer=self._room, offset=_MASK_AT, strides=(_BLOCK,))

    def mask(self, number: int, half: Words) -> Words:
        """What round ``number`` adds; the bits above a half's 50 mean nothing."""
        np.bitwise_xor(half, np.uint64(self._low ^ number << 56), out=self._second, casting="equiv")
        self._encrypt(self._bytes, self._room)
        return self._masks.astype(np.uint64)
