"""Log lines of every process: for people, or (``SUYUAN_LOG_FORMAT=json``) one JSON object a line for a collector.

Callers use :mod:`logging`, as libraries do; structlog renders what both say. What a line is about beside its text
(batch, slot, counts) comes in as ``extra`` and stands behind the text, or in the object by name, and so does what
:mod:`structlog.contextvars` has bound for a request. Should a token, a
webhook's secret or the password of an address ever come into a line, three dots stand in its place.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile(
    r"\b(?P<kind>suyuan_|enrol_|whsec_)[A-Za-z0-9_-]{32,}"
    r'|\b(?P<scheme>Bearer )[^\s"\\]+'
    r'|(?P<user>://[^/\s:@]*:)[^/\s@"]+(?=@)'
)
_TIMES = logging.Formatter()


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Log to ``stream`` (standard error) in ``form``, ``text`` or ``json``, from ``level`` on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def formatter(form: str) -> logging.Formatter:
    """Renders records as ``text`` (time, level, logger, text, then ``name=value``) or as ``json``.

    The JSON object has ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``, what was given beside it, and
    ``exception``.
    """
    as_json = (_in_order, structlog.processors.JSONRenderer(serializer=json.dumps, default=str))
    renderers: tuple[Processor, ...] = as_json if form == "json" else (_as_text,)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.ExtraAdder()],
        processors=[structlog.processors.format_exc_info, *renderers, _without_secrets],
    )


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    fields: EventDict = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": event.pop("event"),
    }
    exception = event.pop("exception", None)
    fields.update(event)
    if exception is not None:
        fields["exception"] = exception
    return fields


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    message, exception = event.pop("event"), event.pop("exception", None)
    beside = "".join(f" {name}={value}" for name, value in event.items())
    line = f"{_TIMES.formatTime(record)} {record.levelname} {record.name} {message}{beside}"
    return line if exception is None else f"{line}\n{exception}"


def _without_secrets(_logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
    return _SECRET.sub(lambda match: f"{match['kind'] or match['scheme'] or match['user']}…", str(line))
