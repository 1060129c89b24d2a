"""Ed25519 public keys (RFC 8032) as they are taken in: which 32 bytes may be one. Pure.

A key of small order fits signatures that nobody made, over any text, and one point can be spelled in two ways where an
encoding is not the canonical one. Libraries differ in what they do with either, so that neither is taken in anywhere:
who signed what would depend on who checks it (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", SSR 2020).
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 32
PRIME = 2**255 - 19
"""The field's (RFC 8032, section 5.1)."""

_D = -121665 * pow(121666, -1, PRIME) % PRIME
_SIGN = 1 << 255
_Y_OF_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""A y of the points of order 8; the other one is its negative."""
_SMALL_ORDER = frozenset({0, 1, PRIME - 1, _Y_OF_ORDER_8, PRIME - _Y_OF_ORDER_8})
"""The y of the eight points whose order divides 8."""


def fault_of(key: bytes) -> str | None:
    """Why these bytes are no public key to be taken in, as the end of a sentence about it; None when they are one."""
    if len(key) != KEY_BYTES:
        return f"has {len(key)} bytes, not {KEY_BYTES}"
    encoded = int.from_bytes(key, "little")
    y = encoded % _SIGN
    if y >= PRIME:
        return "is not encoded canonically"
    if y in _SMALL_ORDER:
        return "is a point of small order: anybody can make signatures that fit it"
    if not _is_on_curve(y):
        return "is no point of the curve"
    return None


def read_public_key(key: bytes) -> Ed25519PublicKey:
    """The key in 32 bytes.

    :raises ValueError: :func:`fault_of` has something against it.
    """
    if fault := fault_of(key):
        raise ValueError(f"the public key {fault}")
    return Ed25519PublicKey.from_public_bytes(key)


def _is_on_curve(y: int) -> bool:
    """Whether x² = (y² - 1) / (d y² + 1) has a root (RFC 8032, section 5.1.3). The denominator is never 0."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME)
    return pow(square, (PRIME - 1) // 2, PRIME) == 1
