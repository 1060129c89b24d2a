"""Readers' private keys in a folder."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from firmware_sim.device.keys import ReaderKey, load_keys, save_key
from schemas.errors import Misconfigured
from schemas.topics import Address

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_a_key_comes_back_from_its_folder_and_the_newest_counts(tmp_path):
    other = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    path = save_key(tmp_path, ReaderKey(Address("huadu", "dock"), b"k1", KEY))
    save_key(tmp_path, ReaderKey(Address("huadu", "dock"), b"k2", other))
    save_key(tmp_path, ReaderKey(Address("dealer-01", "gate"), b"k1", KEY))
    assert path.stat().st_mode & 0o777 == 0o600
    gate, dock = load_keys(tmp_path)
    assert (gate.address, gate.kid) == (Address("dealer-01", "gate"), b"k1")
    assert (dock.kid, dock.key.private_bytes_raw()) == (b"k2", bytes([7] * 32))
    with pytest.raises(FileExistsError):
        save_key(tmp_path, ReaderKey(Address("huadu", "dock"), b"k1", other))


def test_a_file_that_is_no_reader_key_is_named(tmp_path):
    folder = tmp_path / "huadu" / "dock"
    folder.mkdir(parents=True)
    (folder / "k1.pem").write_text("no key")
    with pytest.raises(Misconfigured, match=r"k1\.pem: no readable private key"):
        load_keys(tmp_path)
    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "k1.pem").write_bytes(pem)
    with pytest.raises(Misconfigured, match=r"k1\.pem: not an Ed25519 key"):
        load_keys(tmp_path)
    (tmp_path / "huadu").rename(tmp_path / "Hua Du")
    with pytest.raises(Misconfigured, match="lower-case letters"):
        load_keys(tmp_path)
