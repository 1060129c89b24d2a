"""What the gateway can be told, read once from the environment. Every setting begins with SUYUAN_."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from schemas.errors import Misconfigured

PREFIX = "SUYUAN_"


def _setting(name: str, about: str, **default: Any) -> Any:  # noqa: ANN401 -- dataclasses.field has no narrower type
    return field(**default, metadata={"name": name, "about": about})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of ``python -m gateway``. docs/settings.md is generated from these fields."""

    database_url: str = _setting("DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE")
    seal_root_file: Path = _setting("SEAL_ROOT_FILE", "file with the sealing root: 64 or more hexadecimal digits")
    mqtt_host: str = _setting("MQTT_HOST", "the broker's host name or address", default="127.0.0.1")
    mqtt_port: int = _setting("MQTT_PORT", "the broker's port", default=1883)
    mqtt_username: str = _setting("MQTT_USERNAME", "user that may read events and write receipts")
    mqtt_password: str = _setting("MQTT_PASSWORD", "that user's password; or …_FILE")
    mqtt_protocol: str = _setting(
        "MQTT_PROTOCOL", "3.1.1 (NATS; one gateway) or 5 (shared subscription; several gateways)", default="3.1.1"
    )
    mqtt_tls_ca_file: Path | None = _setting(
        "MQTT_TLS_CA_FILE", "CA certificates in PEM; when set, the connection uses TLS", default=None
    )
    slot: str = _setting(
        "GATEWAY_SLOT",
        "number of this worker, which names its broker session; auto claims the first free one",
        default="auto",
    )
    metrics_host: str = _setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = _setting("METRICS_PORT", "port of these; 0 turns them off", default=9464)
    batch_messages: int = _setting("BATCH_MESSAGES", "most messages in one transaction", default=200)
    batch_bytes: int = _setting("BATCH_BYTES", "most bytes of messages in one transaction", default=4 << 20)
    batch_age_ms: int = _setting(
        "BATCH_AGE_MS", "longest wait in milliseconds for more messages once there is one", default=20
    )
    receive_maximum: int = _setting(
        "RECEIVE_MAXIMUM",
        "most unacknowledged messages (MQTT 5; with 3.1.1 the broker's own limit holds)",
        default=1000,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in ``environ``.

        :raises Misconfigured: names the setting and what to do.
        """
        values: dict[str, Any] = {}
        for each in fields(cls):
            text = _value(environ, PREFIX + each.metadata["name"])
            if text is not None:
                values[each.name] = _convert(PREFIX + each.metadata["name"], text, each.type)
        missing = [
            PREFIX + each.metadata["name"] for each in fields(cls) if each.name not in values and _required(each)
        ]
        if missing:
            raise Misconfigured(f"{missing[0]} is missing and has no default: set it, or {missing[0]}_FILE to a path")
        settings = cls(**values)
        if settings.mqtt_protocol not in ("3.1.1", "5"):
            raise Misconfigured(f"{PREFIX}MQTT_PROTOCOL is {settings.mqtt_protocol!r}; set it to 3.1.1 or 5")
        if settings.slot != "auto" and not settings.slot.isdecimal():
            raise Misconfigured(f"{PREFIX}GATEWAY_SLOT is {settings.slot!r}; set it to auto or a number from 0")
        return settings


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
