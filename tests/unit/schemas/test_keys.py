from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from schemas.keys import (
    DeviceRoot,
    Issuer,
    Keyring,
    SealKey,
    SecretRoot,
    SigningKey,
    build_keyring,
    inner_key,
    seal_key,
    tag_keys,
)
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


class Device:
    """Stands for an HSM or a key service: it holds the extracted key, lends HMAC-SHA256, and gives nothing away."""

    def __init__(self, root):
        self._extracted = hmac(bytes(32), root)  # HKDF-Extract without salt
        self.calls = []

    def mac(self, data):
        self.calls.append(data)
        return hmac(self._extracted, data)


def test_a_root_inside_a_device_derives_the_same_keys_as_the_file_that_it_came_from():
    device = Device(ROOT)
    root = DeviceRoot(device.mac)
    assert seal_key(root, "huadu", 3) == seal_key(ROOT, "huadu", 3)
    assert inner_key(root, "huadu", 3) == inner_key(ROOT, "huadu", 3)
    assert tag_keys(root, "huadu", bytes(7)) == tag_keys(ROOT, "huadu", bytes(7))
    assert device.calls[0] == b"suyuan/v1/seal/huadu/3\x01"


def test_outer_inner_and_tag_keys_have_nothing_in_common():
    tag, other = tag_keys(ROOT, "huadu", bytes(7)), tag_keys(ROOT, "huadu", b"\x01" * 7)
    assert tag.meta_read == other.meta_read, "a tag's UID is hidden under it, so that it can't depend on the UID"
    keys = {seal_key(ROOT, "huadu", 0)[:16], inner_key(ROOT, "huadu", 0)[:16], tag.meta_read}
    assert len(keys | {tag.file_read, other.file_read}) == 5


def test_no_key_is_shown():
    for secret in (SecretRoot(ROOT), tag_keys(ROOT, "huadu", bytes(7))):
        assert "\\x" not in repr(secret)


def test_a_keyring_is_built_from_rows_and_leaves_out_who_has_no_key():
    signing = SigningKey("7K", "huadu", Ed25519PrivateKey.generate().public_key(), NOW, NOW)
    keyring = build_keyring(
        ROOT,
        [("9521234", "huadu"), ("9527777", "keyless")],
        [SealKey("huadu", 1), SealKey("huadu", 0, revoked=True)],
        [signing],
    )
    issuer = keyring.issuer_of("09521234000013")
    assert [sealer.key_number for sealer in issuer.sealers] == [1, 0], "in the order that was given: newest first"
    assert [sealer.key_number for sealer in issuer.inner] == [1, 0]
    assert issuer.revoked == {0}
    assert keyring.issuer_of("09527777000015") is None
    assert keyring.signing == {"7K": signing}
