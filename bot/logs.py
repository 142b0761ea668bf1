"""Logs: literal ``noun.verb`` events with facts, never a message's text or a secret."""

import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import Processor

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(level: str, *, as_json: bool) -> None:
    """Log to standard error, for people or as JSON lines."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=processors(as_json=as_json, colors=sys.stderr.isatty()),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)


def processors(*, as_json: bool, colors: bool = False) -> list[Processor]:
    """What each entry goes through, and how it looks in the end."""
    shown: tuple[Processor, ...] = (
        structlog.processors.ExceptionRenderer(_without_words),
        structlog.processors.JSONRenderer(),
    )
    if not as_json:
        printed = structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=_printed
        )
        shown = (printed,)
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *shown,
    ]


def _without_words(exc_info: ExcInfo) -> str:
    """Where it happened, and of which type: what an error says may quote a message.

    A database's error does, with its parameters or the row that it refused.
    """
    _, error, trace = exc_info
    lines = traceback.format_tb(trace)
    chain: BaseException | None = error
    while chain is not None:
        lines.append(f"{type(chain).__module__}.{type(chain).__qualname__}\n")
        chain = chain.__cause__ or chain.__context__
    return "".join(lines)


def _printed(file: TextIO, exc_info: ExcInfo) -> None:
    file.write(f"\n{_without_words(exc_info)}")
