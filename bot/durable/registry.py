"""All functions of all apps, as the database knows them.

Whoever dispatches events need not be able to call what they start: a process of an
older version starts runs of a newer function, and leaves calling them to the newer one.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.durable.database import Connection
from bot.durable.functions import Unsupported, read_config
from bot.durable.host import Known

FUNCTIONS = "functions"
"""What NOTIFY says when they changed."""

LOAD = "SELECT id, app, url, config, synced_at FROM engine.functions"
EDITION = """
    (SELECT count(*) FROM engine.functions) AS functions,
    (SELECT max(synced_at) FROM engine.functions) AS synced_at
"""
"""What to select besides, to tell whether what one knows of them is the latest."""
SYNC = """
    WITH given AS (
        SELECT * FROM unnest($3::text[], $4::text[]) AS g (id, config)
    ), gone AS (
        DELETE FROM engine.functions
        WHERE app = $1 AND id NOT IN (SELECT id FROM given) RETURNING id
    ), kept AS (
        INSERT INTO engine.functions AS f (id, app, url, config)
        SELECT id, $1, $2, config::json FROM given
        ON CONFLICT (id) DO UPDATE
        SET app = $1, url = $2, config = excluded.config, synced_at = now()
        WHERE (f.app, f.url, f.config::text) <> ($1, $2, excluded.config::text)
        RETURNING id
    )
    SELECT pg_notify('engine', 'functions')
    WHERE EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM kept)
"""

Config = Mapping[str, Any]
log = structlog.get_logger()


class Registry:
    """What is known of all functions, as of the last ``load``."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.known: Mapping[str, Known] = {}
        self.cancelling: frozenset[str] = frozenset()
        """The events that some function declares to be cancelled by."""
        self._edition: tuple[int, datetime | None] = (0, None)

    def is_latest(self, row: Any) -> bool:
        """Tell whether it knows all that a row of ``EDITION`` saw."""
        return self._edition == (row["functions"], row["synced_at"])

    async def load(self, connection: Connection) -> None:
        """Read them all; one that this version cannot read is left to newer ones."""
        known = {}
        rows = await connection.fetch(LOAD)
        for row in rows:
            try:
                plan = read_config(json.loads(row["config"]))
            except Unsupported as error:
                log.warning("engine.function_unread", name=row["id"], why=error.said)
            else:
                known[row["id"]] = Known(plan, row["app"], row["url"])
        self.known = known
        latest = max((row["synced_at"] for row in rows), default=None)
        self._edition = (len(rows), latest)
        self.cancelling = frozenset(
            cancel.event for one in known.values() for cancel in one.plan.cancel_on
        )


async def sync(
    connection: Connection, app: str, url: str, configs: Sequence[Config]
) -> None:
    """Let these be the functions of ``app``; its others are gone from now on."""
    ids = [config["id"] for config in configs]
    texts = [json.dumps(config, sort_keys=True) for config in configs]
    await connection.execute(SYNC, app, url, ids, texts)
