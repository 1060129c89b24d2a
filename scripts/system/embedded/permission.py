"""Who may say and hear what at a broker, in MQTT's words and in NATS's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z0-9._@/-]{1,129}")  # the longest is a reader's: org/reader, 64 each
_PASSWORD = re.compile(r"[!-9;-~]{8,256}")  # visible ASCII without the colon
# NATS separates levels by "." and reads "*" and ">" as wildcards, so none of them may stand in a level.
_FORBIDDEN = re.compile(r"[.*>\s\x00]")


@dataclass(frozen=True)
class BrokerUser:
    """A user of a broker and the MQTT topic filters it may publish and subscribe to.

    ValueError if the name is not 1 to 129 of A-Z a-z 0-9 . _ @ / -, if the password is not 8 to 256
    visible ASCII characters without a colon, or if a filter is not one that every broker can express.
    """

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"broker user {self.name!r}: use 1 to 129 of A-Z a-z 0-9 . _ @ / -")
        # Mosquitto's file ends a name at the colon; NATS takes what begins with "$2" for a bcrypt hash.
        if not _PASSWORD.fullmatch(self.password) or self.password.startswith("$2"):
            raise ValueError(
                f"broker user {self.name!r}: use a password of 8 to 256 visible ASCII characters, "
                f'no ":" among them and not "$2" before them'
            )
        for topic_filter in (*self.publish, *self.subscribe):
            nats_subjects(topic_filter)


@dataclass(frozen=True)
class NatsUser:
    """A user of NATS's own protocol, with the NATS subjects it may publish and subscribe to.

    Name and password obey the rules of `BrokerUser`.
    """

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        BrokerUser(self.name, self.password)


def stream_worker(name: str, password: str, *, durable: str, answers: str) -> NatsUser:
    """A worker behind the MQTT listeners.

    It may share the pull consumer `durable` of NATS's stream of MQTT messages, and publish to the MQTT topics that the
    filter `answers` covers.
    """
    stream, (subject,) = "$MQTT_msgs", nats_subjects(answers)
    return NatsUser(
        name,
        password,
        publish=(
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.API.CONSUMER.INFO.{stream}.{durable}",
            f"$JS.API.CONSUMER.CREATE.{stream}.{durable}.>",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{durable}",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}",
            f"$JS.ACK.{stream}.{durable}.>",
            f"$MQTT.msgs.{subject}",
            f"$MQTT.rmsgs.{subject}",
        ),
        subscribe=("_INBOX.>",),
    )


def nats_subjects(topic_filter: str) -> tuple[str, ...]:
    """The NATS subjects of an MQTT topic filter.

    "a/+/b" is a.*.b; "a/#" is two subjects, a and a.>, because MQTT counts the parent in. ValueError
    if a level is empty, contains a character that NATS reserves, or has a wildcard beside other text, and
    if the first level is a wildcard or begins with "$".
    """
    levels = topic_filter.split("/")
    if levels[0] in {"+", "#"} or levels[0].startswith("$"):
        # In MQTT such a wildcard leaves out the broker's own "$" topics; NATS would give them away.
        raise ValueError(f"topic filter {topic_filter!r}: name the first level, and not one of the broker's own")
    for position, level in enumerate(levels):
        last = position == len(levels) - 1
        wild = level == "+" or (level == "#" and last)
        if not wild and (not level or _FORBIDDEN.search(level) or "+" in level or "#" in level):
            raise ValueError(f"topic filter {topic_filter!r}: level {level!r} can't be used with every broker")
    subject = ".".join("*" if level == "+" else level for level in levels if level != "#")
    return (subject, f"{subject}.>") if levels[-1] == "#" else (subject,)
