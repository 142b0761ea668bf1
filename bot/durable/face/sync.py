"""Apps tell what functions they have, and where: all are taken, or none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.durable import registry
from bot.durable.database import Connection, Database
from bot.durable.errors import Unsupported
from bot.durable.face.problems import Problem
from bot.durable.functions import read_config
from bot.durable.reach import Reach

MAX_BODY_BYTES = 4 * 2**20
MAX_FUNCTIONS = 1000
LONGEST_ID = 500
LOCK = 0x66616365
"""Two registrations take turns, so that none takes a function from the other."""
TAKEN = """
    SELECT id, app FROM engine.functions
    WHERE id = ANY ($2::text[]) AND app <> $1 OR app = $1 AND url = '' LIMIT 1
"""
# What could not be delivered while the app was away need not wait any longer.
BACK = """
    WITH due AS (
        UPDATE engine.jobs j SET due_at = now()
        FROM engine.runs r JOIN engine.functions f ON f.id = r.function_id
        WHERE r.id = j.run_id AND f.app = $1 AND j.worker IS NULL AND j.due_at > now()
            AND j.kind = 'call' AND j.error ~ '^(Away|SignatureRefused): '
        RETURNING j.id
    )
    SELECT pg_notify('engine', 'jobs') WHERE EXISTS (SELECT FROM due)
"""

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class App:
    """What an app says of itself."""

    name: str
    url: str
    configs: Sequence[Config]


def read(body: bytes, reach: Reach) -> App:
    """Return the app that a registration describes.

    Source: docs/SDK_SPEC.md, section 4.3.2, of github.com/inngest/inngest

    Raises:
        Problem: Its shape is wrong, its address not allowed, or a function asks for
            what this engine does not do; the words name it.
    """
    given = _object(body)
    name, url = _text(given, "appname", "appName"), _text(given, "url")
    configs = given.get("functions")
    if not isinstance(configs, list) or not 0 < len(configs) <= MAX_FUNCTIONS:
        raise Problem(400, f"'functions' is no list of 1 to {MAX_FUNCTIONS}.")
    try:
        reach.check(url)
        for config in configs:
            _check(config)
    except Unsupported as error:
        raise Problem(400, error.said, code="unsupported") from error
    _check_ids(configs)
    return App(name, url, configs)


async def keep(database: Database, app: App) -> bool:
    """Let these be the app's functions; True when that was news.

    Raises:
        Problem: Another app has a function of this id.
    """
    ids = [str(config["id"]) for config in app.configs]
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await _ensure_free(connection, app, ids)
        before = await _known(connection, app)
        await registry.sync(connection, app.name, app.url, app.configs)
        await connection.execute(BACK, app.name)
        return before != await _known(connection, app)


async def _ensure_free(connection: Connection, app: App, ids: Sequence[str]) -> None:
    taken = await connection.fetchrow(TAKEN, app.name, ids)
    if taken:
        raise Problem(
            409,
            f"Function {taken['id']!r} belongs to app {taken['app']!r},"
            " which is not registered from here; rename this app.",
        )


async def _known(connection: Connection, app: App) -> set[tuple[str, ...]]:
    rows = await connection.fetch(
        "SELECT id, url, config::text AS config FROM engine.functions WHERE app = $1",
        app.name,
    )
    return {(row["id"], row["url"], row["config"]) for row in rows}


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Problem(400, "The body is not a JSON object.")
    return given


def _text(given: Mapping[str, Any], *fields: str) -> str:
    value = next((given[field] for field in fields if given.get(field)), None)
    if not isinstance(value, str) or not value.isprintable():
        raise Problem(400, f"{fields[0]!r} is missing, or no text.")
    return value


def _check(config: Any) -> None:
    if not isinstance(config, dict):
        raise Problem(400, "A function is not an object.")
    name = _text(config, "id")
    if len(name) > LONGEST_ID:
        raise Problem(400, f"A function's id is longer than {LONGEST_ID} signs.")
    try:
        read_config(config)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"Function {name!r} is not declared as the SDKs do it: {error!r}"
        raise Problem(400, why) from error


def _check_ids(configs: Sequence[Config]) -> None:
    ids = [config["id"] for config in configs]
    for one in ids:
        if ids.count(one) > 1:
            raise Problem(400, f"Two functions are called {one!r}.")
