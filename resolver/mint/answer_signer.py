"""The key that signs the resolver's answers and evidence bundles: Ed25519 (RFC 8032)."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class AnswerSigner:
    """Signs; only the public half can be read from it."""

    _private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The public half."""
        return self._private_key.public_key()

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature over ``data``."""
        return self._private_key.sign(data)


def read_signer(pem: bytes) -> AnswerSigner:
    """The key in an unencrypted PKCS #8 file.

    :raises Misconfigured: it has no Ed25519 key.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise Misconfigured(f"SUYUAN_ANSWER_KEY_FILE holds no unencrypted private key ({error})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured("SUYUAN_ANSWER_KEY_FILE holds no Ed25519 key; make one: openssl genpkey -algorithm ed25519")
    return AnswerSigner(key)
