"""Errors that a caller can put right, one class per remedy. Pure.

::

    DomainError
    ├── Invalid      a value that was sent can't be used; send another one
    ├── NotFound     nothing is registered under the identifier that was sent
    ├── Forbidden    the caller may see this, and not do it
    └── Conflict     the request contradicts what is stored

Stores and pure modules raise them; :mod:`resolver.web.problems` makes problem documents (RFC 9457) of them.
"""

from schemas.errors import SuyuanError


class DomainError(SuyuanError):
    """Base of these errors.

    ``reason`` is a stable slug, ``detail`` one sentence about what is wrong and ``remedy`` one about what to do (it may
    be empty). ``members`` are further members of the problem document, such as ``field``: the part of the request that
    is wrong.
    """

    def __init__(self, reason: str, detail: str, remedy: str = "", **members: object) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.remedy = remedy
        self.members = members


class Invalid(DomainError):
    """Raised when a value that was sent can't be used as it is."""


class NotFound(DomainError):
    """Raised when nothing is registered under an identifier, as far as the caller may see."""


class Forbidden(DomainError):
    """Raised when the caller may see what it asks about, and may not do with it what it asks."""


class Conflict(DomainError):
    """Raised when a request contradicts what is stored."""
