import json
import uuid
from dataclasses import replace

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import cose, event
from schemas.errors import InvalidEvent, InvalidMessage
from schemas.event import Action, Audience, Event, LocationSource
from schemas.event_reader import EARLIEST, FUTURE_TOLERANCE_S, read_event
from schemas.geodesy import Position

NOW = 1_790_000_000_000_000
BOUND_S = 5
ITEM = "/01/09521234000013/21/S1"
PLAIN = {"item": ITEM, "occurred_at": NOW, "biz_step": "shipping"}
PLACE = {"latitude": 31.23, "longitude": 121.47, "radius_m": 100.0, "source": "gps"}
EVENT = Event(
    item=ITEM,
    occurred_at=NOW - 1,
    biz_step="packing",
    action=Action.ADD,
    disposition="in_progress",
    offset_minutes=480,
    read_point="dc-shanghai",
    position=Position(31.23, 121.47, 100.0),
    source=LocationSource.SITE,
    audience=Audience.DEALER,
    handset="0" * 32,
    children=(ITEM, ITEM + "2"),
    destination="dealer-01",
)
HEADER = {"version": 1, "org": "huadu", "reader": "line-1", "sequence": 7, "sent_at": NOW, "clock_bound_s": BOUND_S}
FORMS = [cose.CBOR, cose.JSON]
NUMBERS = {name: number for number, name in event.EVENT_KEYS.items()}
BATCH_NUMBERS = {name: number for number, name in event.BATCH_KEYS.items()}


def batch(events, content_type):
    payload = event.encode_batch(
        org_id="huadu",
        reader_id="line-1",
        sequence=7,
        sent_at=NOW,
        clock_bound_s=BOUND_S,
        events=tuple(events),
        content_type=content_type,
    )
    return event.decode_batch(payload, content_type)


def read(fields, content_type=cose.JSON):
    if content_type == cose.CBOR:
        fields = {NUMBERS.get(name, name): value for name, value in fields.items()}
    return read_event(fields, content_type, now=NOW, clock_bound_s=BOUND_S)


def refused(fields, content_type=cose.JSON):
    with pytest.raises(InvalidEvent) as error:
        read(fields, content_type)
    assert error.value.detail.isprintable()
    assert error.value.field.isprintable()
    return error.value.reason, error.value.field


def payload_of(fields, content_type):
    if content_type == cose.JSON:
        return json.dumps(fields).encode()
    return cbor2.dumps({BATCH_NUMBERS.get(name, name): value for name, value in fields.items()})


words = st.text(alphabet=st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
places = st.sampled_from(LocationSource).flatmap(
    lambda source: st.tuples(
        st.builds(Position, st.floats(-90, 90), st.floats(-180, 180), st.floats(source.least_radius_m, 2e7)),
        st.just(source),
    )
)
plain_events = st.builds(
    Event,
    item=words,
    occurred_at=st.integers(EARLIEST, NOW),
    biz_step=st.sampled_from(sorted(event.BIZ_STEPS)),
    action=st.sampled_from([Action.ADD, Action.DELETE]),
    disposition=st.none() | st.sampled_from(sorted(event.DISPOSITIONS)),
    offset_minutes=st.integers(-840, 840),
    read_point=st.none() | words,
    audience=st.sampled_from(Audience),
    handset=st.none() | words,
    children=st.lists(words, max_size=4).map(tuple),
    destination=st.none() | words,
)
events = st.one_of(plain_events, st.builds(lambda e, p: replace(e, position=p[0], source=p[1]), plain_events, places))


@pytest.mark.parametrize("content_type", FORMS)
@given(given_events=st.lists(events, max_size=5))
def test_every_batch_survives_the_wire(content_type, given_events):
    decoded = batch(given_events, content_type)
    assert (decoded.org_id, decoded.reader_id, decoded.sequence) == ("huadu", "line-1", 7)
    assert (decoded.sent_at, decoded.clock_bound_s, decoded.content_type) == (NOW, BOUND_S, content_type)
    back = [read_event(raw, content_type, now=NOW, clock_bound_s=BOUND_S) for raw in decoded.events]
    assert back == given_events


@pytest.mark.parametrize("content_type", FORMS)
def test_an_event_with_every_field_survives_and_one_with_none_has_the_defaults(content_type):
    bare = Event(ITEM, NOW, "shipping")
    full, short = (
        read_event(raw, content_type, now=NOW, clock_bound_s=BOUND_S)
        for raw in batch([EVENT, bare], content_type).events
    )
    assert (full, short) == (EVENT, bare)
    assert (short.action, short.audience, short.offset_minutes) == (Action.OBSERVE, Audience.EDGE, 0)
    assert event.event_fields(bare) == PLAIN


def test_the_numbers_of_fields_are_the_published_ones():
    names = "version org reader sequence sent_at clock_bound_s events firmware"
    assert list(event.BATCH_KEYS.values()) == names.split()
    assert list(event.BATCH_KEYS) == list(range(1, 9))
    assert (
        list(event.EVENT_KEYS.values())
        == (
            "item occurred_at biz_step action disposition offset_minutes read_point latitude longitude radius_m source "
            "audience handset children destination"
        ).split()
    )
    assert list(event.EVENT_KEYS) == list(range(1, 16))


BAD_FIELDS = [
    ({"item": None}, "missing", "item"),
    ({"biz_step": None}, "missing", "biz_step"),
    ({"item": 7}, "type", "item"),
    ({"item": ""}, "type", "item"),
    ({"item": "x" * 2049}, "type", "item"),
    ({"item": "a\nb"}, "type", "item"),
    ({"item": "a\0"}, "type", "item"),
    ({"biz_step": "selling"}, "vocabulary", "biz_step"),
    ({"biz_step": "SHIPPING"}, "vocabulary", "biz_step"),
    ({"biz_step": ["shipping"]}, "type", "biz_step"),
    ({"disposition": "fine"}, "vocabulary", "disposition"),
    ({"action": "add"}, "vocabulary", "action"),
    ({"action": 1}, "vocabulary", "action"),
    ({"action": ["ADD"]}, "vocabulary", "action"),
    ({"occurred_at": None}, "type", "occurred_at"),
    ({"occurred_at": "2026-01-01T00:00:00Z"}, "type", "occurred_at"),
    ({"occurred_at": float(NOW)}, "type", "occurred_at"),
    ({"occurred_at": True}, "type", "occurred_at"),
    ({"occurred_at": float("nan")}, "type", "occurred_at"),
    ({"occurred_at": EARLIEST - 1}, "impossible_time", "occurred_at"),
    ({"occurred_at": -62_135_596_800_000_000}, "impossible_time", "occurred_at"),  # year 1
    ({"occurred_at": NOW // 1000}, "impossible_time", "occurred_at"),  # milliseconds
    ({"occurred_at": NOW + (BOUND_S + FUTURE_TOLERANCE_S) * 1_000_000 + 1}, "impossible_time", "occurred_at"),
    ({"occurred_at": (1 << 64) - 1}, "impossible_time", "occurred_at"),
    ({"offset_minutes": 841}, "range", "offset_minutes"),
    ({"offset_minutes": -841}, "range", "offset_minutes"),
    ({"offset_minutes": 480.0}, "range", "offset_minutes"),
    ({"offset_minutes": True}, "range", "offset_minutes"),
    ({"read_point": ""}, "type", "read_point"),
    ({"read_point": "x" * 129}, "type", "read_point"),
    ({"read_point": {"id": "x"}}, "type", "read_point"),
    ({"handset": "\x7f"}, "type", "handset"),
    ({"audience": "public"}, "vocabulary", "audience"),
    ({"latitude": 1.0}, "missing", "latitude"),
    ({"source": "gps"}, "missing", "source"),
    (PLACE | {"radius_m": None}, "missing", "latitude"),
    (PLACE | {"latitude": float("nan")}, "range", "latitude"),
    (PLACE | {"longitude": float("inf")}, "range", "longitude"),
    (PLACE | {"radius_m": float("-inf")}, "range", "radius_m"),
    (PLACE | {"latitude": "31.23"}, "type", "latitude"),
    (PLACE | {"latitude": True}, "type", "latitude"),
    (PLACE | {"radius_m": 1e300}, "range", "radius_m"),
    (PLACE | {"latitude": 90.5}, "range", "latitude"),
    (PLACE | {"longitude": -180.5}, "range", "longitude"),
    (PLACE | {"radius_m": 2.1e7}, "range", "radius_m"),
    (PLACE | {"radius_m": -0.1}, "range", "radius_m"),
    (PLACE | {"source": "guess"}, "vocabulary", "source"),
    ({"children": "x"}, "type", "children"),
    ({"children": [7], "action": "ADD"}, "type", "children"),
    ({"children": [""], "action": "ADD"}, "type", "children"),
    ({"children": ["a\0"], "action": "ADD"}, "type", "children"),
    ({"children": ["x"] * 1001, "action": "ADD"}, "type", "children"),
    ({"children": [ITEM]}, "missing", "action"),
    ({"colour": "red"}, "unknown_field", "colour"),
    ({"\0": 1}, "unknown_field", "?"),
]


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize(("change", "reason", "field"), BAD_FIELDS, ids=lambda value: repr(value)[:40])
def test_a_bad_field_is_named(change, reason, field, content_type):
    assert refused(PLAIN | change, content_type) == (reason, field)


@pytest.mark.parametrize("raw", [None, 7, "event", [], [PLAIN], b""])
@pytest.mark.parametrize("content_type", FORMS)
def test_what_is_no_map_is_no_event(raw, content_type):
    with pytest.raises(InvalidEvent) as error:
        read_event(raw, content_type, now=NOW, clock_bound_s=BOUND_S)
    assert (error.value.reason, error.value.field) == ("type", "event")


@pytest.mark.parametrize("key", [0, 16, -1, 1.5, "item", b"\x01", (1, 2), 1 << 63])
def test_a_number_that_no_field_has_is_unknown(key):
    with pytest.raises(InvalidEvent) as error:
        read_event({1: ITEM, 2: NOW, 3: "shipping", key: 0}, cose.CBOR, now=NOW, clock_bound_s=BOUND_S)
    assert error.value.reason == "unknown_field"


@pytest.mark.parametrize("name", sorted(set(event.EVENT_KEYS.values()) - set(PLAIN)))
@pytest.mark.parametrize("content_type", FORMS)
def test_null_is_the_same_as_leaving_an_optional_field_out(name, content_type):
    assert read(PLAIN | {name: None}, content_type) == read(PLAIN, content_type)


def test_a_clock_may_be_as_wrong_as_the_reader_admits():
    latest = NOW + (BOUND_S + FUTURE_TOLERANCE_S) * 1_000_000
    assert read(PLAIN | {"occurred_at": latest}).occurred_at == latest
    assert read(PLAIN | {"occurred_at": EARLIEST}).occurred_at == EARLIEST


@pytest.mark.parametrize("source", LocationSource)
def test_a_position_is_never_better_than_its_source_can_be(source):
    position = read(PLAIN | PLACE | {"radius_m": 0, "source": source.value}).position
    assert position is not None
    assert position.radius_m == source.least_radius_m > 0


def test_an_integer_too_large_for_a_float_is_a_bad_field_and_not_a_crash():
    fields = json.loads(json.dumps(PLAIN | PLACE | {"latitude": 10**400}))
    assert refused(fields) == ("range", "latitude")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*NUMBERS, "colour", "\ud800"]), json_values), st.sampled_from(FORMS))
def test_whatever_stands_in_an_event_it_is_read_or_a_field_is_named(changes, content_type):
    detail = ""
    try:
        read(PLAIN | changes, content_type)
    except InvalidEvent as error:
        detail = error.detail
    assert detail.isprintable()
    assert "\ud800" not in detail


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "unsupported"),
        ({"version": None}, "unsupported"),
        ({"version": True}, "unsupported"),
        ({"version": 1.0}, "unsupported"),
        ({"version": "x" * 100_000}, "unsupported"),
        ({"org": 7}, "unreadable"),
        ({"reader": None}, "unreadable"),
        ({"sequence": -1}, "unreadable"),
        ({"sequence": 1 << 63}, "unreadable"),
        ({"sequence": True}, "unreadable"),
        ({"sequence": 7.0}, "unreadable"),
        ({"sent_at": "now"}, "unreadable"),
        ({"sent_at": -1}, "unreadable"),
        ({"clock_bound_s": -1}, "unreadable"),
        ({"clock_bound_s": 86_401}, "unreadable"),
        ({"clock_bound_s": False}, "unreadable"),
        ({"events": None}, "unreadable"),
        ({"events": {}}, "unreadable"),
        ({"events": "x"}, "unreadable"),
        ({"events": [0] * 1001}, "too_many_events"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_bad_batch_is_refused_whole(change, reason, content_type):
    with pytest.raises(InvalidMessage) as error:
        event.decode_batch(payload_of(HEADER | {"events": []} | change, content_type), content_type)
    assert error.value.reason == reason
    assert len(error.value.detail) <= 300


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize("name", HEADER)
def test_a_batch_that_lacks_a_field_is_refused(name, content_type):
    fields = {key: value for key, value in HEADER.items() if key != name} | {"events": []}
    with pytest.raises(InvalidMessage):
        event.decode_batch(payload_of(fields, content_type), content_type)


@pytest.mark.parametrize("content_type", FORMS)
def test_a_thousand_events_are_taken_and_unknown_batch_fields_passed_over(content_type):
    payload = payload_of(HEADER | {"events": [0] * 1000, "colour": "red"}, content_type)
    assert len(event.decode_batch(payload, content_type).events) == 1000


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b"1" * 10_000, b'{"a":' * 50_000])
@pytest.mark.parametrize("content_type", FORMS)
def test_what_is_no_batch_is_unreadable(payload, content_type):
    with pytest.raises(InvalidMessage) as error:
        event.decode_batch(payload, content_type)
    assert error.value.reason == "unreadable"


def test_an_event_id_is_a_version_8_uuid_of_its_place():
    first = event.event_id("huadu", "line-1", 7, 0)
    assert first == event.event_id("huadu", "line-1", 7, 0)
    assert (first.version, first.variant) == (8, uuid.RFC_4122)
    ids = {
        event.event_id(org, reader, sequence, position)
        for org in ("huadu", "huadu-1")
        for reader in ("line-1", "line-11")
        for sequence in (7, 71)
        for position in (0, 1, 10)
    }
    assert len(ids) == 24


def test_a_message_is_named_by_its_sha_256():
    assert event.message_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
