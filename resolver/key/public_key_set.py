"""Checking signed codes with published keys alone: no network, no store, no secret. Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from datetime import datetime
from typing import Any

import orjson

from schemas.errors import Misconfigured
from schemas.keys import Issuer, Keyring, SigningKey
from schemas.public_key import read_public_key


def key_set(keyring: Keyring) -> dict[str, Any]:
    """The public signing keys as a JWK set (RFC 7517, RFC 8037), each with whose GTINs it may sign, and when."""
    prefixes: dict[str, list[str]] = defaultdict(list)
    for prefix, issuer in sorted(keyring.prefixes.items()):
        prefixes[issuer.org_id].append(prefix)
    return {"keys": [_jwk(key, prefixes[key.org_id]) for key in keyring.signing.values()]}


def read_key_set(text: bytes) -> Keyring:
    """The keyring in a JWK set that :func:`key_set` made. Its issuers can't unseal anything.

    :raises Misconfigured: the text is no such key set.
    """
    try:
        entries = orjson.loads(text)["keys"]
        signing = {entry["kid"]: _signing_key(entry) for entry in entries}
        prefixes = {prefix: Issuer(entry["org"], ()) for entry in entries for prefix in entry["gtin_prefixes"]}
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"the keys file is no key set ({type(error).__name__}: {error}); save /.well-known/jwks.json"
        ) from None
    return Keyring(prefixes, signing)


def _jwk(key: SigningKey, prefixes: list[str]) -> dict[str, Any]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": key.kid,
        "x": urlsafe_b64encode(key.public_key.public_bytes_raw()).rstrip(b"=").decode(),
        "org": key.org_id,
        "gtin_prefixes": prefixes,
        "not_before": key.not_before.isoformat(),
        "not_after": key.not_after.isoformat(),
        "revoked_at": None if key.revoked_at is None else key.revoked_at.isoformat(),
    }


def _signing_key(entry: dict[str, Any]) -> SigningKey:
    revoked = entry["revoked_at"]
    return SigningKey(
        kid=entry["kid"],
        org_id=entry["org"],
        public_key=read_public_key(urlsafe_b64decode(entry["x"] + "=")),
        not_before=datetime.fromisoformat(entry["not_before"]),
        not_after=datetime.fromisoformat(entry["not_after"]),
        revoked_at=None if revoked is None else datetime.fromisoformat(revoked),
    )
