"""Who may say and hear what at a broker, in MQTT's words and in NATS's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_PASSWORD = re.compile(r"[!-9;-~]{8,256}")  # visible ASCII without the colon
# NATS separates levels by "." and reads "*" and ">" as wildcards, so none of them may stand in a level.
_FORBIDDEN = re.compile(r"[.*>\s\x00]")


@dataclass(frozen=True)
class BrokerUser:
    """A user of a broker and the MQTT topic filters it may publish and subscribe to.

    ValueError if the name is not 1 to 64 of A-Z a-z 0-9 . _ @ -, if the password is not 8 to 256
    visible ASCII characters without a colon, or if a filter is not one that every broker can express.
    """

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"broker user {self.name!r}: use 1 to 64 of A-Z a-z 0-9 . _ @ -")
        # Mosquitto's file ends a name at the colon; NATS takes what begins with "$2" for a bcrypt hash.
        if not _PASSWORD.fullmatch(self.password) or self.password.startswith("$2"):
            raise ValueError(
                f"broker user {self.name!r}: use a password of 8 to 256 visible ASCII characters, "
                f'no ":" among them and not "$2" before them'
            )
        for topic_filter in (*self.publish, *self.subscribe):
            nats_subjects(topic_filter)


def nats_subjects(topic_filter: str) -> tuple[str, ...]:
    """The NATS subjects of an MQTT topic filter.

    "a/+/b" is a.*.b; "a/#" is two subjects, a and a.>, because MQTT counts the parent in. ValueError
    if a level is empty, holds a character that NATS reserves, or has a wildcard beside other text, and
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
