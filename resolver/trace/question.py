"""A question about events, and where a page of its answer ended. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.errors import Invalid


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page ended: the last row's key, and up to which recording time rows count at all."""

    as_of: datetime
    occurred_at: datetime | None = None
    item_id: str = ""
    event_id: UUID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Question:
    """One question about events. At least one of item, batch, site, organisation or area is given; all narrow."""

    item: str | None = None
    gtin: str | None = None
    lot: str | None = None
    site: str | None = None
    org: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    since: datetime | None = None
    until: datetime | None = None


def require_answerable(question: Question) -> None:
    """Check that a question names something, and nothing by half.

    :raises Invalid: it names nothing, only one of GTIN and lot, or a part of an area.
    """
    if (question.gtin is None) != (question.lot is None):
        raise Invalid(
            "missing",
            "A batch is named by gtin and lot.",
            "Give both.",
            field="lot" if question.gtin else "gtin",
        )
    area = (question.latitude, question.longitude, question.radius_km)
    if area.count(None) not in (0, len(area)):
        raise Invalid("missing", "An area is latitude, longitude and radius_km.", "Give all three.", field="radius_km")
    named = (question.item, question.gtin, question.site, question.org, question.latitude)
    if named.count(None) == len(named):
        raise Invalid(
            "missing",
            "Whose history?",
            "Give item, gtin and lot, site, org, or latitude, longitude and radius_km.",
            field="item",
        )
