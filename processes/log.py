"""Structured logs. Ids, numbers and enums only: no prompt, name, address or URL is ever logged."""

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

from api.faults import frames_of
from processes.settings import Settings

TEXT_MAX_CHARS = 500
ENTRIES_MAX = 20
FIELDS_MAX = 40
"""Of one line. Whoever sends us rubbish does not choose how much we write."""


def configure(settings: Settings, process: str) -> None:
    """Send everything, the libraries' lines too, to standard error as one line per event."""
    level = getattr(logging, settings.log_level.upper())
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_it_failed,
            bounded,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryLine(renderer, process))
    # The libraries' own lines may carry URLs and statements, so only their warnings pass.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for noisy in ("botocore", "httpx", "httpcore", "kafka", "urllib3", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # A collector that is away is no trouble of ours, and its address may hold a password.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


class LibraryLine(logging.Formatter):
    """A library's record as one of our lines: an exception is its class and where it was raised."""

    def __init__(self, renderer: Any, process: str) -> None:
        super().__init__()
        self._renderer = renderer
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        fields: MutableMapping[str, Any] = {
            "process": self._process,
            "event": record.getMessage().strip(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        line = self._renderer(None, "", bounded(None, "", where_it_failed(None, "", fields)))
        return str(line)


def where_it_failed(
    logger: Any, method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception by its class and lines of code: its text may quote what was written."""
    given = fields.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    fault = given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        fields.setdefault("error", type(fault).__name__)
        fields.setdefault("at", frames_of(fault))
    return fields


def bounded(logger: Any, method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut what is too long to be read anyway."""
    return {name: _cut(value) for name, value in list(fields.items())[:FIELDS_MAX]}


def _cut(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case list() | tuple():
            return [_cut(entry) for entry in value[:ENTRIES_MAX]]
        case dict():
            return {str(name): _cut(entry) for name, entry in list(value.items())[:ENTRIES_MAX]}
        case _:
            text = str(value)
            return text if len(text) <= TEXT_MAX_CHARS else f"{text[:TEXT_MAX_CHARS]}…"
