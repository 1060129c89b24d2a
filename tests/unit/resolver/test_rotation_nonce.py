"""Nonces of rotations: good for one reader and some minutes."""

import pytest

from resolver.reader.rotation_nonce import VALID_S, is_fresh, new_nonce
from schemas.enrolment import NONCE_BYTES
from schemas.topics import Address

SECRET, READER, NOW = b"sixteen bytes of it", Address("huadu", "line-1"), 1_790_000_000.5
NONCE = new_nonce(SECRET, READER, NOW)


def test_it_holds_for_its_reader_until_its_time_has_passed():
    assert len(NONCE) == NONCE_BYTES
    assert is_fresh(SECRET, READER, NONCE, NOW + VALID_S - 1)
    assert not is_fresh(SECRET, READER, NONCE, NOW + VALID_S)


@pytest.mark.parametrize(
    ("secret", "reader", "nonce"),
    [
        (b"another secret of it", READER, NONCE),
        (SECRET, Address("huadu", "line-2"), NONCE),
        (SECRET, READER, (1 << 40).to_bytes(8, "big") + NONCE[8:]),
        (SECRET, READER, b""),
    ],
)
def test_no_other_is_taken(secret, reader, nonce):
    assert not is_fresh(secret, reader, nonce, NOW)
