"""Pages of cases and incidents: those that are not closed first, and of these the weightiest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from resolver.web.pagination import decode_cursor, not_ours, time_of
from schemas.case import State

_CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CasePage:
    """Where a page begins: after the row of this key, among the cases that were there at ``as_of``."""

    as_of: datetime
    closed: bool | None = None
    weight: float | None = None
    after: UUID | None = None

    @classmethod
    def of(cls, page_token: str | None, now: datetime) -> "CasePage":
        """The page that a token asks for; without one the first.

        :raises Refused: 422 when the token is none of ours.
        """
        if page_token is None:
            return cls(now)
        as_of, closed, weight, after = decode_cursor(page_token, 4)
        try:
            return cls(time_of(as_of), closed == _CLOSED, float(weight), UUID(after))
        except ValueError:
            raise not_ours() from None

    def values(self, limit: int | None) -> dict[str, Any]:
        """The parameters of the query; ``limit`` None: all rows."""
        return {
            "as_of": self.as_of,
            "closed": self.closed,
            "weight": self.weight,
            "after": self.after,
            "limit": limit,
        }

    def key_of(self, row: Mapping[str, Any]) -> list[str]:
        """The parts of the token of the page after ``row``."""
        closed = _CLOSED if row["state"] == State.CLOSED else ""
        return [self.as_of.isoformat(), closed, repr(float(row["weight"])), str(row["case_id"])]
