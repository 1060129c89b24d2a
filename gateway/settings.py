"""What the gateway can be told, read once from the environment. Every setting begins with SUYUAN_."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from schemas.errors import Misconfigured
from schemas.keys import ROOT_BYTES
from schemas.secret import secret_in
from schemas.settings import PREFIX, SettingsBase, setting, wrong

LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(SettingsBase):
    """All settings of ``python -m gateway``. docs/settings.md is generated from these fields."""

    database_url: str = setting(
        "DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE", secret=True
    )
    seal_root_file: Path = setting("SEAL_ROOT_FILE", "file with the 32-byte sealing root, raw or in hexadecimal")
    inbox: Literal["mqtt", "jetstream"] = setting(
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
    nats_password: str = setting("NATS_PASSWORD", "that user's password; or …_FILE", default="", secret=True)
    mqtt_host: str = setting("MQTT_HOST", "the broker's host name or address", default="127.0.0.1")
    mqtt_port: int = setting("MQTT_PORT", "the broker's port", default=1883)
    mqtt_username: str = setting("MQTT_USERNAME", "user that may read events and write receipts")
    mqtt_password: str = setting("MQTT_PASSWORD", "that user's password; or …_FILE", secret=True)
    mqtt_protocol: Literal["3.1.1", "5"] = setting(
        "MQTT_PROTOCOL", "3.1.1 (NATS; one gateway) or 5 (shared subscription; several gateways)", default="3.1.1"
    )
    mqtt_tls_ca_file: Path | None = setting(
        "MQTT_TLS_CA_FILE", "CA certificates in PEM; when set, the connection uses TLS", default=None
    )
    slot: str = setting(
        "GATEWAY_SLOT",
        "number of this worker, which names its broker session; auto claims the first free one",
        default="auto",
        pattern=r"^(auto|[0-9]+)$",
        fix="auto or a number from 0",
    )
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting("METRICS_PORT", "port of these; 0 turns them off", default=9464)
    batch_messages: int = setting("BATCH_MESSAGES", "maximum number of messages in one transaction", default=200, ge=1)
    batch_bytes: int = setting(
        "BATCH_BYTES", "maximum size of the messages in one transaction, in bytes", default=1 << 20, ge=1
    )
    batch_age_ms: int = setting(
        "BATCH_AGE_MS", "longest wait in milliseconds for more messages once there is one", default=20
    )
    receive_maximum: int = setting(
        "RECEIVE_MAXIMUM",
        "maximum number of unacknowledged messages (MQTT 5 and jetstream; with 3.1.1 the broker's own limit holds)",
        default=1000,
        ge=1,
        le=65_535,
    )
    reader_messages: int = setting(
        "READER_MESSAGES",
        "maximum number of messages of one reader that wait; the oldest are dropped, and resent by the reader",
        default=500,
        ge=1,
    )
    waiting_bytes: int = setting(
        "HELD_BYTES", "bytes of waiting messages from which on the gateway reads no more", default=64 << 20, ge=1
    )
    log_format: LogFormat = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: LogLevel = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @model_validator(mode="after")
    def _jetstream_is_described(self) -> Self:
        if self.inbox == "jetstream":
            for field_name in ("nats_url", "nats_username", "nats_password"):
                if not getattr(self, field_name):
                    raise wrong(Settings, field_name, None)
        return self


def read_seal_root(path: Path) -> bytes:
    """The sealing root in a file, as :func:`read_root`."""
    return read_root(path, "SEAL_ROOT_FILE")


def read_root(path: Path, name: str) -> bytes:
    """The root in the file that the setting ``name`` gives (:func:`schemas.secret.secret_in`).

    :raises Misconfigured: the file can't be read, is no secret, or holds too little.
    """
    try:
        return secret_in(path.read_bytes(), ROOT_BYTES)
    except OSError as error:
        raise Misconfigured(f"{PREFIX}{name}: can't read {path} ({error.strerror}); make the file") from None
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}{name}: {path} {error}") from None
