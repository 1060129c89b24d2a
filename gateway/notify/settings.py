"""What ``python -m gateway notify`` can be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import PREFIX, setting, values_of
from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """All settings of the notifier. docs/settings.md is generated from these fields."""

    database_url: str = setting("DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE")
    seal_root_file: Path = setting("SEAL_ROOT_FILE", "file with the sealing root: 64 or more hexadecimal digits")
    mqtt_host: str = setting("MQTT_HOST", "the broker's host name or address", default="127.0.0.1")
    mqtt_port: int = setting("MQTT_PORT", "the broker's port", default=1883)
    mqtt_username: str = setting("MQTT_USERNAME", "notify: user that may write alerts", default="")
    mqtt_password: str = setting("MQTT_PASSWORD", "notify: that user's password; or …_FILE", default="")
    mqtt_tls_ca_file: Path | None = setting(
        "MQTT_TLS_CA_FILE", "CA certificates in PEM; when set, the connection uses TLS", default=None
    )
    smtp_host: str = setting("SMTP_HOST", "server that takes e-mail; without one no e-mail is sent", default="")
    smtp_port: int = setting("SMTP_PORT", "its port", default=587)
    smtp_tls: str = setting("SMTP_TLS", "starttls, tls (from the first byte) or none", default="starttls")
    smtp_username: str = setting("SMTP_USERNAME", "user at that server; without one nobody logs in", default="")
    smtp_password: str = setting("SMTP_PASSWORD", "that user's password; or …_FILE", default="")
    smtp_from: str = setting("SMTP_FROM", "address that e-mails come from", default="")
    private_webhooks: str = setting(
        "PRIVATE_WEBHOOKS", "whether webhooks may go into one's own network, yes or no", default="no"
    )
    notify_turn_ms: int = setting("NOTIFY_TURN_MS", "how often the notifier looks for notices, in ms", default=1000)
    notify_senders: int = setting("NOTIFY_SENDERS", "how many subscribers are told at a time", default=8)
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    log_format: str = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: str = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "NotifySettings":
        """The settings in ``environ``.

        :raises Misconfigured: names the setting and what to do.
        """
        settings = cls(**values_of(cls, environ))
        if settings.smtp_tls not in ("starttls", "tls", "none"):
            raise Misconfigured(f"{PREFIX}SMTP_TLS is {settings.smtp_tls!r}; set it to starttls, tls or none")
        if settings.private_webhooks not in ("yes", "no"):
            raise Misconfigured(f"{PREFIX}PRIVATE_WEBHOOKS is {settings.private_webhooks!r}; set it to yes or no")
        if settings.smtp_host and "@" not in settings.smtp_from:
            raise Misconfigured(f"{PREFIX}SMTP_FROM is {settings.smtp_from!r}; set it to the address of the sender")
        for name in ("notify_turn_ms", "notify_senders"):
            if getattr(settings, name) < 1:
                raise Misconfigured(f"{PREFIX}{name.upper()} is {getattr(settings, name)}; set it to 1 or more")
        return settings
