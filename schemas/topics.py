"""MQTT topics: ``suyuan/v1/{org}/{reader}/{channel}``.

Organisation and reader ids are lower-case letters, digits and hyphens, at most 64, so that every broker (NATS maps
levels to subjects, where ``.``, ``*`` and space mean something) carries them unchanged.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from schemas.errors import InvalidMessage

ROOT = "suyuan/v1"
EVENTS = "events"
"""Reader to gateway: one signed batch a message, QoS 1."""
RECEIPT = "receipt"
"""Gateway to reader: one receipt per batch, after its transaction committed, QoS 1."""
STATUS = "status"
"""Reader to everyone: ``online`` or ``offline`` (last will), retained."""
SETTINGS = "settings"
"""Gateway to reader: the settings that it should work by (:mod:`schemas.reader_settings`), retained."""
ALERTS = "alerts"
"""Gateway to an organisation's own programs: one notice a message, QoS 1. No reader has it (:func:`alerts_topic`)."""
CHANNELS = (EVENTS, RECEIPT, STATUS, SETTINGS)

ALL_EVENTS = f"{ROOT}/+/+/{EVENTS}"
ALL_STATUS = f"{ROOT}/+/+/{STATUS}"
ALL_ALERTS = f"{ROOT}/+/-/{ALERTS}"
SHARED_EVENTS = f"$share/gateway/{ALL_EVENTS}"
"""For several gateway workers on an MQTT 5 broker."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""What an organisation or reader id looks like (a DNS label)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whose topic it is."""

    org_id: str
    reader_id: str

    def topic(self, channel: str) -> str:
        """This reader's topic of one channel."""
        return f"{ROOT}/{self.org_id}/{self.reader_id}/{channel}"


def alerts_topic(org_id: str) -> str:
    """Where an organisation hears of its cases. No reader can be called ``-``, so that no reader's topic is like it."""
    return f"{ROOT}/{org_id}/-/{ALERTS}"


def parse(topic: str, channel: str = EVENTS) -> Address:
    """The address in a topic of the given channel.

    :raises InvalidMessage: ``topic`` when it is another topic or has an id that no reader can have.
    """
    return _parse(topic, channel)


# A gateway meets the same topics again and again; what is no topic of a reader's is not remembered.
@lru_cache(maxsize=10_000)
def _parse(topic: str, channel: str) -> Address:
    parts = topic.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT or parts[4] != channel:
        raise InvalidMessage("topic", f"{topic[:100]!r} is not {ROOT}/{{org}}/{{reader}}/{channel}")
    if not (NAME.fullmatch(parts[2]) and NAME.fullmatch(parts[3])):
        raise InvalidMessage("topic", f"{topic[:100]!r} has an id that is not lower-case letters, digits and hyphens")
    return Address(parts[2], parts[3])
