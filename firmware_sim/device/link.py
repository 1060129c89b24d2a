"""How a reader reaches the gateway: the interface between :mod:`firmware_sim.device.reader` and MQTT or HTTP."""

from typing import Protocol


class Listener(Protocol):
    """What a link calls on its reader, from a thread of its own. Nothing here blocks or raises."""

    def on_ready(self) -> None:
        """Messages can be sent from now on; those sent before may or may not have arrived."""

    def on_lost(self, text: str | None) -> None:
        """Nothing can be sent for now; ``text`` says why, None after an intended disconnection."""

    def on_receipt(self, payload: bytes) -> None:
        """A receipt came."""

    def on_settings(self, payload: bytes) -> None:
        """Settings came."""

    def note(self, text: str) -> None:
        """Something went wrong that a person may want to know."""


class Link(Protocol):
    """A way to the gateway."""

    def start(self) -> None:
        """Begin to connect, without waiting for an answer."""

    def stop(self) -> None:
        """Disconnect in an orderly way."""

    def send(self, message: bytes) -> None:
        """Send once, without waiting. The reader resends what is lost on the way."""

    def keep_alive(self) -> None:
        """Restart the link's thread if it has ended."""
