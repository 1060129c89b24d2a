"""Who asks: the organisation and the role of a valid token."""

from dataclasses import dataclass

from resolver.store import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a valid token."""

    org_id: str
    role: str
    label: str

    @property
    def scope(self) -> Scope:
        """What the caller's transactions see: the own organisation, or a regulator's oversight."""
        return Scope(self.org_id, "oversight" if self.role == "regulator" else "")
