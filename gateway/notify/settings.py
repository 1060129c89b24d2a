"""What ``python -m gateway notify`` can be told."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from gateway.settings import LogFormat, LogLevel
from schemas.settings import SettingsBase, YesNo, setting, wrong


class NotifySettings(SettingsBase):
    """All settings of the notifier. docs/settings.md is generated from these fields."""

    database_url: str = setting(
        "DATABASE_URL", "PostgreSQL connection string of role suyuan_notifier; or …_FILE", secret=True
    )
    webhook_root_file: Path = setting(
        "WEBHOOK_ROOT_FILE", "file with the 32-byte root of webhooks' secrets, which the resolver has too"
    )
    mqtt_host: str = setting("MQTT_HOST", "the broker's host name or address", default="127.0.0.1")
    mqtt_port: int = setting("MQTT_PORT", "the broker's port", default=1883)
    mqtt_username: str = setting("MQTT_USERNAME", "notify: user that may write alerts", default="")
    mqtt_password: str = setting("MQTT_PASSWORD", "notify: that user's password; or …_FILE", default="", secret=True)
    mqtt_tls_ca_file: Path | None = setting(
        "MQTT_TLS_CA_FILE", "CA certificates in PEM; when set, the connection uses TLS", default=None
    )
    smtp_host: str = setting("SMTP_HOST", "server that takes e-mail; without one no e-mail is sent", default="")
    smtp_port: int = setting("SMTP_PORT", "its port", default=587)
    smtp_tls: Literal["starttls", "tls", "none"] = setting(
        "SMTP_TLS", "starttls, tls (from the first byte) or none", default="starttls"
    )
    smtp_username: str = setting("SMTP_USERNAME", "user at that server; without one nobody logs in", default="")
    smtp_password: str = setting("SMTP_PASSWORD", "that user's password; or …_FILE", default="", secret=True)
    smtp_from: str = setting("SMTP_FROM", "address that e-mails come from", default="", fix="the address of the sender")
    private_webhooks: YesNo = setting(
        "PRIVATE_WEBHOOKS", "whether webhooks may go into one's own network, yes or no", default=False
    )
    notify_turn_ms: int = setting(
        "NOTIFY_TURN_MS", "how often the notifier looks for notices, in ms", default=1000, ge=1
    )
    notify_senders: int = setting("NOTIFY_SENDERS", "how many subscribers are notified at a time", default=8, ge=1)
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    log_format: LogFormat = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: LogLevel = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_host and "@" not in self.smtp_from:
            raise wrong(NotifySettings, "smtp_from", self.smtp_from)
        return self
