"""What triggers and grants hold: owners, weights, versions, borders, frozen facts."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db.tenancy import system, tenant
from tests.db.asking import as_role, one, run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL


@pytest.fixture
async def owner(owner_engine: AsyncEngine) -> AsyncEngine:
    return owner_engine


async def add(
    owner: AsyncEngine, name: str, workspace: UUID = ACME, **values: object
) -> UUID:
    """Insert a row of a workspace's, as the owner."""

    def work(connection: Any) -> UUID:
        rows = Rows(connection, workspace, ANA if workspace == ACME else EVE)
        table = TABLES[name]
        drafted = rows.draft(name) | values
        added = connection.execute(insert(table).values(drafted).returning(table.c.id))
        key: UUID = added.scalar_one()
        return key

    async with owner.begin() as connection:
        return await connection.run_sync(work)


LEAVE = "DELETE FROM workspace_members WHERE user_id = :who"


async def test_a_living_workspace_keeps_an_owner(app_engine: AsyncEngine) -> None:
    for change in (
        LEAVE,
        "UPDATE workspace_members SET role = 'admin' WHERE user_id = :who",
    ):
        with pytest.raises(IntegrityError, match="at least one owner"):
            async with tenant(app_engine, ACME, ANA) as session:
                await run(session, change, who=ANA)


async def test_ownership_may_be_handed_over_in_one_transaction(
    app_engine: AsyncEngine,
) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, LEAVE, who=ANA)
        hand_over = "UPDATE workspace_members SET role = 'owner' WHERE user_id = :who"
        await run(session, hand_over, who=BOB)


async def test_two_owners_cannot_leave_at_once(app_engine: AsyncEngine) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, "UPDATE workspace_members SET role = 'owner'")
    async with tenant(app_engine, ACME, ANA) as ana:
        await run(ana, LEAVE, who=ANA)
        await run(ana, "SET CONSTRAINTS ALL IMMEDIATE")  # ANA's check has passed
        with pytest.raises(DBAPIError, match="lock timeout"):  # noqa: PT012 - it fails at commit
            async with tenant(app_engine, ACME, BOB) as bob:
                await run(bob, "SET LOCAL lock_timeout = '200ms'")
                await run(bob, LEAVE, who=BOB)
    with pytest.raises(IntegrityError, match="at least one owner"):
        async with tenant(app_engine, ACME, BOB) as bob:
            await run(bob, LEAVE, who=BOB)


async def test_an_erased_workspace_needs_no_owner(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await run(owner, "UPDATE workspaces SET erased_at = now() WHERE id = :w", w=ACME)
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, "DELETE FROM workspace_members")


ARM = """
    INSERT INTO experiment_arms (workspace_id, experiment_id, key, weight_percent)
    VALUES (:acme, :experiment, :key, :weight)
"""
START = "UPDATE experiments SET status = 'running' WHERE id = :experiment"


async def test_a_running_experiments_weights_sum_to_100(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    values: dict[str, object] = {"acme": ACME}
    values["experiment"] = await add(owner, "experiments")
    with pytest.raises(IntegrityError, match="sum to 100"):  # noqa: PT012 - it fails at commit
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, ARM, key="a", weight=60, **values)
            await run(session, START, experiment=values["experiment"])
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, START, experiment=values["experiment"])
        await run(session, ARM, key="a", weight=60, **values)
        await run(session, ARM, key="b", weight=40, **values)
    with pytest.raises(IntegrityError, match="sum to 100"):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, "DELETE FROM experiment_arms WHERE key = 'b'")


async def test_a_drafts_weights_may_be_anything(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    experiment = await add(owner, "experiments")
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, ARM, acme=ACME, experiment=experiment, key="a", weight=1)


VERSION = """
    INSERT INTO skill_versions (workspace_id, skill_id, version, content_hash,
        storage_key, prompt_template, released_at)
    VALUES (:place, :skill, '1.0', 'h', 's', 'p', CASE WHEN :released THEN now() END)
"""
CURRENT = "UPDATE skills SET current_version = '1.0' WHERE id = :skill"


async def release(session: AsyncSession, skill: UUID, *, released: bool = True) -> None:
    await run(session, VERSION, place=ACME, skill=skill, released=released)
    await run(session, CURRENT, skill=skill)


async def test_the_current_version_is_a_released_one(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    skill = await add(owner, "skills")
    with pytest.raises(IntegrityError, match="no released version"):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, CURRENT, skill=skill)
    with pytest.raises(IntegrityError, match="no released version"):
        async with tenant(app_engine, ACME, ANA) as session:
            await release(session, skill, released=False)
    async with tenant(app_engine, ACME, ANA) as session:
        await release(session, skill)
    with pytest.raises(IntegrityError, match="no released version"):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, "UPDATE skill_versions SET released_at = NULL")


async def test_a_global_skill_is_published_by_the_worker(
    system_engine: AsyncEngine,
) -> None:
    async with system(system_engine, "worker") as session:
        skill = await one(
            session,
            "INSERT INTO skills (name, title, description, category, storage_prefix)"
            " VALUES ('everybodys', 't', 'd', 'meta', 'p') RETURNING id",
        )
        await run(session, VERSION, place=None, skill=skill, released=True)
        await run(session, CURRENT, skill=skill)
    with pytest.raises(DBAPIError, match="row-level security"):
        await as_role(
            system_engine, "worker", VERSION, place=ACME, skill=skill, released=True
        )


POINTERS = [
    (table.name, key.parent.name, key.column.table.name)
    for table in TABLES.values()
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
    if key.column.table.name in {"skills", "skill_versions", "rules"}
    and key.parent.name != "workspace_id"
]


def test_there_are_pointers_at_shared_rows_to_try() -> None:
    assert ("runs", "skill_id", "skills") in POINTERS


@pytest.mark.parametrize(("name", "pointer", "parent"), POINTERS)
async def test_no_row_points_at_another_workspaces_shared_row(
    owner: AsyncEngine, name: str, pointer: str, parent: str
) -> None:
    theirs = await add(owner, parent, RIVAL)
    with pytest.raises(IntegrityError, match="another workspace"):
        await add(owner, name, ACME, **{pointer: theirs})
    fitting: dict[str, object] = {}
    if (name, pointer) == ("rules", "skill_id"):
        fitting = {"scope": "skill", "user_id": None}
    if (name, pointer) == ("skill_settings", "version_id"):
        skill = "SELECT skill_id FROM skill_versions WHERE id = :id"
        fitting = {"skill_id": await one(owner, skill, id=theirs)}
    await add(owner, name, RIVAL, **{pointer: theirs}, **fitting)


async def test_a_global_row_points_at_no_workspaces_row(owner: AsyncEngine) -> None:
    theirs = await add(owner, "skills", RIVAL)
    with pytest.raises(IntegrityError, match="another workspace"):
        await run(owner, VERSION, place=None, skill=theirs, released=True)


async def test_a_pinned_version_is_one_of_its_skill(owner: AsyncEngine) -> None:
    version = await add(owner, "skill_versions")
    other = await add(owner, "skills")
    with pytest.raises(IntegrityError, match="not a version of its skill"):
        await add(owner, "skill_settings", skill_id=other, version_id=version)


@pytest.mark.parametrize(
    "name", ["events", "outputs", "client_versions", "usage_records"]
)
async def test_a_frozen_table_is_changed_by_neither_app_nor_worker(
    app_engine: AsyncEngine, system_engine: AsyncEngine, name: str
) -> None:
    for verb in (f"UPDATE {name} SET id = id", f"DELETE FROM {name}"):  # noqa: S608
        with pytest.raises(DBAPIError, match="permission denied"):
            async with tenant(app_engine, ACME, ANA) as session:
                await run(session, verb)
        with pytest.raises(DBAPIError, match="permission denied"):
            await as_role(system_engine, "worker", verb)


async def test_of_a_skill_version_only_its_status_moves(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await add(owner, "skill_versions")
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, "UPDATE skill_versions SET status = 'active'")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, "UPDATE skill_versions SET prompt_template = 'x'")


async def test_frozen_rows_still_go_with_their_owner(owner: AsyncEngine) -> None:
    output = await add(owner, "outputs")
    await run(owner, "DELETE FROM runs")
    assert await run(owner, "SELECT id FROM outputs WHERE id = :id", id=output) == []


async def test_an_update_is_noted_by_the_database(
    owner: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await run(
        owner,
        "ALTER TABLE workspaces DISABLE TRIGGER touch_updated_at;",
    )
    await run(owner, "UPDATE workspaces SET updated_at = 'epoch'")
    await run(owner, "ALTER TABLE workspaces ENABLE TRIGGER touch_updated_at;")
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, "UPDATE workspaces SET name = 'Acme & Co'")
        fresh = await one(session, "SELECT updated_at = now() FROM workspaces")
    assert fresh


async def test_the_history_counts_versions_for_whoever_writes(
    app_engine: AsyncEngine, system_engine: AsyncEngine
) -> None:
    event = (
        "INSERT INTO events (workspace_id, stream_type, stream_id, version, category,"
        " type, actor_type) VALUES (:acme, 'user', 'u', nextval('event_versions'),"
        " 'audit', 'user.seen', 'user')"
    )
    async with tenant(app_engine, ACME, ANA) as session:
        await run(session, event, acme=ACME)
    await as_role(system_engine, "door", event, acme=None)
    async with tenant(app_engine, ACME, ANA) as session:
        rows = await run(session, "SELECT stream, version FROM events")
    assert [tuple(row) for row in rows] == [("audit/user:u", 1)]


async def test_news_is_queued_by_the_app_and_read_by_the_worker(
    app_engine: AsyncEngine, system_engine: AsyncEngine
) -> None:
    queue = (
        "INSERT INTO outbox (workspace_id, topic, key, payload)"
        " VALUES (:acme, 'run', 'k', '{}') ON CONFLICT DO NOTHING"
    )
    for _ in range(2):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, queue, acme=ACME)
    assert len(await as_role(system_engine, "worker", "SELECT * FROM outbox")) == 1
