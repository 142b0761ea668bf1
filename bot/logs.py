"""Logs: literal ``noun.verb`` events with facts, never a message's text or a secret."""

import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OURS = {"event", "level", "timestamp", "exc_info", "exception", "stack", "stack_info"}
FACTS = {
    *("address", "after_failures", "app", "attempt", "by", "channel", "count"),
    *("delivery_id", "detail", "door", "durable_run", "envelope", "error"),
    *("event_id", "event_ids", "events", "folder", "function", "functions", "hint"),
    *("inbox_id", "kind", "model", "name", "path", "pid", "pids", "problem", "reason"),
    *(
        "request_id",
        "reservations",
        "rows",
        "run",
        "run_id",
        "seconds",
        "server",
        "service",
    ),
    *("signal", "state"),
    *("status", "step", "sweep", "url", "wait_s", "why", "workspace_id"),
}
"""What entries may say besides their event. Another word is left out of an entry until
somebody has thought about whether people's words could be under it."""
LONGEST = 500
"""Characters of one fact."""

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
        known_facts,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *shown,
    ]


def known_facts(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Return the entry without facts that nobody thought about, the others brief."""
    return {
        name: value if name in OURS else _brief(value)
        for name, value in entry.items()
        if name in OURS or name in FACTS
    }


def _brief(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}…"
    return value


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
