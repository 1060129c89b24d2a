"""Remote settings of a reader, as they are published to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import reader_settings
from schemas.errors import InvalidMessage
from schemas.reader_settings import RANGES, ReaderSettings

SETTINGS = st.builds(
    ReaderSettings,
    revision=st.integers(1, 1 << 60),
    **{name: st.none() | st.integers(*bounds) for name, bounds in RANGES.items()},
)


@given(SETTINGS)
def test_settings_survive_their_topic(settings):
    assert reader_settings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"revision": True},
        {"revision": "1"},
        {"revision": 1, "batch_events": 0},
        {"revision": 1, "batch_events": 1001},
        {"revision": 1, "batch_age_ms": -1},
        {"revision": 1, "in_flight": "many"},
        {"revision": 1, "resend_s": 1.5},
    ],
)
def test_settings_that_can_not_be_kept_are_refused_whole(payload):
    with pytest.raises(InvalidMessage):
        reader_settings.from_json(json.dumps(payload).encode())


def test_a_later_versions_settings_are_passed_over():
    told = reader_settings.from_json(b'{"revision": 2, "batch_events": 7, "colour": "red"}')
    assert told == ReaderSettings(2, batch_events=7)


@given(st.binary(max_size=200))
def test_noise_is_no_settings(noise):
    with pytest.raises(InvalidMessage):
        reader_settings.from_json(noise)
