"""What ``python -m gateway assess`` can be told."""

from gateway.settings import LogFormat, LogLevel
from schemas.settings import SettingsBase, setting


class AssessSettings(SettingsBase):
    """All settings of the assessor. docs/settings.md is generated from these fields."""

    database_url: str = setting(
        "DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE", secret=True
    )
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    assess_turn_ms: int = setting(
        "ASSESS_TURN_MS", "how often the assessor looks for changed items, in ms", default=1000, ge=1
    )
    assess_batch: int = setting(
        "ASSESS_BATCH", "maximum number of changed items read in one transaction", default=2000, ge=1
    )
    assess_share: int = setting(
        "ASSESS_SHARE", "percent of one core that assessing takes at most, by waiting between passes", default=10, ge=1
    )
    assess_window_days: int = setting(
        "ASSESS_WINDOW_DAYS", "how long before the newest scan an item's scans still count, in days", default=180, ge=1
    )
    retention_days: int = setting(
        "RETENTION_DAYS",
        "how long it is kept which phone and network a consumer's scan, report or opening came from and where, in days;"
        " 0 for ever",
        default=180,
        ge=0,
        le=36_500,
    )
    log_format: LogFormat = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: LogLevel = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")
