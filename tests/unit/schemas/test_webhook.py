"""Webhook signatures, checked by the specification's own library as a receiver does."""

import base64
import hmac
import time
from hashlib import sha256
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from schemas.keys import webhook_key
from schemas.webhook import SECRET_PREFIX, is_webhook, secret_of, signed_headers

ROOT = b"\x11" * 32
SUBSCRIPTION = UUID("1f0c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f")
SECRET = secret_of(ROOT, SUBSCRIPTION, 1)
BODY = '{"id":"41","reason":"窜货"}'.encode()


def test_a_receiver_verifies_a_message_by_the_secret_that_it_was_shown():
    assert Webhook(SECRET).verify(BODY, signed_headers(SECRET, "41", BODY, int(time.time()))) == {
        "id": "41",
        "reason": "窜货",
    }


@pytest.mark.parametrize(
    ("secret", "body", "age_s", "changed"),
    [
        (secret_of(ROOT, SUBSCRIPTION, 2), BODY, 0, {}),
        (secret_of(b"\x12" * 32, SUBSCRIPTION, 1), BODY, 0, {}),
        (SECRET, BODY + b" ", 0, {}),
        (SECRET, BODY, 301, {}),
        (SECRET, BODY, -301, {}),
        (SECRET, BODY, 0, {"webhook-id": "42"}),
        (SECRET, BODY, 301, {"webhook-timestamp": str(int(time.time()))}),
    ],
    ids=["renewed", "another-root", "other-body", "old", "of-tomorrow", "other-id", "old-with-a-new-time"],
)
def test_a_receiver_refuses_another_secret_a_changed_message_and_an_old_one(secret, body, age_s, changed):
    headers = signed_headers(SECRET, "41", BODY, int(time.time()) - age_s) | changed
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_the_signature_is_what_the_specification_says_and_a_repetition_has_the_same_id():
    first, again = (signed_headers(SECRET, "41", BODY, at) for at in (1_700_000_000, 1_700_000_002))
    key = base64.b64decode(SECRET.removeprefix("whsec_"), validate=True)
    digest = hmac.new(key, b"41.1700000000." + BODY, sha256).digest()
    assert first == {
        "webhook-id": "41",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    assert again["webhook-id"] == first["webhook-id"]
    assert again["webhook-signature"] != first["webhook-signature"]


def test_secrets_that_were_shown_before_the_scheme_changed_are_still_the_secrets():
    assert secret_of(ROOT, SUBSCRIPTION, 3) == SECRET_PREFIX + webhook_key(ROOT, str(SUBSCRIPTION), 3).hex()
    assert len(base64.b64decode(SECRET.removeprefix(SECRET_PREFIX), validate=True)) == 48, "24 to 64 bytes are allowed"


def test_notices_go_out_encrypted_and_to_ports_of_web_servers():
    targets = {
        "https://a.example/x": True,
        "https://a.example:8443": True,
        "https://a.example:25/": False,
        "http://a.example/": False,
        "https://a.example:99999/": False,
    }
    assert {target: is_webhook(target) for target in targets} == targets
