"""Who asks: the organisation and the role of a valid token."""

from dataclasses import dataclass
from uuid import UUID

from resolver.store import Scope

_MANDATES = {"regulator": "oversight", "operator": "operator"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a valid token."""

    org_id: str
    role: str
    label: str
    token_id: UUID
    scopes: frozenset[str]

    @property
    def scope(self) -> Scope:
        """What the caller's transactions see: the own organisation, and what goes with a mandate."""
        return Scope(self.org_id, _MANDATES.get(self.role, ""))
