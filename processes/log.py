"""Structured logs. Ids, numbers and enums only: no prompt, name, address or URL is ever logged."""

import logging
import sys

import structlog

from processes.settings import Settings


def configure(settings: Settings, process: str) -> None:
    """Send everything, the libraries' lines too, to standard error as one line per event."""
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer()
            if settings.log_format == "json"
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    # The libraries' own lines may carry URLs and statements, so only their warnings pass.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    for noisy in ("botocore", "httpx", "httpcore", "kafka", "urllib3", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # A collector that is away is no trouble of ours, and its address may hold a password.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
