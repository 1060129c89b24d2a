"""Somebody with one stolen secret: a reader's key, a maker's token, the pepper, the notifier's files."""

import re
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from firmware_sim.adversary.reader import KID, HostileReader
from schemas import enrolment
from schemas.topics import Address
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import DEALER, DEPOT, MAKER, RIVAL, Stage
from scripts.environment import ROOT

_SMALL_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
"""Ed25519 points of order 1, 2, 4 and 8: any signature fits some of them."""


def descendants(stage: Stage) -> Play:
    """It plants twenty keys with a reader's key that was stolen for a moment; then the key is revoked.

    None of the planted keys counts any more, and a reader has few at a time.
    """
    address = Address(DEALER, "stolen-1")
    thief = HostileReader(stage.stack.capture_url, address)
    with stage.http(stage.tokens["operator"]) as operator:
        body = {"org_id": DEALER, "reader_id": "stolen-1", "site_id": DEPOT, "kid": KID.hex()}
        answer = operator.post("/api/v1/readers", json=body | {"public_key": thief.public_key.hex()})
        needed(answer.is_success, f"the reader could not be enrolled: {answer.text[:200]}")
    planted = [Ed25519PrivateKey.generate() for _ in range(20)]
    taken = sum(_planted(stage, address, thief.key, index, key) for index, key in enumerate(planted))
    with stage.http(stage.tokens[DEALER]) as dealer:
        answer = dealer.post(f"/api/v1/readers/{DEALER}/stolen-1/keys/{KID.hex()}/revocation")
        needed(answer.is_success, f"the key could not be revoked: {answer.text[:200]}")
    yield f"20 successors, of which {taken} were taken; the key revoked"
    ((alive,),) = stage.query(
        "SELECT count(*) FROM suyuan.reader_key WHERE org_id = %s AND reader_id = 'stolen-1' AND revoked_at IS NULL",
        DEALER,
    )
    if alive:
        return f"{alive} planted keys are alive"
    return f"a reader may have {taken} keys" if taken > 5 else ""


def _planted(stage: Stage, address: Address, old: Ed25519PrivateKey, index: int, new: Ed25519PrivateKey) -> bool:
    new_kid, public = b"p%d" % index, new.public_key().public_bytes_raw()
    with stage.http(address=stage.network()) as client:
        path = f"/api/v1/readers/{address.org_id}/{address.reader_id}/keys"
        nonce = client.post(f"{path}/nonce").raise_for_status().json()["nonce"]
        text = enrolment.rotation_text(address, KID, new_kid, public, bytes.fromhex(nonce))
        body = {"kid": KID.hex(), "new_kid": new_kid.hex(), "public_key": public.hex(), "nonce": nonce}
        signatures = {"signature": old.sign(text).hex(), "proof": new.sign(text).hex()}
        return client.post(path, json=body | signatures).status_code == 201


def key_loops(stage: Stage) -> Play:
    """It makes sealing keys with maker B's token until the numbers are used up, and revokes all that there are.

    Numbers are left, and printed codes count on: a revocation needs a second person or a day.
    """
    path = f"/api/v1/organisations/{RIVAL}/seal-keys"
    with stage.http(stage.tokens[RIVAL]) as thief:
        made = sum(thief.post(path).is_success for _ in range(16))
        for number in range(16):
            thief.post(f"{path}/{number}/revocation", json={"reason": "mine now"})
    yield f"{made} keys made, 16 revocations"
    code = stage.codes[RIVAL][0]
    with stage.http(address=stage.network()) as client:
        word = client.get("/" + code.split("/", 3)[3]).raise_for_status().json()["verdict"]
    found = [] if word == "genuine" else [f"a printed code is {word} at once"]
    return ", ".join([*found, *([f"{made} of 15 key numbers are used up"] if made > 5 else [])])


def eternal_tokens(stage: Stage) -> Play:
    """It has a token that was made without an end: by default tokens expire, at the latest within 90 days."""
    with stage.http(stage.tokens["operator"]) as operator:
        made = operator.post("/api/v1/tokens", json={"org_id": RIVAL, "label": "eternal"})
        far = {"org_id": RIVAL, "label": "far", "expires_at": "2199-01-01T00:00:00Z"}
        long = operator.post("/api/v1/tokens", json=far)
    yield "a token without an end, and one until 2199"
    ((eternal,),) = stage.query(
        "SELECT count(*) FROM suyuan.api_token WHERE label IN ('eternal', 'far')"
        " AND (expires_at IS NULL OR expires_at > now() + interval '91 days')"
    )
    needed(made.is_success, made.text[:200])
    return f"{eternal} tokens live longer than 90 days ({long.status_code} for 2199)" if eternal else ""


def stolen_pepper(stage: Stage) -> Play:
    """It has the pepper, which hashes phones: answers are signed by another key than what follows from it."""
    pepper = bytes.fromhex((stage.stack.state / "secrets" / "pepper").read_text(encoding="ascii"))
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"suyuan/v1/answers").derive(pepper)
    mine = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    with stage.http(address=stage.network()) as client:
        published = client.get("/.well-known/http-message-signatures-directory").raise_for_status().json()["keys"]
    yield "the pepper, the published keys"
    theirs = {urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4)) for key in published if "x" in key}
    return "the key of answers follows from the pepper" if mine in theirs else ""


def notifiers_root(stage: Stage) -> Play:
    """It has the files of the notifier, which alone goes out to the Internet: the sealing root is not among them."""
    files = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    block = re.search(r"^  notifier:\n(.*?)^  [a-z]+:\n", files, re.MULTILINE | re.DOTALL)
    needed(block, "docker-compose.yml has no notifier")
    given = Path(f"/proc/{stage.stack.notifier.pid}/environ").read_bytes()
    yield "docker-compose.yml, the environment of the notifier"
    shipped = "seal-root" in (block[1] if block else "")
    return "the notifier is given the sealing root" if shipped or b"SEAL_ROOT" in given else ""


def small_order_keys(stage: Stage) -> Play:
    """A dealer enrols keys of small order, under which anybody's bytes are "signed": each is refused."""
    taken = []
    with stage.http(stage.tokens["operator"]) as operator:
        for index, key in enumerate(_SMALL_ORDER):
            body = {"org_id": DEALER, "reader_id": f"small-{index}", "site_id": DEPOT, "kid": KID.hex()}
            if operator.post("/api/v1/readers", json=body | {"public_key": key}).is_success:
                taken.append(key[:8])
    yield f"{len(_SMALL_ORDER)} keys"
    return f"{len(taken)} were taken" if taken else ""


def unlisted_keys(stage: Stage) -> Play:
    """It asks for the private halves: keys, secrets and hashes stand in no answer to maker, dealer or operator."""
    secrets = {
        (stage.stack.state / "secrets" / name).read_text(encoding="ascii").strip() for name in ("seal-root", "pepper")
    }
    shown = []
    for who in (MAKER, "operator"):
        with stage.http(stage.tokens[who]) as client:
            for path in (f"/api/v1/organisations/{MAKER}/keys", "/api/v1/readers", "/api/v1/subscriptions", "/health"):
                answer = client.get(path)
                if any(secret in answer.text for secret in secrets) or "PRIVATE KEY" in answer.text:
                    shown.append(path)
    yield "8 answers"
    return ", ".join(shown)


ATTACKS: dict[str, Attack] = {
    "planted-reader-keys": Attack(descendants, "readers' keys", quick=True),
    "key-loops": Attack(key_loops, "sealing keys"),
    "eternal-tokens": Attack(eternal_tokens, "tokens", quick=True),
    "stolen-pepper": Attack(stolen_pepper, "signed answers", quick=True),
    "notifiers-root": Attack(notifiers_root, "the sealing root", quick=True),
    "small-order-keys": Attack(small_order_keys, "signed evidence", quick=True),
    "private-halves": Attack(unlisted_keys, "private keys", quick=True),
}
