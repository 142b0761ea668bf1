"""Which database a command means: the embedded one, or the one in the settings."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import URL

from bot.cli.refusal import Refusal
from bot.settings import Settings
from db.server import at_hand, urls_of

WARNING = 30


def hush() -> None:
    """Keep standard output for the answer, and standard error for what matters."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@asynccontextmanager
async def opened(settings: Settings, role: str = "owner") -> AsyncIterator[URL]:
    """Yield a database to work on; the embedded one is started when it does not run.

    ``role`` is ``owner`` or ``admin``. On a server of yours there is one URL for both.

    Raises:
        Refusal: A server of yours is set, but not how to reach it as the owner.
        ServerError: The embedded one cannot run.
    """
    hush()
    if settings.database_url is None and settings.database_owner_url is None:
        async with at_hand(settings.home) as urls:
            known: URL = getattr(urls, role)
            yield known
        return
    yield url_as("owner", settings)


def url_as(role: str, settings: Settings) -> URL:
    """Return the URL of ``owner``, ``app`` or ``system``; starts nothing.

    Raises:
        Refusal: The setting for it is missing.
        ServerError: There is no embedded database yet.
    """
    given: dict[str, URL | None] = {
        "owner": settings.database_owner_url,
        "app": settings.database_url,
        "system": settings.database_system_url,
    }
    if url := given[role]:
        return url
    if any(given.values()):
        name = {"app": "DATABASE_URL"}.get(role, f"DATABASE_{role.upper()}_URL")
        raise Refusal(
            f"The database is a server of yours, and {name} is not set.",
            hint="Set it; .env.example says to what.",
        )
    known: URL = getattr(urls_of(settings.home), role)
    return known


def plain(url: URL) -> str:
    """Return the URL as every PostgreSQL program reads it, password and all."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
