"""Minting: the codes of a range of units from one recipe. Pure: the same recipe gives the same bytes.

A recipe holds keys and can be sent to another process, so that all cores can mint.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import base32, code
from schemas.opening import inner_uri
from schemas.serial import Sealer

PORTION = 1000
"""Codes made in one piece."""


class Layer(StrEnum):
    """Which of a unit's codes: the one on the pack, or the covert one inside it (涂层码)."""

    OUTER = "outer"
    INNER = "inner"


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that minting needs. ``seal_key`` has 32 bytes and belongs to the layer.

    ``kid`` and ``signing_key`` (the 32-byte seed, RFC 8032) are None for sealed codes; covert codes are always sealed.
    """

    layer: Layer
    gtin: str
    batch_number: int
    key_number: int
    base_url: str
    seal_key: bytes = field(repr=False)
    kid: str | None = None
    signing_key: bytes | None = field(default=None, repr=False)


class MintedCode(NamedTuple):
    """One unit's code. ``uri`` is what a QR carries, ``element_string`` what a DataMatrix does (the URI when inner)."""

    unit_index: int
    serial: str
    item_id: str
    uri: str
    element_string: str


class Mint:
    """Makes codes by one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._sealer = Sealer(recipe.seal_key, recipe.key_number)
        self._key = None if recipe.signing_key is None else Ed25519PrivateKey.from_private_bytes(recipe.signing_key)

    def codes(self, indexes: range) -> list[MintedCode]:
        """The codes of these units.

        :raises ValueError: an index is outside a serial's field.
        """
        recipe, gtin = self.recipe, self.recipe.gtin
        serials = self._sealer.seal_range(gtin, recipe.batch_number, indexes.start, len(indexes))
        stem = f"01/{gtin}/21/"
        pairs = zip(indexes, serials, strict=True)
        if recipe.layer is Layer.INNER:
            begin = inner_uri(recipe.base_url, gtin, "")
            return [MintedCode(i, serial, stem + serial, begin + serial, begin + serial) for i, serial in pairs]
        element = f"(01){gtin}(21)"
        if self._key is None or recipe.kid is None:
            begin = code.uri(recipe.base_url, gtin, "")
            return [MintedCode(i, serial, stem + serial, begin + serial, element + serial) for i, serial in pairs]
        sign, before = self._key.sign, code.signing_input(recipe.kid, element)
        signatures = [sign(before + serial.encode()) for serial in serials]
        root = recipe.base_url.upper().rstrip("/")
        path = f"/01/{gtin}/21/"
        return [
            MintedCode(
                index,
                serial,
                stem + serial,
                f"{root}/{recipe.kid}{spelled}{path}{serial}",
                f"{element}{serial}(8030){recipe.kid}{urlsafe_b64encode(signature)[:-2].decode()}",
            )
            for index, serial, signature, spelled in zip(
                indexes, serials, signatures, spelled_signatures(signatures), strict=True
            )
        ]

    def portions(self, indexes: range, size: int = PORTION) -> Iterator[list[MintedCode]]:
        """The codes of a long range, ``size`` at a time."""
        for first in range(indexes.start, indexes.stop, size):
            yield self.codes(range(first, min(first + size, indexes.stop)))


_WEIGHTS = np.array([16, 8, 4, 2, 1], dtype=np.uint8)
_LETTERS = np.frombuffer(base32.ALPHABET.encode(), dtype=np.uint8)


def spelled_signatures(signatures: Sequence[bytes]) -> list[str]:
    """Each 64-byte signature in 103 base-32 characters, as :func:`schemas.base32.encode_bytes` spells one."""
    count, length = len(signatures), code.SIGNATURE_LENGTH
    if not count:
        return []
    bits = np.zeros((count, 5 * length), dtype=np.uint8)
    bits[:, :512] = np.unpackbits(np.frombuffer(b"".join(signatures), dtype=np.uint8).reshape(count, 64), axis=1)
    text = _LETTERS[bits.reshape(count, length, 5) @ _WEIGHTS].tobytes().decode("ascii")
    return [text[at : at + length] for at in range(0, count * length, length)]
