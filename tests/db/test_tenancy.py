"""The two entries: what a transaction may see, and for how long."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.tenancy import SystemRole, see_as, system, tenant
from tests.seeds import ACME, ANA, RIVAL

CHAT = RIVAL  # any uuid: a setting points at nothing
SETTINGS = text(
    "SELECT current_setting('app.workspace_id', true),"
    " current_setting('app.user_id', true), current_setting('app.chat_id', true)"
)
RENAME = text("UPDATE workspaces SET name = 'Acme & Co'")
NAMES = text("SELECT name FROM workspaces")


async def test_a_transaction_is_one_persons_in_one_workspace(
    app_engine: AsyncEngine,
) -> None:
    async with tenant(app_engine, ACME, ANA, CHAT) as session:
        row = (await session.execute(SETTINGS)).one()
        assert tuple(row) == (str(ACME), str(ANA), str(CHAT))
        assert (await session.scalars(NAMES)).all() == ["Acme"]


async def test_what_is_left_out_is_nobodys(app_engine: AsyncEngine) -> None:
    async with tenant(app_engine, ACME, None) as session:
        row = (await session.execute(SETTINGS)).one()
        assert tuple(row) == (str(ACME), "", "")
        assert (await session.scalars(text("SELECT id FROM users"))).all() == []


async def test_who_is_to_see_as_nobody_does_until_told_otherwise(
    app_engine: AsyncEngine,
) -> None:
    async with tenant(app_engine, ACME, ANA, CHAT) as session:
        await see_as(session, None)
        async with session.begin_nested():
            row = (await session.execute(SETTINGS)).one()
        assert tuple(row) == (str(ACME), "", str(CHAT))
        await see_as(session, ANA)
        row = (await session.execute(SETTINGS)).one()
        assert tuple(row) == (str(ACME), str(ANA), str(CHAT))


async def test_the_settings_take_one_statement(app_engine: AsyncEngine) -> None:
    said: list[str] = []

    def note(*args: object) -> None:
        said.append(str(args[2]))

    event.listen(app_engine.sync_engine, "before_cursor_execute", note)
    async with tenant(app_engine, ACME, ANA) as session:
        await session.execute(NAMES)
    assert len(said) == 2


async def test_a_used_connection_keeps_nothing_of_its_tenant(
    app_engine: AsyncEngine,
) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        await session.execute(NAMES)
    async with app_engine.connect() as bare:
        assert not any((await bare.execute(SETTINGS)).one())
        assert (await bare.execute(NAMES)).all() == []


async def test_a_clean_exit_commits(app_engine: AsyncEngine) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        await session.execute(RENAME)
    async with tenant(app_engine, ACME, ANA) as session:
        assert await session.scalar(NAMES) == "Acme & Co"


async def test_an_error_commits_nothing(app_engine: AsyncEngine) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - it fails at commit
        async with tenant(app_engine, ACME, ANA) as session:
            await session.execute(RENAME)
            _ = 1 / 0
    async with tenant(app_engine, ACME, ANA) as session:
        assert await session.scalar(NAMES) == "Acme"


async def test_after_an_early_commit_there_is_no_session_left(
    app_engine: AsyncEngine,
) -> None:
    with pytest.raises(InvalidRequestError, match="closed transaction"):  # noqa: PT012 - it fails at commit
        async with tenant(app_engine, ACME, ANA) as session:
            await session.commit()
            await session.execute(NAMES)


@pytest.mark.parametrize("role", ["door", "worker", "vault", "eraser"])
async def test_a_system_transaction_has_its_roles_rights(
    system_engine: AsyncEngine, role: SystemRole
) -> None:
    async with system(system_engine, role) as session:
        assert await session.scalar(text("SELECT current_user")) == f"agent_{role}"
    async with system_engine.connect() as bare:
        assert await bare.scalar(text("SELECT current_user")) == "agent_system"


async def test_a_forgotten_role_is_denied(system_engine: AsyncEngine) -> None:
    async with system_engine.connect() as bare:
        with pytest.raises(DBAPIError, match="permission denied"):
            await bare.execute(NAMES)


@pytest.mark.parametrize("role", ["agent_owner", "agent_search", "agent_app"])
async def test_the_system_login_cannot_take_more(
    system_engine: AsyncEngine, role: str
) -> None:
    async with system_engine.connect() as bare:
        with pytest.raises(DBAPIError, match="permission denied to set role"):
            await bare.execute(text(f"SET LOCAL ROLE {role}"))


async def test_the_app_can_take_no_role(app_engine: AsyncEngine) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        with pytest.raises(DBAPIError, match="permission denied to set role"):
            await session.execute(text("SET LOCAL ROLE agent_worker"))
