"""How a reader reaches the gateway: the seam between :mod:`firmware_sim.device.reader` and MQTT or HTTP."""

from typing import Protocol


class Listener(Protocol):
    """What a link tells its reader, from a thread of the link's own. Nothing here blocks or raises."""

    def on_ready(self) -> None:
        """Messages can be sent from now on; of what was sent before, nothing is known."""

    def on_lost(self, text: str | None) -> None:
        """Nothing can be sent for now; ``text`` says why, None when it was meant."""

    def on_receipt(self, payload: bytes) -> None:
        """A receipt came."""

    def on_settings(self, payload: bytes) -> None:
        """Settings came."""

    def note(self, text: str) -> None:
        """Something went wrong that a person may want to know."""


class Link(Protocol):
    """A way to the gateway."""

    def start(self) -> None:
        """Begin to connect; returns at once, whether or not anybody answers."""

    def stop(self) -> None:
        """Say good-bye and hang up."""

    def send(self, message: bytes) -> None:
        """Send once, without waiting. What is lost on the way is the reader's to send again."""

    def keep_alive(self) -> None:
        """Bring the link's thread back if something ended it."""
