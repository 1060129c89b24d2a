"""Golden vectors: inputs and outputs of the contract, for people who write readers and checkers in other languages."""

import argparse
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import base32, code, cose, enrolment, event
from schemas.event import Action, Event, LocationSource
from schemas.geodesy import Position
from schemas.keys import seal_key
from schemas.receipt import Receipt, Rejection
from schemas.serial import Sealer
from schemas.topics import Address
from scripts import environment

FOLDER = environment.ROOT / "schemas" / "vectors"

ABOUT = "Test keys: published, so worth nothing. Written by scripts/vectors; bytes are hexadecimal."
ROOT = bytes(range(32))
READER_SEED = bytes(range(32, 64))
CODE_SEED = bytes(range(64, 96))
NEW_READER_SEED = bytes(range(96, 128))
ROTATION_NONCE = bytes(range(128, 128 + enrolment.NONCE_BYTES))
READER_KID = b"line-1-2026"
NEW_READER_KID = b"line-1-2027"
CODE_KID = "K1"
ORG, READER, SEQUENCE = "huadu", "line-1", 7
GTIN, OTHER_GTIN = "09521234000013", "09521234000020"
SSCC = "095212340000000013"
BASE = "https://id.example"
SENT_AT = 1_790_000_000_000_000
CLOCK_BOUND_S = 2
FIRMWARE = "2.4.1"


def build() -> dict[str, Any]:
    """Every generated vector file by name."""
    envelopes = {
        "cbor": _envelope(cose.CBOR),
        "json": _envelope(cose.JSON),
        "cbor_with_firmware": _envelope(cose.CBOR, firmware=FIRMWARE),
    }
    return {
        "codes.json": _codes(),
        "envelopes.json": {"about": ABOUT, "reader_seed": READER_SEED.hex(), **envelopes},
        "event_ids.json": _event_ids(),
        "receipts.json": _receipts(envelopes["cbor"]["digest"]),
        "enrolment.json": _enrolment(),
    }


def text(vectors: object) -> str:
    """A vector file's text."""
    return json.dumps(vectors, indent=2, ensure_ascii=False) + "\n"


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def _codes() -> dict[str, Any]:
    key = Ed25519PrivateKey.from_private_bytes(CODE_SEED)
    sealing = {number: seal_key(ROOT, ORG, number) for number in (0, 1)}
    units = []
    for gtin, key_number, batch, index in (
        (GTIN, 0, 0, 0),
        (GTIN, 0, 0, 1),
        (GTIN, 1, 7, 42),
        (GTIN, 1, (1 << 26) - 1, (1 << 30) - 1),
        (OTHER_GTIN, 1, 7, 42),
    ):
        serial = Sealer(sealing[key_number], key_number).seal(gtin, batch, index)
        element_string = f"(01){gtin}(21){serial}"
        signed = code.signing_input(CODE_KID, element_string)
        signature = key.sign(signed)
        base64url = urlsafe_b64encode(signature).decode().rstrip("=")
        units.append(
            {
                "gtin": gtin,
                "key_number": key_number,
                "batch_number": batch,
                "index": index,
                "serial": serial,
                "element_string": element_string,
                "sealed_uri": code.uri(BASE, gtin, serial),
                "signing_input": signed.hex(),
                "signature": signature.hex(),
                "signature_base32": base32.encode_bytes(signature),
                "signed_uri": code.signed_uri(BASE, gtin, serial, CODE_KID, key),
                "query_uri": f"{BASE}/01/{gtin}/21/{serial}?8030={CODE_KID}{base64url}",
            }
        )
    return {
        "about": ABOUT,
        "seal_root": ROOT.hex(),
        "org": ORG,
        "sealing_keys": {str(number): value.hex() for number, value in sealing.items()},
        "code_key_id": CODE_KID,
        "code_key_seed": CODE_SEED.hex(),
        "code_public_key": _public(key),
        "units": units,
    }


def _events() -> tuple[Event, ...]:
    unit = f"HTTPS://ID.EXAMPLE/01/{GTIN}/21/{Sealer(seal_key(ROOT, ORG, 0), 0).seal(GTIN, 0, 0)}"
    shipped = Event(
        item=unit,
        occurred_at=SENT_AT - 5_000_000,
        biz_step="shipping",
        disposition="in_transit",
        offset_minutes=480,
        read_point="dc-shanghai",
        position=Position(31.2304, 121.4737, 100.0),
        source=LocationSource.SITE,
    )
    packed = Event(
        item=f"/00/{SSCC}",
        occurred_at=SENT_AT - 6_000_000,
        biz_step="packing",
        action=Action.ADD,
        children=(unit,),
    )
    return (packed, shipped)


def _envelope(content_type: int, firmware: str | None = None) -> dict[str, Any]:
    key = Ed25519PrivateKey.from_private_bytes(READER_SEED)
    payload = event.encode_batch(
        org_id=ORG,
        reader_id=READER,
        sequence=SEQUENCE,
        sent_at=SENT_AT,
        clock_bound_s=CLOCK_BOUND_S,
        events=_events(),
        content_type=content_type,
        firmware=firmware,
    )
    message = cose.sign(payload, content_type=content_type, kid=READER_KID, key=key)
    opened = cose.open_envelope(message)
    return {
        "reader_public_key": _public(key),
        "kid": READER_KID.hex(),
        "content_type": content_type,
        "batch": {
            "version": event.VERSION,
            "org": ORG,
            "reader": READER,
            "sequence": SEQUENCE,
            "sent_at": SENT_AT,
            "clock_bound_s": CLOCK_BOUND_S,
            "events": [event.event_fields(each) for each in _events()],
            **({} if firmware is None else {"firmware": firmware}),
        },
        "payload": payload.hex(),
        "protected": opened.protected.hex(),
        "sig_structure": cbor2.dumps(["Signature1", opened.protected, b"", payload]).hex(),
        "signature": opened.signature.hex(),
        "message": message.hex(),
        "digest": event.message_digest(message),
    }


def _event_ids() -> dict[str, Any]:
    places = [
        (ORG, READER, SEQUENCE, 0),
        (ORG, READER, SEQUENCE, 1),
        (ORG, "line-2", 0, 0),
        ("a", "b", (1 << 63) - 1, 999),
    ]
    return {
        "about": ABOUT,
        "event_ids": [
            {
                "org": org,
                "reader": reader,
                "sequence": sequence,
                "position": position,
                "event_id": str(event.event_id(org, reader, sequence, position)),
            }
            for org, reader, sequence, position in places
        ],
    }


def _enrolment() -> dict[str, Any]:
    old, new = (Ed25519PrivateKey.from_private_bytes(seed) for seed in (READER_SEED, NEW_READER_SEED))
    token = enrolment.TOKEN_PREFIX + "A" * 43
    public = old.public_key().public_bytes_raw()
    enrolling = enrolment.enrolment_text(token, READER_KID, public)
    new_public = new.public_key().public_bytes_raw()
    rotating = enrolment.rotation_text(Address(ORG, READER), READER_KID, NEW_READER_KID, new_public, ROTATION_NONCE)
    return {
        "about": ABOUT,
        "enrolment": {
            "token": token,
            "key_seed": READER_SEED.hex(),
            "request": {
                "token": token,
                "kid": READER_KID.hex(),
                "public_key": public.hex(),
                "proof": old.sign(enrolling).hex(),
            },
            "signed_text": enrolling.hex(),
        },
        "rotation": {
            "org": ORG,
            "reader": READER,
            "old_key_seed": READER_SEED.hex(),
            "new_key_seed": NEW_READER_SEED.hex(),
            "request": {
                "kid": READER_KID.hex(),
                "new_kid": NEW_READER_KID.hex(),
                "public_key": new_public.hex(),
                "nonce": ROTATION_NONCE.hex(),
                "signature": old.sign(rotating).hex(),
                "proof": new.sign(rotating).hex(),
            },
            "signed_text": rotating.hex(),
        },
    }


def _receipts(digest: str) -> dict[str, Any]:
    receipts = {
        "stored": Receipt(digest, SEQUENCE, 2, 0, 0, SENT_AT + 80_000),
        "one event rejected": Receipt(
            digest,
            SEQUENCE,
            1,
            0,
            1,
            SENT_AT + 80_000,
            (Rejection(1, "vocabulary", "'selling' is not a CBV business step"),),
        ),
        "whole message rejected": Receipt(
            digest, None, 0, 0, 1, SENT_AT + 80_000, (Rejection(None, "bad_signature", "the signature does not fit"),)
        ),
    }
    return {"about": ABOUT, **{name: json.loads(each.to_json()) for name, each in receipts.items()}}


def main(arguments: Sequence[str]) -> int:
    """Command line of `scripts/vectors`; 0 when the files are written."""
    parser = argparse.ArgumentParser(
        prog="scripts/vectors",
        description="Write the golden vectors in schemas/vectors from the contract's own code."
        " They change only when the protocol does: a difference in a committed file is a change for every reader.",
    )
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER", help="write them elsewhere")
    folder: Path = parser.parse_args(arguments).into
    folder.mkdir(parents=True, exist_ok=True)
    for name, vectors in build().items():
        (folder / name).write_text(text(vectors), encoding="utf-8")
        print(f"{folder.name}/{name} is written")
    return 0
