"""Log lines: for people, or (``SUYUAN_LOG_FORMAT=json``) one JSON object a line for a collector.

What a line is about beside its text (batch, slot, counts) comes in as ``extra`` and stands behind the text, or in the
object by name.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Log to ``stream`` (standard error) in ``form``, ``text`` or ``json``, from ``level`` on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


class TextLines(logging.Formatter):
    """Time, level, logger, text, then what was given beside it as ``name=value``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """One line."""
        beside = "".join(f" {name}={value}" for name, value in _beside(record).items())
        return super().formatMessage(record) + beside


class JsonLines(logging.Formatter):
    """An object with ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``, and what was given beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= _beside(record)
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


def _beside(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}
