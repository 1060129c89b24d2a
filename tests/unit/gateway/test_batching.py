"""When a batch of messages is full, and how long it waits for more."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.batching import Fill, Limits


@given(st.lists(st.tuples(st.integers(0, 2000), st.floats(0, 0.01)), min_size=1))
def test_a_batch_is_full_by_count_or_bytes_and_its_age_bounds_the_wait_for_more(messages) -> None:
    limits = Limits(messages=5, size=4000, age=0.02)
    fill, now = Fill(limits, started=0.0), 0.0
    for size, wait in messages:
        fill.add(size)
        now += wait
        assert fill.full == (fill.messages >= 5 or fill.size >= 4000)
        assert 0 <= fill.patience(now) <= limits.age
        assert (fill.patience(now) == 0) == (now >= limits.age)
