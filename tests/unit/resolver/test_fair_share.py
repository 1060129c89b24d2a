"""One organisation's slow requests leave connections for the others."""

import threading

import pytest

from resolver.store.fair_share import FairShare
from schemas.errors import StoreUnavailable


def test_who_holds_its_share_waits_for_itself_and_no_other_waits_for_it():
    share = FairShare(2, 0.0)
    with share.of("greedy"), share.of("greedy"):
        with pytest.raises(StoreUnavailable, match="under way"), share.of("greedy"):
            pass
        with share.of("other"):
            pass
    with share.of("greedy"):
        pass
    assert not share._under_way


def test_what_ends_lets_the_next_one_in():
    share, waiting = FairShare(1, 10.0), threading.Event()
    entered = []

    def second():
        waiting.set()
        with share.of("a"):
            entered.append(True)

    thread = threading.Thread(target=second)
    with share.of("a"):
        thread.start()
        assert waiting.wait(10)
        assert not entered
    thread.join(10)
    assert entered
