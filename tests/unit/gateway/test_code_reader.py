"""The gateway's cache of codes: long ones, which strangers write, take no more of it than short ones."""

from gateway.message.decoding import CodeReader
from schemas.keys import Keyring
from scripts.system.fixtures import GTIN


def test_the_cache_is_bounded_in_characters():
    reader = CodeReader(Keyring({}, {}), max_characters=10_000)
    for number in range(100):
        reader.check(f"https://id.example.com/01/{GTIN}/21/{number}?x={'a' * 1900}")
        assert sum(map(len, reader._cache)) <= 10_000
    assert reader._cache
