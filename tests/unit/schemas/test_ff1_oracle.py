"""FF1 and the sealed serials against an implementation that is not ours: fastfpe, in Rust."""

from fastfpe import ff1 as oracle
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32
from schemas.ff1 import FF1, SMALLEST_DOMAIN

ALPHABETS = ["0123456789", base32.ALPHABET, "0123456789abcdefghijklmnopqrstuvwxyz"]


@given(
    st.data(),
    st.sampled_from(ALPHABETS),
    st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    st.binary(max_size=32),
)
def test_every_key_tweak_radix_and_length_gives_what_fastfpe_gives(data, alphabet, key, tweak):
    smallest = next(n for n in range(2, 21) if len(alphabet) ** n >= SMALLEST_DOMAIN)
    plain = data.draw(st.text(alphabet, min_size=smallest, max_size=smallest + 30))
    cipher = oracle.encrypt(key.hex(), tweak.hex(), alphabet, plain)
    ff1, numerals = FF1(key, len(alphabet)), [alphabet.index(character) for character in plain]
    assert "".join(alphabet[numeral] for numeral in ff1.encrypt(numerals, tweak)) == cipher
    assert ff1.decrypt([alphabet.index(character) for character in cipher], tweak) == numerals
