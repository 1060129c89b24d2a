"""FF1, the format-preserving permutation of NIST SP 800-38G, for any radix and length.

This is the readable form: it follows the standard's step numbers and is what the fast path of
:mod:`schemas.serial` is tested against. Numerals are lists of integers in ``range(radix)``.
"""

from collections.abc import Sequence
from math import ceil, log2

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROUNDS = 10
SMALLEST_DOMAIN = 1_000_000
"""SP 800-38G Rev. 1 (draft), section 5.1: radix**length must be at least a million."""


def _number(numerals: Sequence[int], radix: int) -> int:
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def _numerals(value: int, radix: int, length: int) -> list[int]:
    out = [0] * length
    for position in range(length - 1, -1, -1):
        value, out[position] = divmod(value, radix)
    return out


class FF1:
    """FF1 under one AES key (16, 24 or 32 bytes) and one radix (2 to 65,536)."""

    def __init__(self, key: bytes, radix: int) -> None:
        if not 2 <= radix <= 1 << 16:
            raise ValueError(f"radix {radix} is outside 2 to 65,536")
        self._encrypt_block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 -- FF1 is defined over the raw block cipher
        self._radix = radix

    def encrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """The permuted numerals, of the same length (SP 800-38G, algorithm 7)."""
        return self._feistel(numerals, tweak, forward=True)

    def decrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """The numerals whose permutation was given (SP 800-38G, algorithm 8)."""
        return self._feistel(numerals, tweak, forward=False)

    def _feistel(self, numerals: Sequence[int], tweak: bytes, *, forward: bool) -> list[int]:
        radix, n, t = self._radix, len(numerals), len(tweak)
        if n < 2 or radix**n < SMALLEST_DOMAIN:
            raise ValueError(f"{n} numerals of radix {radix} are too small a domain")
        if any(not 0 <= numeral < radix for numeral in numerals):
            raise ValueError(f"a numeral is outside radix {radix}")
        u = n // 2
        v = n - u
        b = ceil(ceil(v * log2(radix)) / 8)
        d = 4 * ceil(b / 4) + 4
        p = bytes([1, 2, 1]) + radix.to_bytes(3) + bytes([10, u % 256]) + n.to_bytes(4) + t.to_bytes(4)
        left, right = list(numerals[:u]), list(numerals[u:])
        for i in range(ROUNDS) if forward else reversed(range(ROUNDS)):
            source, target = (right, left) if forward else (left, right)
            q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + _number(source, radix).to_bytes(b)
            y = int.from_bytes(self._expand(self._cbc_mac(p + q), d))
            m = u if i % 2 == 0 else v
            mixed = (_number(target, radix) + (y if forward else -y)) % radix**m
            digits = _numerals(mixed, radix, m)
            left, right = (right, digits) if forward else (digits, left)
        return left + right

    def _cbc_mac(self, data: bytes) -> bytes:
        block = bytes(16)
        for offset in range(0, len(data), 16):
            block = self._encrypt_block(_xor(block, data[offset : offset + 16]))
        return block

    def _expand(self, r: bytes, size: int) -> bytes:
        out = r
        for j in range(1, ceil(size / 16)):
            out += self._encrypt_block(_xor(r, j.to_bytes(16)))
        return out[:size]


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a) ^ int.from_bytes(b)).to_bytes(16)
