"""Enrolment of a device and rotation of its key: it makes a key, proves that it has the private part, and saves it.

A key is on disk before it is sent, in a folder that :func:`firmware_sim.device.keys.load_keys` does not read until the
platform has answered: after a failure the same command may be repeated, with the same key.
"""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.keys import ReaderKey, load_key, save_key
from schemas import enrolment
from schemas.errors import Misconfigured, Rejected, Retryable
from schemas.topics import Address

_TIMEOUT_S = 30.0
_PENDING = "pending"


class EnrolmentRefused(Rejected):
    """Raised when the platform answers with a problem; the detail is its own."""


class PlatformUnavailable(Retryable):
    """Raised when the platform can't be reached: the same command may succeed later, with the same key."""


def enrol(url: str, folder: Path, address: Address, kid: bytes, token: str) -> ReaderKey:
    """Redeem ``token`` at ``url`` (scheme and host of the resolver, or of the gateway's HTTP capture) with a new key.

    :raises Misconfigured: the token is for another reader than ``address``.
    :raises EnrolmentRefused: the token or the key is refused.
    :raises PlatformUnavailable: the platform does not answer.
    """
    made = _pending_key(folder, address, kid)
    public = made.key.public_key().public_bytes_raw()
    body = {
        "token": token,
        "kid": kid.hex(),
        "public_key": public.hex(),
        "proof": made.key.sign(enrolment.enrolment_text(token, kid, public)).hex(),
    }
    answer = _post(url, "/enrolments/redemption", body)
    if (answer.get("org_id"), answer.get("reader_id")) != (address.org_id, address.reader_id):
        raise Misconfigured(f"the token enrolled {answer.get('org_id')}/{answer.get('reader_id')}: use that name")
    return _accepted(folder, made)


def rotate(url: str, folder: Path, old: ReaderKey, new_kid: bytes) -> ReaderKey:
    """Enrol a new key beside the old one, which signs for it. The old one stays valid until it is revoked.

    :raises EnrolmentRefused: the old key is not valid any more, or the new key id is taken.
    :raises PlatformUnavailable: the platform does not answer.
    """
    made = _pending_key(folder, old.address, new_kid)
    public = made.key.public_key().public_bytes_raw()
    keys = f"/readers/{old.address.org_id}/{old.address.reader_id}/keys"
    nonce = bytes.fromhex(str(_post(url, f"{keys}/nonce", {})["nonce"]))
    text = enrolment.rotation_text(old.address, old.kid, new_kid, public, nonce)
    body = {
        "kid": old.kid.hex(),
        "new_kid": new_kid.hex(),
        "public_key": public.hex(),
        "nonce": nonce.hex(),
        "signature": old.key.sign(text).hex(),
        "proof": made.key.sign(text).hex(),
    }
    _post(url, keys, body)
    return _accepted(folder, made)


def _pending_key(folder: Path, address: Address, kid: bytes) -> ReaderKey:
    """A new key, or that of an earlier attempt, saved where it is not used yet."""
    path = _place(folder / _PENDING, address, kid)
    if path.exists():
        return ReaderKey(address, kid, load_key(path))
    made = ReaderKey(address, kid, Ed25519PrivateKey.generate())
    save_key(folder / _PENDING, made)
    return made


def _accepted(folder: Path, made: ReaderKey) -> ReaderKey:
    """The pending key, moved to where it is used.

    :raises FileExistsError: there is one of this name; a key is never overwritten.
    """
    place = _place(folder, made.address, made.kid)
    if place.exists():
        raise FileExistsError(f"{place} exists; a key is never overwritten")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _place(folder / _PENDING, made.address, made.kid).rename(place)
    return made


def _place(folder: Path, address: Address, kid: bytes) -> Path:
    return folder / address.org_id / address.reader_id / f"{kid.decode()}.pem"


def _post(url: str, path: str, body: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an http(s) URL")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request(
            "POST", parts.path.rstrip("/") + path, json.dumps(body), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        answer = json.loads(response.read(1 << 16))
    except (OSError, HTTPException, ValueError) as error:
        raise PlatformUnavailable(f"{url}: {type(error).__name__}: {error}") from None
    finally:
        connection.close()
    if not isinstance(answer, dict) or response.status >= 500:
        raise PlatformUnavailable(f"{url} answers {response.status}")
    if response.status >= 400:
        raise EnrolmentRefused(str(answer.get("reason", "refused")), f"{answer.get('detail')} {answer.get('fix', '')}")
    return answer
