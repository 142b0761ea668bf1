"""The migrations: they make what the models say, go back, refuse what will not do."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import schema
from db.base import Base
from db.errors import Busy, HalfApplied, NotPrepared, Outdated, TooNew
from db.server_bootstrap import Urls
from tests.conftest import connected
from tests.db.asking import run

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default,
        generation_expression, character_maximum_length, numeric_precision,
        numeric_scale, udt_name
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name IN
        (SELECT tablename FROM pg_tables WHERE schemaname = 'public')
    AND table_name <> 'alembic_version' ORDER BY 1, 2
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    AND conrelid <> 0 AND contype <> 't'
    AND conrelid::regclass::text <> 'alembic_version'
    ORDER BY 1, 2
"""
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    AND tablename <> 'alembic_version' ORDER BY 1
"""
KINDS = """
    SELECT relname, relpersistence::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' ORDER BY 1
"""


async def in_sync(engine: AsyncEngine, work: Callable[[Connection], Any]) -> Any:
    async with engine.begin() as connection:
        return await connection.run_sync(work)


async def described(engine: AsyncEngine, query: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in await run(engine, query)}


@pytest.mark.parametrize("query", [COLUMNS, CONSTRAINTS, INDEXES, KINDS])
async def test_the_migrations_make_exactly_what_the_models_say(
    owner_engine: AsyncEngine, unmigrated_database: Urls, query: str
) -> None:
    # Alembic's own comparison leaves out checks, generated columns and partial indexes.
    async with connected(unmigrated_database.owner) as engine:
        await in_sync(engine, Base.metadata.create_all)
        modelled = await described(engine, query)
    assert modelled
    assert await described(owner_engine, query) ^ modelled == set()


async def test_alembic_finds_no_difference_either(owner_engine: AsyncEngine) -> None:
    await in_sync(owner_engine, schema.check)


async def test_the_migrations_can_be_undone_and_done_again(
    unmigrated_database: Urls,
) -> None:
    everything = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    functions = (
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid"
        " AND deptype = 'e')"
    )

    def undo(connection: Connection) -> None:
        command.downgrade(schema._config(connection), "base")

    async with connected(unmigrated_database.owner) as engine:
        await in_sync(engine, schema.upgrade)
        before = await described(engine, everything), await described(engine, functions)
        await in_sync(engine, undo)
        left = {row[0] for row in await described(engine, everything)}
        assert left == {"alembic_version", "alembic_version_pkc"}
        assert await described(engine, functions) == set()
        await in_sync(engine, schema.upgrade)
        after = await described(engine, everything), await described(engine, functions)
        assert after == before


async def test_a_second_upgrade_changes_nothing(owner_engine: AsyncEngine) -> None:
    await in_sync(owner_engine, schema.upgrade)
    assert await in_sync(owner_engine, schema.current) == schema.head()


async def test_two_that_start_at_once_migrate_once(unmigrated_database: Urls) -> None:
    async with connected(unmigrated_database.owner) as engine:
        await asyncio.gather(*(in_sync(engine, schema.upgrade) for _ in range(2)))
        await in_sync(engine, schema.ensure_current)


async def test_the_app_may_ask_whether_the_schema_is_its_own(
    app_engine: AsyncEngine,
) -> None:
    await in_sync(app_engine, schema.ensure_current)


async def test_an_empty_database_is_outdated(unmigrated_database: Urls) -> None:
    async with connected(unmigrated_database.app) as engine:
        with pytest.raises(Outdated, match="draper db upgrade"):
            await in_sync(engine, schema.ensure_current)


async def test_an_older_database_is_outdated(
    owner_engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await run(owner_engine, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(Outdated, match="at revision 0001"):
        await in_sync(app_engine, schema.ensure_current)


async def test_a_newer_database_is_refused(
    owner_engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await run(owner_engine, "UPDATE alembic_version SET version_num = '9999'")
    for ask in (schema.upgrade, schema.ensure_current):
        with pytest.raises(TooNew, match="Update Draper"):
            await in_sync(owner_engine, ask)
    with pytest.raises(TooNew, match="revision 9999"):
        await in_sync(app_engine, schema.ensure_current)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM alembic_version", "tables .* but no revision"),
        ("INSERT INTO alembic_version VALUES ('0001')", "several revisions"),
        ("DROP TABLE run_steps", "lacks run_steps"),
    ],
)
async def test_a_half_applied_migration_is_refused(
    owner_engine: AsyncEngine, damage: str, said: str
) -> None:
    await run(owner_engine, damage)
    for ask in (schema.upgrade, schema.ensure_current):
        with pytest.raises(HalfApplied, match=said):
            await in_sync(owner_engine, ask)


async def test_a_migration_that_fails_leaves_nothing_behind(
    unmigrated_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: Connection) -> None:
        schema.upgrade(connection)
        connection.execute(text("SELECT 1 / 0"))

    async with connected(unmigrated_database.owner) as engine:
        with pytest.raises(DBAPIError, match="division by zero"):
            await in_sync(engine, fail)
        assert await in_sync(engine, schema.current) is None
        await in_sync(engine, schema.upgrade)


async def test_a_locked_table_is_not_waited_for(
    owner_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "100ms")
    async with owner_engine.begin() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(hashtext('draper'))"))
        with pytest.raises(Busy, match="stayed locked"):
            await in_sync(owner_engine, schema.upgrade)


async def test_a_database_without_pgvector_is_refused(
    unmigrated_database: Urls,
) -> None:
    async with connected(unmigrated_database.admin) as admin:
        await run(admin, "DROP EXTENSION vector")
    async with connected(unmigrated_database.owner) as engine:
        with pytest.raises(NotPrepared, match="CREATE EXTENSION vector"):
            await in_sync(engine, schema.upgrade)
