from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import base32, code
from schemas.ff1 import FF1
from schemas.gs1 import check_digit
from schemas.keys import Issuer, Keyring
from schemas.serial import BATCH_NUMBERS, INDEXES, KEY_NUMBERS, LENGTH, Sealer, UnitNumber
from scripts.commands.bench.forge import accepted

KEY = bytes(range(32))
GTIN = "09521234000013"

batches = st.integers(0, BATCH_NUMBERS - 1)
indexes = st.integers(0, INDEXES - 1)
key_numbers = st.integers(0, KEY_NUMBERS - 1)
gtins = st.integers(0, 10**13 - 1).map(lambda n: f"{n:013d}{check_digit(f'{n:013d}')}")
texts = st.text(alphabet=base32.ALPHABET + "aU é\ud800", max_size=22) | st.text(
    alphabet=base32.ALPHABET, min_size=LENGTH, max_size=LENGTH
)


@given(gtins, key_numbers, batches, indexes, st.integers(0, 40))
def test_a_range_is_what_sealing_one_by_one_gives(gtin, key_number, batch, first, count):
    sealer = Sealer(KEY, key_number)
    first = min(first, INDEXES - count)
    serials = sealer.seal_range(gtin, batch, first, count)
    assert serials == [sealer.seal(gtin, batch, first + n) for n in range(count)]
    assert sealer.unseal_many(gtin, serials) == [UnitNumber(key_number, batch, first + n) for n in range(count)]


@given(gtins, key_numbers, batches, indexes)
def test_a_range_is_ff1_of_the_standard(gtin, key_number, batch, index):
    value = key_number << 56 | batch << 30 | index
    plain = [value >> 5 * place & 31 for place in range(LENGTH - 1, -1, -1)]
    cipher = FF1(KEY, 32).encrypt(plain, int(gtin).to_bytes(8))
    assert Sealer(KEY, key_number).seal_range(gtin, batch, index, 1) == ["".join(base32.ALPHABET[n] for n in cipher)]


@given(st.lists(st.tuples(gtins, texts | st.none()), max_size=30), batches, indexes)
def test_many_are_unsealed_as_one_by_one_whatever_stands_between_them(pairs, batch, index):
    sealer = Sealer(KEY, 3)
    given_gtins = [gtin for gtin, _ in pairs]
    serials = [sealer.seal(gtin, batch, index) if text is None else text for gtin, text in pairs]
    one_by_one = [sealer.unseal(gtin, serial) for gtin, serial in zip(given_gtins, serials, strict=True)]
    assert sealer.unseal_many(given_gtins, serials) == one_by_one
    assert sealer.unseal_many(GTIN, serials) == [sealer.unseal(GTIN, serial) for serial in serials]


def test_makers_and_keys_may_be_mixed():
    sealers = {maker: [Sealer(bytes([maker, number]) * 16, number) for number in (5, 2, 0)] for maker in range(3)}
    prefixes = ["9521234", "9521235", "95212360"]
    keyring = Keyring(
        {prefix: Issuer(f"maker-{maker}", tuple(sealers[maker])) for maker, prefix in enumerate(prefixes)}, {}
    )
    products, serials, expected = [], [], []
    for number in range(300):
        maker, key = number % 3, number // 3 % 3
        digits = f"0{prefixes[maker]}".ljust(13, "7")
        products.append(digits + str(check_digit(digits)))
        serials.append(sealers[maker][key].seal(products[-1], number, number * 7))
        expected.append(UnitNumber(sealers[maker][key].key_number, number, number * 7))
    products += [products[1], "04012345123456"]
    serials += [serials[0], serials[0]]
    assert code.unseal_many(products, serials, keyring) == [*expected, None, None]
    assert code.unseal_many([], [], keyring) == []


@pytest.mark.parametrize(
    ("batch", "first", "count"), [(-1, 0, 1), (BATCH_NUMBERS, 0, 1), (0, -1, 2), (0, INDEXES, 1), (0, 5, -1)]
)
def test_a_range_outside_its_field_is_refused(batch, first, count):
    with pytest.raises(ValueError, match="outside their field"):
        Sealer(KEY, 0).seal_range(GTIN, batch, first, count)


def test_each_serial_needs_its_gtin():
    with pytest.raises(ValueError, match="1 GTINs for 2 serials"):
        Sealer(KEY, 0).unseal_many([GTIN], ["0" * 20] * 2)


def test_threads_can_share_a_sealer():
    sealer = Sealer(KEY, 1)
    serials = sealer.seal_range(GTIN, 7, 0, 20_000)

    def work(_):
        assert sealer.seal_range(GTIN, 7, 0, 20_000) == serials
        assert None not in sealer.unseal_many(GTIN, serials)
        assert all(sealer.unseal(GTIN, serial) for serial in serials[:200])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))


def test_of_a_million_made_up_serials_none_is_accepted():
    assert accepted(1_000_000, seed=2) == 0


def test_forging_would_be_noticed(monkeypatch):
    monkeypatch.setattr(Sealer, "unseal_many", lambda self, gtin, serials: [None] * (len(serials) - 1) + [object()])
    assert accepted(100, seed=2) == 1
