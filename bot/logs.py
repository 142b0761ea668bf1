"""Logs: literal ``noun.verb`` events with facts, never a message's text or a secret."""

import logging
import sys

import structlog


def configure(level: str, *, as_json: bool) -> None:
    """Log to standard error, for people or as JSON lines."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shown = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
