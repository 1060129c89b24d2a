"""How far off a reader's clock is, learned from when its messages arrive."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.message.clock_offset import MIN_DELAYS, WINDOW, clock_offset, with_delay

SECOND = 1_000_000


@given(
    st.integers(-3600 * SECOND, 3600 * SECOND),
    st.lists(st.integers(0, 2 * SECOND), min_size=WINDOW // 2 + 1, max_size=WINDOW // 2 + 1),
    st.lists(st.integers(3600 * SECOND, 1 << 50), max_size=WINDOW // 2),
    st.randoms(use_true_random=False),
)
def test_the_learned_offset_stays_within_the_honest_delays_with_half_of_the_window_late(offset, prompt, late, random):
    delays = [offset + way for way in (*prompt, *late)]
    random.shuffle(delays)
    learned = clock_offset(delays)
    assert learned is not None
    assert offset <= learned <= offset + 2 * SECOND


def test_one_stray_difference_does_not_move_the_offset():
    delays = [5 * SECOND + n * 1000 for n in range(20)]
    assert abs(clock_offset([*delays, -900 * SECOND]) - clock_offset(delays)) <= 1000


def test_a_clock_that_is_set_right_is_believed_once_the_window_has_moved_on():
    window = [3600 * SECOND] * WINDOW
    for _ in range(WINDOW):
        window = with_delay(window, SECOND)
    assert len(window) == WINDOW
    assert clock_offset(window) == SECOND
    assert clock_offset([SECOND] * (MIN_DELAYS - 1)) is None
