"""When a reader cuts a batch and when it resends one. Pure: times are seconds of a monotonic clock."""

from dataclasses import dataclass

from schemas.event import MAX_EVENTS, MAX_MESSAGE_BYTES
from schemas.reader_settings import ReaderSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """A batch is cut when it has ``events`` or ``bytes`` of them, or the oldest waited ``age_s``.

    At most ``in_flight`` batches wait for a receipt at a time. A batch without a receipt is resent after ``resend_s``,
    then after twice that, and so on up to ``max_resend_s``.
    """

    events: int = 100
    bytes: int = 256 * 1024
    age_s: float = 1.0
    in_flight: int = 16
    resend_s: float = 5.0
    max_resend_s: float = 300.0

    def __post_init__(self) -> None:
        if not (1 <= self.events <= MAX_EVENTS and 1 <= self.bytes <= MAX_MESSAGE_BYTES and self.in_flight >= 1):
            raise ValueError(f"{self} is outside the protocol's limits")
        if not (self.age_s >= 0 and 0 < self.resend_s <= self.max_resend_s):
            raise ValueError(f"{self} has times that can't be kept")

    def full(self, events: int, size: int) -> bool:
        """True when so many scans of so many bytes make a batch without waiting for more."""
        return events >= self.events or size >= self.bytes

    def with_settings(self, settings: ReaderSettings) -> "Limits":
        """These limits, but for what the settings say."""
        resend_s = self.resend_s if settings.resend_s is None else float(settings.resend_s)
        return Limits(
            events=settings.batch_events or self.events,
            bytes=settings.batch_bytes or self.bytes,
            age_s=self.age_s if settings.batch_age_ms is None else settings.batch_age_ms / 1000,
            in_flight=settings.in_flight or self.in_flight,
            resend_s=resend_s,
            max_resend_s=max(self.max_resend_s, resend_s),
        )

    def patience_s(self, attempts: int) -> float:
        """How long to wait for a receipt after the given number of attempts (from 1)."""
        return min(self.resend_s * 2.0 ** min(attempts - 1, 60), self.max_resend_s)


class Pace:
    """When each batch in flight is to be resent, by sequence number; a batch that was never sent is due now."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._due: dict[int, float] = {}

    def due(self, sequence: int, now: float) -> bool:
        """True when the batch should be sent."""
        return now >= self._due.get(sequence, now)

    def sent(self, sequence: int, attempts: int, now: float) -> None:
        """Note that the batch was sent for the ``attempts``-th time."""
        self._due[sequence] = now + self.limits.patience_s(attempts)

    def settled(self, sequence: int) -> None:
        """Forget a batch."""
        self._due.pop(sequence, None)

    def reconnected(self) -> None:
        """Make all batches due: after a new connection it is not known what of the last one arrived."""
        self._due.clear()
