"""Errors as HTTP answers: problem documents (RFC 9457) that name what is wrong and how to put it right. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://suyuan.invalid/problems/"
"""Problem types are names, not pages: ``.invalid`` (RFC 2606) never resolves."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``reason`` is a stable slug; ``fix`` says what to do; ``extra`` are further members.

    ``status`` is the answer's status (RFC 9110, section 15), ``headers`` are those that it has besides.
    """

    status: int
    reason: str
    detail: str
    fix: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """A short text that is the same for every problem of this kind: the reason in words."""
        return self.reason.replace("_", " ")

    def to_document(self) -> dict[str, Any]:
        """The members of the problem document (RFC 9457, section 3)."""
        document: dict[str, Any] = {
            "type": TYPE_BASE + self.reason.replace("_", "-"),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "reason": self.reason,
        }
        if self.fix:
            document["fix"] = self.fix
        return document | dict(self.extra)
