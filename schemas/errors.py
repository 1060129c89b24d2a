"""What can go wrong, split by what the caller can do about it.

::

    SuyuanError
    ├── Rejected                 the input can't be used; sending it again won't help
    │   ├── InvalidIdentifier    a code, URI, GTIN or serial; points at the offending characters
    │   ├── InvalidMessage       a signed batch that can't be opened: envelope, signature, payload
    │   └── InvalidEvent         one event of a readable batch; its neighbours are unharmed
    ├── DomainError              a rule is against the request; says which, and what to do
    │   ├── Invalid              a value can't be used; send another one
    │   ├── NotFound             nothing is registered under the identifier
    │   ├── Forbidden            the caller may see it, and may not do that with it
    │   └── Conflict             the request contradicts what is stored
    ├── Retryable                try the same thing again later; nothing was lost
    │   ├── StoreUnavailable
    │   │   └── StoreTooSlow     asking the same at once would only make it slower
    │   └── BrokerUnavailable
    └── Stop                     a person has to change something first
        └── Misconfigured        a setting is missing or wrong; names the setting and the fix
"""

DETAIL_CHARACTERS = 300


def printable(text: str) -> str:
    """``text`` cut short, with a question mark for what a database, a log or a receipt could not carry unharmed."""
    return "".join([c if c.isprintable() else "?" for c in text[:DETAIL_CHARACTERS]])


class SuyuanError(Exception):
    """Base of every error that this project raises on purpose."""


class Rejected(SuyuanError):
    """Raised when an input can't be used as it is.

    ``reason`` is a stable slug (dead letters, receipts and problem documents carry it); ``detail`` is for people: one
    line of at most ``DETAIL_CHARACTERS`` printable characters, whatever the input held.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = printable(detail)
        super().__init__(f"{reason}: {self.detail}")


class InvalidIdentifier(Rejected):
    """Raised when text is not the identifier that it claims to be.

    ``part`` names what is wrong (an AI such as ``01``, or ``path``); ``span`` is the half-open range of the
    offending characters in the text that was given.
    """

    def __init__(self, reason: str, detail: str, *, part: str, span: tuple[int, int]) -> None:
        super().__init__(reason, detail)
        self.part = part
        self.span = span


class InvalidMessage(Rejected):
    """Raised when a whole signed batch can't be opened: nothing in it can be trusted or read."""


class InvalidEvent(Rejected):
    """Raised when one event can't be used; ``field`` names the part that is wrong."""

    def __init__(self, reason: str, detail: str, *, field: str) -> None:
        super().__init__(reason, detail)
        self.field = printable(field)


class Retryable(SuyuanError):
    """Raised when the same attempt may succeed later."""


class StoreUnavailable(Retryable):
    """Raised when the database can't be reached or asks to try again."""


class StoreTooSlow(StoreUnavailable):
    """Raised when the database did not answer in time: the question may still be at work there, so don't repeat it."""


class BrokerUnavailable(Retryable):
    """Raised when the MQTT broker can't be reached."""


class Stop(SuyuanError):
    """Raised when going on makes no sense before a person has acted."""


class Misconfigured(Stop):
    """Raised when a setting is missing or wrong; the message names the setting and the fix."""


class DomainError(SuyuanError):
    """Base of the errors that stores and pure modules raise of a request.

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
