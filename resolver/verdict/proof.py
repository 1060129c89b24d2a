"""What a code's proof says of its item, in two sets. Pure."""

from schemas.code import Proof

UNPROVEN = frozenset({Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY})
"""The proof failed: no item stands behind such a code, and the store is not queried for it."""

SEALED_HERE = frozenset({Proof.SIGNED, Proof.SEALED, Proof.REVOKED_KEY})
"""An organisation of this resolver sealed the code: the store may know its item."""
