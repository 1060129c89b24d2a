"""An event on its way into the store. Pure."""

from typing import NamedTuple
from uuid import UUID

from schemas.code import Checked
from schemas.event import Event


class EventRow(NamedTuple):
    """One event, with who reported it, and what its code and those of its children proved.

    ``clock_bound_s`` bounds the error of the reporting clock, in seconds. ``network`` and ``operator`` are those of a
    consumer's scan (:class:`schemas.scan.Scan`); None for what a reader reports.
    """

    event_id: UUID
    event: Event
    checked: Checked
    children: tuple[Checked, ...]
    reader_org: str
    reader_id: str
    clock_bound_s: int
    network: str | None = None
    operator: str | None = None
