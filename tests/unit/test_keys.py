from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from schemas.keys import Issuer, Keyring, SigningKey, seal_key
from schemas.serial import Sealer

ROOT = bytes(range(32))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def hmac(key, data):
    mac = HMAC(key, SHA256())
    mac.update(data)
    return mac.finalize()


def test_a_sealing_key_is_hkdf_of_root_organisation_and_number():
    # RFC 5869 by hand: no salt is a salt of zeros, and 32 bytes of output are one block.
    pseudorandom = hmac(bytes(32), ROOT)
    assert seal_key(ROOT, "huadu", 3) == hmac(pseudorandom, b"suyuan/v1/seal/huadu/3\x01")


def test_each_organisation_and_number_has_its_own_key():
    keys = {seal_key(ROOT, org, number) for org in ("huadu", "huadu-1", "other") for number in range(16)}
    assert len(keys) == 48


def test_a_short_root_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes, not 31"):
        seal_key(bytes(31), "huadu", 0)


@pytest.mark.parametrize("kid", ["", "K", "K12", "k1", "U1", "é1"])
def test_a_key_id_that_does_not_fit_a_code_is_refused(kid):
    with pytest.raises(ValueError, match="key id"):
        SigningKey(kid, "huadu", Ed25519PrivateKey.generate().public_key(), NOW, NOW)


def test_the_longest_company_prefix_names_the_issuer():
    short = Issuer("short", (Sealer(bytes(32), 0),))
    long = Issuer("long", (Sealer(bytes(32), 0),))
    keyring = Keyring({"9521234": short, "952123400": long}, {})
    assert keyring.issuer_of("09521234000013") is long
    assert keyring.issuer_of("19521234100012") is short, "the indicator digit is not part of the prefix"
    assert keyring.issuer_of("09521235000012") is None
