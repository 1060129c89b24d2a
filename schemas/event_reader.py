"""Reading one event off the wire, strictly: every field is checked, and the first wrong one is named."""

from collections.abc import Mapping
from typing import Any, TypeVar

from schemas import cose
from schemas.errors import InvalidEvent
from schemas.event import (
    BIZ_STEPS,
    DISPOSITIONS,
    EVENT_KEYS,
    MAX_CHILDREN,
    Action,
    Audience,
    Event,
    LocationSource,
)
from schemas.geodesy import Position

EARLIEST = 1_577_836_800_000_000
"""2020-01-01T00:00:00Z in microseconds: no reader of this protocol is older."""

FUTURE_TOLERANCE_S = 120
"""How far behind the reader's own clock bound the gateway's clock may be, in seconds."""

_Member = TypeVar("_Member", Action, Audience, LocationSource)
_NAMES = frozenset(EVENT_KEYS.values())
_NUMBERS = frozenset(EVENT_KEYS)
_MEMBERS: dict[type, dict[str, Any]] = {
    kind: {member.value: member for member in kind} for kind in (Action, Audience, LocationSource)
}
_PLACE = ("latitude", "longitude", "radius_m", "source")
_PLACE_NAMES = frozenset(_PLACE)
_ITEM_CHARACTERS = 2048
_TEXT_CHARACTERS = 128
_RANGES = (("latitude", -90, 90), ("longitude", -180, 180), ("radius_m", 0, 20_100_000))


def read_event(raw: object, content_type: int, *, now: int, clock_bound_s: int) -> Event:
    """The event in one element of a batch. ``now`` is the gateway's time in microseconds.

    :raises InvalidEvent: names the first field that is missing, unknown, of another type or out of range.
    """
    fields = _named(raw, content_type)
    item = _text(fields, "item", _ITEM_CHARACTERS)
    biz_step = _text(fields, "biz_step", _TEXT_CHARACTERS)
    if item is None or biz_step is None:
        missing = "item" if item is None else "biz_step"
        raise InvalidEvent("missing", f"{missing} is missing", field=missing)
    if biz_step not in BIZ_STEPS:
        raise InvalidEvent("vocabulary", f"{biz_step!r} is not a CBV business step", field="biz_step")
    disposition = _text(fields, "disposition", _TEXT_CHARACTERS)
    if disposition is not None and disposition not in DISPOSITIONS:
        raise InvalidEvent("vocabulary", f"{disposition!r} is not a CBV disposition", field="disposition")
    action = _member(fields, "action", Action, Action.OBSERVE)
    children = _children(fields)
    if children and action is Action.OBSERVE:
        raise InvalidEvent("missing", "an aggregation has action ADD or DELETE", field="action")
    position, source = _position(fields)
    return Event(
        item=item,
        occurred_at=_time(fields, now, clock_bound_s),
        biz_step=biz_step,
        action=action,
        disposition=disposition,
        offset_minutes=_integer(fields, "offset_minutes", -14 * 60, 14 * 60, 0),
        read_point=_text(fields, "read_point", _TEXT_CHARACTERS),
        position=position,
        source=source,
        audience=_member(fields, "audience", Audience, Audience.EDGE),
        handset=_text(fields, "handset", _TEXT_CHARACTERS),
        children=children,
        destination=_text(fields, "destination", _TEXT_CHARACTERS),
    )


def _named(raw: object, content_type: int) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise InvalidEvent("type", "an event is a map", field="event")
    known, names = (_NUMBERS, EVENT_KEYS) if content_type == cose.CBOR else (_NAMES, None)
    if not raw.keys() <= known:
        name = min(map(str, raw.keys() - known))[:40]
        raise InvalidEvent("unknown_field", f"there is no field {name!r}", field=name)
    # A null is the same as leaving the field out.
    if names is None:
        return {name: value for name, value in raw.items() if value is not None}
    return {names[number]: value for number, value in raw.items() if value is not None}


def _text(fields: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise InvalidEvent("type", f"{name} is text of 1 to {longest} printable characters", field=name)
    return value


def _integer(fields: Mapping[str, Any], name: str, least: int, most: int, default: int) -> int:
    value = fields.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise InvalidEvent("range", f"{name} is an integer from {least} to {most}", field=name)
    return value


def _member(fields: Mapping[str, Any], name: str, kind: type[_Member], default: _Member) -> _Member:
    value = fields.get(name)
    if value is None:
        return default
    member: _Member | None = _MEMBERS[kind].get(value) if isinstance(value, str) else None
    if member is None:
        raise InvalidEvent("vocabulary", f"{name} is one of {', '.join(kind)}", field=name)
    return member


def _time(fields: Mapping[str, Any], now: int, clock_bound_s: int) -> int:
    value = fields.get("occurred_at")
    if type(value) is not int:
        raise InvalidEvent("type", "occurred_at is an integer: microseconds since 1970, UTC", field="occurred_at")
    if value < EARLIEST:
        raise InvalidEvent(
            "impossible_time", "occurred_at is before 2020 (are the units microseconds?)", field="occurred_at"
        )
    if value > now + (clock_bound_s + FUTURE_TOLERANCE_S) * 1_000_000:
        raise InvalidEvent("impossible_time", "occurred_at lies in the future", field="occurred_at")
    return value


def _position(fields: Mapping[str, Any]) -> tuple[Position | None, LocationSource | None]:
    if not fields.keys() >= _PLACE_NAMES:
        given = [name for name in _PLACE if name in fields]
        if not given:
            return None, None
        raise InvalidEvent("missing", "latitude, longitude, radius_m and source belong together", field=given[0])
    for name, least, most in _RANGES:
        number = fields[name]
        if type(number) not in (int, float):
            raise InvalidEvent("type", f"{name} is a number", field=name)
        if not least <= number <= most:  # which a NaN does not either
            raise InvalidEvent("range", f"{name} is a number from {least} to {most}", field=name)
    source = _member(fields, "source", LocationSource, LocationSource.SITE)
    radius = max(float(fields["radius_m"]), source.least_radius_m)
    return Position(float(fields["latitude"]), float(fields["longitude"]), radius), source


def _children(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("children")
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > MAX_CHILDREN:
        raise InvalidEvent("type", f"children is a list of at most {MAX_CHILDREN} codes", field="children")
    if not all(
        isinstance(child, str) and 1 <= len(child) <= _ITEM_CHARACTERS and child.isprintable() for child in value
    ):
        raise InvalidEvent(
            "type", f"each of children is text of 1 to {_ITEM_CHARACTERS} printable characters", field="children"
        )
    return tuple(value)
