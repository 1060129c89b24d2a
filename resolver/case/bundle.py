"""Evidence bundles: a ZIP file with a manifest of SHA-256 hashes, and Ed25519's signature over the manifest. Pure.

The same files give the same bytes: names in order, no compression, every date the same. Whoever has the published
keys can tell that nothing was added, left out or changed since.
"""

import json
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from resolver.label.zip_stream import zipped_portions
from resolver.web.signatures import AnswerKey, read_directory
from schemas.errors import Misconfigured, Rejected

FORMAT = "suyuan/v1/evidence-bundle"
MANIFEST, SIGNATURE = "manifest.json", "manifest.signature.json"
MAX_BYTES = 2 << 30


class BrokenBundle(Rejected):
    """Raised when a bundle is not what was signed; ``reason`` says which part."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle that is what was signed: how many files it has, and by which key it was signed."""

    files: int
    key_id: str
    published: bool
    """Whether the key was found among published ones; else it is only the bundle's own word."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a bundle: its name, its size in bytes, its SHA-256, and its content, which comes in portions."""

    name: str
    size: int
    sha256: bytes
    portions: Iterable[bytes]


def member_of(name: str, content: bytes) -> Member:
    """A small file, whose content is in memory."""
    return Member(name, len(content), sha256(content).digest(), (content,))


def stream(members: Iterable[Member], key: AnswerKey) -> Iterator[bytes]:
    """The bundle of ``members``, signed by ``key``, in pieces: no more of it than a portion is in memory."""
    ordered = sorted(members, key=lambda member: member.name)
    listed = [{"name": each.name, "size": each.size, "sha256": each.sha256.hex()} for each in ordered]
    manifest = _json({"format": FORMAT, "files": listed})
    signature = {"key": key.jwk(), "signature": b64encode(key.signer.sign(_base(manifest))).decode()}
    entries: list[tuple[str, Iterable[bytes]]] = [(MANIFEST, (manifest,)), (SIGNATURE, (_json(signature),))]
    return zipped_portions([*entries, *((each.name, each.portions) for each in ordered)], compress=False)


def verify(data: bytes, published: bytes | None = None) -> Verified:
    """Check a bundle. ``published``: a saved /.well-known/http-message-signatures-directory, None for none.

    :raises BrokenBundle: something was added, left out or changed, or the signature is by another key.
    :raises Misconfigured: ``published`` is no set of keys.
    """
    members = _members(data)
    if MANIFEST not in members or SIGNATURE not in members:
        raise BrokenBundle("no_manifest", f"it has no {MANIFEST} or no {SIGNATURE}")
    key_id, is_published = _require_signature(members[MANIFEST], members[SIGNATURE], published)
    try:
        manifest = json.loads(members[MANIFEST])
        listed = {str(entry["name"]): str(entry["sha256"]) for entry in manifest["files"]}
        form = manifest["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenBundle("no_manifest", f"{MANIFEST} is unreadable ({error})") from None
    if form != FORMAT:
        raise BrokenBundle("format", f"{form!r} is not {FORMAT}")
    there = members.keys() - {MANIFEST, SIGNATURE}
    for name in sorted(there - listed.keys()):
        raise BrokenBundle("added", f"{name} was added")
    for name in sorted(listed):
        if name not in there:
            raise BrokenBundle("missing", f"{name} is missing")
        if sha256(members[name]).hexdigest() != listed[name]:
            raise BrokenBundle("changed", f"{name} was changed")
    return Verified(len(listed), key_id, is_published)


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len({entry.filename for entry in entries}) != len(entries):
                raise BrokenBundle("added", "a name stands in it twice")
            if sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise BrokenBundle("too_large", f"it unpacks to more than {MAX_BYTES} bytes")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BrokenBundle("no_zip", f"it is no whole ZIP file ({error})") from None


def _require_signature(manifest: bytes, text: bytes, published: bytes | None) -> tuple[str, bool]:
    try:
        document = json.loads(text)
        own = read_directory(json.dumps({"keys": [document["key"]]}).encode())
        signature = b64decode(document["signature"], validate=True)
        ((key_id, key),) = own.items()
    except (ValueError, KeyError, TypeError, Misconfigured) as error:
        raise BrokenBundle("signature", f"{SIGNATURE} is unreadable ({error})") from None
    if published is not None:
        keys = read_directory(published)
        if key_id not in keys:
            raise BrokenBundle("unknown_key", f"key {key_id} is not among the published ones")
        key = keys[key_id]
        if key.revoked_at is not None:
            raise BrokenBundle("revoked_key", f"key {key_id} was revoked on {key.revoked_at:%Y-%m-%d}")
    _require_signed(key.public_key, signature, manifest)
    return key_id, published is not None


def _require_signed(key: Ed25519PublicKey, signature: bytes, manifest: bytes) -> None:
    try:
        key.verify(signature, _base(manifest))
    except InvalidSignature:
        raise BrokenBundle("signature", "the signature is not over this manifest") from None


def _base(manifest: bytes) -> bytes:
    """What is signed: the manifest, in a domain of its own."""
    return FORMAT.encode() + b"\n" + manifest


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
