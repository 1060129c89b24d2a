"""When a transaction's batch of messages is full: by count, bytes or age, whichever comes first. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum messages and bytes in one transaction, and how long in seconds its first message may wait for more."""

    messages: int
    size: int
    age: float


@dataclass(slots=True)
class Fill:
    """How full the batch is that is being filled. Times are seconds of any monotonic clock."""

    limits: Limits
    started: float
    messages: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        """Count one more message of ``size`` bytes."""
        self.messages += 1
        self.size += size

    @property
    def full(self) -> bool:
        """True when nothing more may be added."""
        return self.messages >= self.limits.messages or self.size >= self.limits.size

    def patience(self, now: float) -> float:
        """How long in seconds the next message may still be waited for."""
        return max(0.0, self.started + self.limits.age - now)
