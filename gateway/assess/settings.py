"""What ``python -m gateway assess`` can be told."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.settings import PREFIX, setting, values_of
from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessSettings:
    """All settings of the assessor. docs/settings.md is generated from these fields."""

    database_url: str = setting("DATABASE_URL", "PostgreSQL connection string of role suyuan_gateway; or …_FILE")
    metrics_host: str = setting("METRICS_HOST", "address of /metrics, /health and /ready", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT", "port of these; 0 turns them off; another one than the gateway's on the same machine", default=0
    )
    assess_turn_ms: int = setting(
        "ASSESS_TURN_MS", "how often the assessor looks for changed items, in ms", default=1000
    )
    assess_batch: int = setting("ASSESS_BATCH", "most changed items read in one transaction", default=2000)
    assess_share: int = setting(
        "ASSESS_SHARE", "percent of one core that assessing takes at most, by waiting between passes", default=10
    )
    assess_window_days: int = setting(
        "ASSESS_WINDOW_DAYS", "how long before the newest look an item's looks still count, in days", default=180
    )
    log_format: str = setting("LOG_FORMAT", "text, or json: one object a line", default="text")
    log_level: str = setting("LOG_LEVEL", "DEBUG (each transaction), INFO, WARNING or ERROR", default="INFO")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AssessSettings":
        """The settings in ``environ``.

        :raises Misconfigured: names the setting and what to do.
        """
        settings = cls(**values_of(cls, environ))
        for name in ("assess_turn_ms", "assess_batch", "assess_share", "assess_window_days"):
            if getattr(settings, name) < 1:
                raise Misconfigured(f"{PREFIX}{name.upper()} is {getattr(settings, name)}; set it to 1 or more")
        return settings
