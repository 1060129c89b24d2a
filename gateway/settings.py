"""What the gateway can be told, read once from the environment. Every setting begins with SUYUAN_."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from schemas.errors import Misconfigured

PREFIX = "SUYUAN_"


def setting(name: str, about: str, **default: Any) -> Any:  # noqa: ANN401 -- dataclasses.field has no narrower type
    """A field of settings: its name without the prefix, and what it means."""
    return field(**default, metadata={"name": name, "about": about})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of ``python -m gateway``. docs/settings.md is generated from these fields."""

    database_url: str = setting("DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE")
    seal_root_file: Path = setting("SEAL_ROOT_FILE", "file with the sealing root: 64 or more hexadecimal digits")
    inbox: str = setting(
        "INBOX", "where messages come from: mqtt (any broker) or jetstream (NATS, several machines)", default="mqtt"
    )
    nats_url: str = setting(
        "NATS_URL",
        "with jetstream: nats://host:port of each server of the cluster, with commas between",
        default="",
    )
    nats_username: str = setting(
        "NATS_USERNAME", "with jetstream: user of NATS that may share the consumer and write receipts", default=""
    )
    nats_password: str = setting("NATS_PASSWORD", "that user's password; or …_FILE", default="")
    mqtt_host: str = setting("MQTT_HOST", "the broker's host name or address", default="127.0.0.1")
    mqtt_port: int = setting("MQTT_PORT", "the broker's port", default=1883)
    mqtt_username: str = setting("MQTT_USERNAME", "user that may read events and write receipts")
    mqtt_password: str = setting("MQTT_PASSWORD", "that user's password; or …_FILE")
    mqtt_protocol: str = setting(
        "MQTT_PROTOCOL", "3.1.1 (NATS; one gateway) or 5 (shared subscription; several gateways)", default="3.1.1"
    )
    mqtt_tls_ca_file: Path | None = setting(
        "MQTT_TLS_CA_FILE", "CA certificates in PEM; when set, the connection uses TLS", default=None
    )
    slot: str = setting(
        "GATEWAY_SLOT",
        "number of this worker, which names its broker session; auto claims the first free one",
        default="auto",
    )
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting("METRICS_PORT", "port of these; 0 turns them off", default=9464)
    batch_messages: int = setting("BATCH_MESSAGES", "most messages in one transaction", default=200)
    batch_bytes: int = setting("BATCH_BYTES", "most bytes of messages in one transaction", default=1 << 20)
    batch_age_ms: int = setting(
        "BATCH_AGE_MS", "longest wait in milliseconds for more messages once there is one", default=20
    )
    receive_maximum: int = setting(
        "RECEIVE_MAXIMUM",
        "most unacknowledged messages (MQTT 5 and jetstream; with 3.1.1 the broker's own limit holds)",
        default=1000,
    )
    reader_messages: int = setting(
        "READER_MESSAGES",
        "most messages of one reader waiting in a gateway; older ones give way and come again by the reader's resend",
        default=500,
    )
    held_bytes: int = setting(
        "HELD_BYTES", "bytes of waiting messages from which on the gateway reads no more", default=64 << 20
    )
    log_format: str = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: str = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in ``environ``.

        :raises Misconfigured: names the setting and what to do.
        """
        settings = cls(**values_of(cls, environ))
        _require_sense(settings)
        return settings


def values_of(kind: type, environ: Mapping[str, str]) -> dict[str, Any]:
    """What ``environ`` says of the settings that ``kind`` declares, by field.

    :raises Misconfigured: one is missing that has no default, or is no number where it should be.
    """
    values: dict[str, Any] = {}
    for each in fields(kind):
        text = _value(environ, PREFIX + each.metadata["name"])
        if text is not None:
            values[each.name] = _convert(PREFIX + each.metadata["name"], text, each.type)
    missing = [PREFIX + each.metadata["name"] for each in fields(kind) if each.name not in values and _required(each)]
    if missing:
        raise Misconfigured(f"{missing[0]} is missing and has no default: set it, or {missing[0]}_FILE to a path")
    return values


def _require_sense(settings: Settings) -> None:
    for name, value, allowed in (
        ("INBOX", settings.inbox, ("mqtt", "jetstream")),
        ("MQTT_PROTOCOL", settings.mqtt_protocol, ("3.1.1", "5")),
        ("LOG_FORMAT", settings.log_format, ("text", "json")),
        ("LOG_LEVEL", settings.log_level, ("DEBUG", "INFO", "WARNING", "ERROR")),
    ):
        if value not in allowed:
            raise Misconfigured(f"{PREFIX}{name} is {value!r}; set it to {' or '.join(allowed)}")
    if settings.inbox == "jetstream":
        for name, text in (
            ("NATS_URL", settings.nats_url),
            ("NATS_USERNAME", settings.nats_username),
            ("NATS_PASSWORD", settings.nats_password),
        ):
            if not text:
                raise Misconfigured(f"{PREFIX}{name} is missing: {PREFIX}INBOX is jetstream, which needs it")
    for name, number in (
        ("BATCH_MESSAGES", settings.batch_messages),
        ("BATCH_BYTES", settings.batch_bytes),
        ("READER_MESSAGES", settings.reader_messages),
        ("HELD_BYTES", settings.held_bytes),
    ):
        if number < 1:
            raise Misconfigured(f"{PREFIX}{name} is {number}; set it to 1 or more")
    if not 1 <= settings.receive_maximum <= 65_535:
        raise Misconfigured(f"{PREFIX}RECEIVE_MAXIMUM is {settings.receive_maximum}; set it to 1 to 65535")
    if settings.slot != "auto" and not settings.slot.isdecimal():
        raise Misconfigured(f"{PREFIX}GATEWAY_SLOT is {settings.slot!r}; set it to auto or a number from 0")


def _required(each: Any) -> bool:  # noqa: ANN401 -- dataclasses.Field is generic over the field's own type
    return each.default is MISSING


def _value(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    path = environ.get(f"{name}_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{name}_FILE: {error}") from None


def _convert(name: str, text: str, kind: Any) -> Any:  # noqa: ANN401 -- one of the field types above
    try:
        return kind(text) if kind in (int, str) else Path(text)
    except ValueError:
        raise Misconfigured(f"{name} is {text!r}; set it to a whole number") from None


def read_seal_root(path: Path) -> bytes:
    """The sealing root in a file of hexadecimal digits.

    :raises Misconfigured: the file can't be read, or holds too few digits.
    """
    try:
        root = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{PREFIX}SEAL_ROOT_FILE: {error}") from None
    if len(root) < 32:
        raise Misconfigured(f"{PREFIX}SEAL_ROOT_FILE has {len(root)} bytes; give it 64 or more hexadecimal digits")
    return root
