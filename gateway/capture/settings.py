"""What ``python -m gateway capture`` can be told; a broker is none of its business."""

from pathlib import Path

from gateway.settings import LogFormat, LogLevel
from schemas.settings import SettingsBase, setting


class CaptureSettings(SettingsBase):
    """All settings of the HTTP capture. docs/settings.md is generated from these fields."""

    database_url: str = setting(
        "DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE", secret=True
    )
    seal_root_file: Path = setting("SEAL_ROOT_FILE", "file with the 32-byte sealing root, raw or in hexadecimal")
    capture_host: str = setting("CAPTURE_HOST", "address to take batches on by HTTP", default="127.0.0.1")
    capture_port: int = setting("CAPTURE_PORT", "port to take batches on", default=8470)
    capture_connections: int = setting(
        "CAPTURE_CONNECTIONS", "maximum number of requests at a time; more are answered 503", default=200, ge=1
    )
    capture_wait_s: int = setting(
        "CAPTURE_WAIT_S", "seconds that a request waits for its receipt before it is answered 503", default=25, ge=1
    )
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    batch_messages: int = setting("BATCH_MESSAGES", "maximum number of messages in one transaction", default=200, ge=1)
    batch_bytes: int = setting(
        "BATCH_BYTES", "maximum size of the messages in one transaction, in bytes", default=4 << 20, ge=1
    )
    batch_age_ms: int = setting(
        "BATCH_AGE_MS", "longest wait in milliseconds for more messages once there is one", default=20
    )
    reader_messages: int = setting(
        "READER_MESSAGES", "maximum number of messages of one reader that wait", default=16, ge=1
    )
    waiting_bytes: int = setting(
        "HELD_BYTES", "bytes of waiting messages from which on requests are answered 503", default=64 << 20, ge=1
    )
    log_format: LogFormat = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: LogLevel = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")
