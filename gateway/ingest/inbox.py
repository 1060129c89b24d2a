"""Where messages come from: the interface between the worker and any broker.

The worker knows this protocol only. ``mqtt_inbox`` implements it for every MQTT broker, ``jetstream_inbox`` for a
cluster of NATS, ``http_inbox`` for batches by HTTP.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from gateway.ingest.batching import Limits


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came. ``epoch`` and ``handle`` say what to acknowledge, and on which connection.

    ``handle`` is the inbox's own: a packet identifier of MQTT (0: sent with QoS 0, nothing to acknowledge), or the
    reply subject of JetStream.
    """

    epoch: int
    handle: int | str
    topic: str
    payload: bytes


class Inbox(Protocol):
    """A durable subscription to every reader's events, and the way back for receipts."""

    @property
    def connected(self) -> bool:
        """True while the broker answers *and* the thread that reads from it lives."""

    @property
    def dropped_unread(self) -> int:
        """How many messages were dropped: acknowledged unread, because their reader exceeded its queue limit.

        The reader has no receipt for them, and will resend them.
        """

    def start(self) -> None:
        """Connect in the background, and reconnect until stopped; deliveries arrive once the broker answers."""

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next deliveries, each reader's in order of arrival; none when none came within ``patience`` seconds.

        :raises BrokerUnavailable: the network thread has ended; the process must be restarted.
        :raises Misconfigured: the broker refuses this user.
        """

    def ack(self, deliveries: Iterable[Delivery]) -> int:
        """Acknowledge what is committed; returns how many deliveries belonged to a connection that is gone."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1. A receipt that is lost on the way is requested by the reader's resend."""

    def stop(self, seconds: float = 5) -> None:
        """Disconnect, leaving the session of this slot, with what is not acknowledged, at the broker."""
