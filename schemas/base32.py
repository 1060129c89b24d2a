"""Crockford's base 32: the alphabet of serials and signatures.

It stays within the alphanumeric mode of QR (ISO/IEC 18004) and has no look-alikes: I, L, O and U are not used,
and :func:`normalise` reads what a person may have typed instead. Five bits a character, most significant first.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
# int() reads base 32 in the digits of RFC 4648's base32hex. Everything else becomes a character that it refuses, so
# that its own liberties (signs, spaces, underscores, either case) are not ours.
_DIGITS = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[ALPHABET.index(chr(code))] if chr(code) in ALPHABET else ord("!")
    for code in range(256)
)
_NORMAL = str.maketrans(
    {**{c.lower(): c for c in ALPHABET if c.isalpha()}, **dict.fromkeys("iIlL", "1"), "o": "0", "O": "0"}
)


def normalise(text: str) -> str:
    """``text`` with lower case raised and look-alikes resolved (I and L read as 1, O as 0)."""
    return text.translate(_NORMAL)


def encode(value: int, length: int) -> str:
    """``value`` in exactly ``length`` characters.

    :raises OverflowError: ``value`` is negative or needs more than ``5 * length`` bits.
    """
    if value < 0 or value >> (5 * length):
        raise OverflowError(f"{value} does not fit {length} base-32 characters")
    pairs = [_PAIRS[value >> shift & 1023] for shift in range(5 * length - 10, -1, -10)]
    return "".join(pairs) if length % 2 == 0 else "".join(pairs) + ALPHABET[value & 31]


def decode(text: str) -> int:
    """The number that ``text`` spells; the alphabet must be exact (see :func:`normalise`).

    :raises KeyError: a character is not in the alphabet.
    """
    try:
        return int(text.encode("ascii").translate(_DIGITS), 32) if text else 0
    except ValueError:
        raise KeyError(text) from None


def encode_bytes(data: bytes) -> str:
    """``data`` in ``ceil(8 * len / 5)`` characters, padded with zero bits at the end."""
    bits = 8 * len(data)
    length = -(-bits // 5)
    return encode(int.from_bytes(data) << (5 * length - bits), length)


def decode_bytes(text: str, size: int) -> bytes:
    """The ``size`` bytes that ``text`` spells.

    :raises KeyError: a character is not in the alphabet.
    :raises ValueError: the length is wrong or the padding bits are not zero (there is one spelling per value).
    """
    length = -(-8 * size // 5)
    if len(text) != length:
        raise ValueError(f"{size} bytes take {length} characters, not {len(text)}")
    padding = 5 * length - 8 * size
    value = decode(text)
    if value & ((1 << padding) - 1):
        raise ValueError("the padding bits are not zero")
    return (value >> padding).to_bytes(size)
