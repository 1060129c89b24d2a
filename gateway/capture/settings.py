"""What ``python -m gateway capture`` can be told; a broker is none of its business."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import PREFIX, setting, values_of
from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """All settings of the HTTP capture. docs/settings.md is generated from these fields."""

    database_url: str = setting("DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE")
    seal_root_file: Path = setting("SEAL_ROOT_FILE", "file with the sealing root: 64 or more hexadecimal digits")
    capture_host: str = setting("CAPTURE_HOST", "address to take batches on by HTTP", default="127.0.0.1")
    capture_port: int = setting("CAPTURE_PORT", "port to take batches on", default=8470)
    capture_connections: int = setting(
        "CAPTURE_CONNECTIONS", "most requests at a time; more are answered 503", default=200
    )
    capture_wait_s: int = setting(
        "CAPTURE_WAIT_S", "seconds that a request waits for its receipt before it is answered 503", default=25
    )
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    batch_messages: int = setting("BATCH_MESSAGES", "most messages in one transaction", default=200)
    batch_bytes: int = setting("BATCH_BYTES", "most bytes of messages in one transaction", default=4 << 20)
    batch_age_ms: int = setting(
        "BATCH_AGE_MS", "longest wait in milliseconds for more messages once there is one", default=20
    )
    reader_messages: int = setting("READER_MESSAGES", "most messages of one reader that wait at a time", default=16)
    held_bytes: int = setting(
        "HELD_BYTES", "bytes of waiting messages from which on requests are answered 503", default=64 << 20
    )
    log_format: str = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: str = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "CaptureSettings":
        """The settings in ``environ``.

        :raises Misconfigured: names the setting and what to do.
        """
        settings = cls(**values_of(cls, environ))
        for name in "capture_connections capture_wait_s batch_messages batch_bytes reader_messages held_bytes".split():
            if getattr(settings, name) < 1:
                raise Misconfigured(f"{PREFIX}{name.upper()} is {getattr(settings, name)}; set it to 1 or more")
        return settings
