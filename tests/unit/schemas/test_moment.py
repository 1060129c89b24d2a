"""Moments as the store has them and as events have them."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.moment import to_datetime, to_microseconds


@given(st.integers(0, 4_000_000_000_000_000))
def test_moments_survive_the_way_to_the_store_and_back(microseconds: int) -> None:
    assert to_microseconds(to_datetime(microseconds)) == microseconds
