"""A unit's history: the columns of one event as the store gives them, and the value that they make. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from resolver.verdict.facts import HistoryRow, Organisation, Site
from schemas.geodesy import SITE_RADIUS_M

NO_NAMES: Mapping[str, Organisation] = {}


class EventColumns(NamedTuple):
    """The columns of :data:`resolver.trace.store.UNIT_HISTORY`, in its order and in JSON's types."""

    event_id: str
    item_id: str
    occurred_at: str
    recorded_at: str
    offset_minutes: int
    biz_step: str
    action: str
    disposition: str | None
    read_point: str | None
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    source: str | None
    audience: str
    reader_org: str
    reader_id: str
    owner_org: str
    proof: str
    clock_bound_s: int
    via: str | None
    children: list[str] | None
    handset: str | None = None


def history_row(
    event: EventColumns, site: Site | None, organisations: Mapping[str, Organisation] = NO_NAMES
) -> HistoryRow:
    """The event as a value. ``site`` is that of its read point, None when that is not registered.

    ``organisations`` names readers' organisations, by id, that are not the sites' own.
    """
    latitude, longitude, radius_m = event.latitude, event.longitude, event.radius_m
    if site is not None and latitude is None:
        latitude, longitude, radius_m = site.latitude, site.longitude, SITE_RADIUS_M
    return HistoryRow(
        event_id=UUID(event.event_id),
        item_id=event.item_id,
        occurred_at=datetime.fromisoformat(event.occurred_at),
        recorded_at=datetime.fromisoformat(event.recorded_at),
        offset_minutes=event.offset_minutes,
        biz_step=event.biz_step,
        action=event.action,
        disposition=event.disposition,
        read_point=event.read_point,
        site=site,
        latitude=latitude,
        longitude=longitude,
        radius_m=radius_m,
        source=event.source,
        audience=event.audience,
        reader_org=event.reader_org,
        reader_id=event.reader_id,
        owner_org=event.owner_org,
        proof=event.proof,
        clock_bound_s=event.clock_bound_s,
        via=event.via,
        children=tuple(event.children or ()),
        handset=event.handset,
        reader=site.owner
        if site is not None and site.owner.org_id == event.reader_org
        else organisations.get(event.reader_org),
    )


def history_row_with_site(row: Mapping[str, Any]) -> HistoryRow:
    """As :func:`history_row`, of a row that has the columns of its site besides (``site_id``, ``site_name`` ...)."""
    return history_row(EventColumns._make(row.get(name) for name in EventColumns._fields), _site(row))


def _site(row: Mapping[str, Any]) -> Site | None:
    if row["site_id"] is None:
        return None
    return Site(
        site_id=row["site_id"],
        name=row["site_name"],
        name_zh=row["site_name_zh"],
        kind=row["site_kind"],
        latitude=row["site_latitude"],
        longitude=row["site_longitude"],
        owner=Organisation(row["site_org"], row["site_org_name"], row["site_org_name_zh"]),
    )
