"""Which 32 bytes are taken for a public key. The points of small order are computed here, by the curve's own law."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.public_key import PRIME, fault_of, read_public_key
from tests.support.wycheproof import cases

D = -121665 * pow(121666, -1, PRIME) % PRIME
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = (0, 1)

# The first two cases of github.com/novifinancial/ed25519-speccheck (cases.json): keys of small order, with signatures.
SPECCHECK = [
    (
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a" + "00" * 32,
    ),
    (
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
        "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
]


def add(p, q):
    """RFC 8032, section 5.1.4, in affine coordinates."""
    (x1, y1), (x2, y2) = p, q
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, PRIME)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, PRIME)
    return x % PRIME, y % PRIME


def times(n, point):
    result = IDENTITY
    for bit in f"{n:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def points():
    """Points of the curve, by increasing y."""
    for y in range(2, 40):
        square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
        x = pow(square, (PRIME + 3) // 8, PRIME)
        if (x * x - square) % PRIME:
            x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
        if (x * x - square) % PRIME == 0:
            yield x, y


def small_order_points():
    """A point times the order of the large subgroup is one of the eight; one of order 8 gives all of them."""
    torsion = next(t for t in (times(ORDER, p) for p in points()) if times(4, t) != IDENTITY)
    return [times(n, torsion) for n in range(8)]


def encodings(point):
    """All 32 bytes that a lax reader takes for the point: y reduced or not, and either sign where x is 0."""
    x, y = point
    signs = (x & 1,) if x else (0, 1)
    return [
        (spelled | sign << 255).to_bytes(32, "little")
        for spelled in (y, y + PRIME)
        if spelled < 2**255
        for sign in signs
    ]


def test_each_spelling_of_the_eight_points_of_small_order_is_refused():
    eight = small_order_points()
    assert len(set(eight)) == 8
    spelled = [encoded for point in eight for encoded in encodings(point)]
    assert len(spelled) == 14
    assert all(fault_of(key) for key in spelled)


@pytest.mark.parametrize(("message", "key", "signature"), SPECCHECK)
def test_a_key_of_small_order_is_refused_whatever_a_library_makes_of_its_signatures(message, key, signature):
    raw = bytes.fromhex(key)
    assert "small order" in fault_of(raw)
    with pytest.raises(ValueError, match="small order"):
        read_public_key(raw)


def test_the_library_takes_a_signature_that_nobody_made():
    """Why the check is needed: identity as key and as R, S = 0, over any text."""
    identity = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any text")
    with pytest.raises(InvalidSignature):
        Ed25519PrivateKey.generate().public_key().verify(identity + bytes(32), b"any text")


def test_what_is_no_canonical_point_is_refused():
    assert "canonical" in fault_of((PRIME + 3).to_bytes(32, "little"))
    assert "no point" in fault_of((2).to_bytes(32, "little"))
    assert "31 bytes" in fault_of(bytes(31))


def test_honest_keys_are_taken():
    assert not any(fault_of(Ed25519PrivateKey.generate().public_key().public_bytes_raw()) for _ in range(20))
    published = {group["publicKey"]["pk"] for group, _, _ in cases("ed25519_test")}
    assert not [key for key in published if fault_of(bytes.fromhex(key))]
