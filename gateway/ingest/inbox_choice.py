"""Which broker's inbox a worker reads from. The only module that knows the adapters of every broker."""

from gateway.ingest.inbox import Inbox
from gateway.settings import Settings


def open_inbox(settings: Settings, slot: int) -> Inbox:
    """The inbox that the settings choose, not started; ``slot`` names the worker's session with the broker.

    :raises Misconfigured: the library for it is not installed.
    """
    # Each adapter is imported only where it is wanted: the other's library need not be there.
    if settings.inbox == "jetstream":
        from gateway.ingest.jetstream_inbox import JetStreamInbox  # noqa: PLC0415 -- an optional extra

        return JetStreamInbox(settings)
    from gateway.ingest.mqtt_inbox import MqttInbox  # noqa: PLC0415 -- as above

    return MqttInbox(settings, slot)
