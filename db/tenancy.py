"""One call, one transaction, one right: a tenant's, or one narrow role's.

Nothing else in the program commits: code inside may ``flush``.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Executable, RowMapping, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from db import roles
from db.rls import CHAT, USER, WORKSPACE

SystemRole = Literal["door", "worker", "vault", "eraser"]

# set_config's third argument: the setting dies with its transaction.
_PLACE = text(
    f"SELECT set_config('{WORKSPACE}', :workspace, true),"
    f" set_config('{USER}', :person, true), set_config('{CHAT}', :chat, true)"
)

_SEE = text(f"SELECT set_config('{USER}', :person, true)")

_TAKE = {
    "door": text(f"SET LOCAL ROLE {roles.DOOR}"),
    "worker": text(f"SET LOCAL ROLE {roles.WORKER}"),
    "vault": text(f"SET LOCAL ROLE {roles.VAULT}"),
    "eraser": text(f"SET LOCAL ROLE {roles.ERASER}"),
}


@asynccontextmanager
async def tenant(
    engine: AsyncEngine,
    workspace_id: UUID,
    user_id: UUID | None,
    chat_id: UUID | None = None,
) -> AsyncIterator[AsyncSession]:
    """Open a transaction that sees one workspace as one person; commit on a clean exit.

    Args:
        engine: A pool of ``agent_app``.
        workspace_id: The tenant.
        user_id: The person, whose private rows open up; None for nobody's.
        chat_id: Our ``chats`` row a verified message came from; opens that chat's rows.
    """
    settings = _PLACE.bindparams(
        workspace=str(workspace_id), person=str(user_id or ""), chat=str(chat_id or "")
    )
    async with _begin(engine, settings) as session:
        yield session


async def see_as(session: AsyncSession, user_id: UUID | None) -> None:
    """Let the rest of a tenant's transaction see as this person; None: as nobody.

    Nobody sees what all members may, and what is of the chat.
    """
    await session.execute(_SEE, {"person": str(user_id or "")})


@asynccontextmanager
async def system(engine: AsyncEngine, role: SystemRole) -> AsyncIterator[AsyncSession]:
    """Open a transaction with the rights of one narrow role; commit on a clean exit.

    Args:
        engine: A pool of ``agent_system``.
        role: Whose rights; the login itself has none.
    """
    async with _begin(engine, _TAKE[role]) as session:
        yield session


async def by_itself(
    app: AsyncEngine, statement: Executable, values: Mapping[str, Any]
) -> RowMapping | None:
    """Run one statement in a transaction of its own, in one round trip; its only row.

    For a function that has its own rights and needs no tenant: row security shows this
    login nothing else.
    """
    async with app.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        return (await alone.execute(statement, values)).mappings().one_or_none()


@asynccontextmanager
async def _begin(engine: AsyncEngine, first: Executable) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:

        @event.listens_for(session.sync_session, "after_begin")
        def narrow(_: Session, begun: SessionTransaction, link: Connection) -> None:
            # In the hook, so that a second transaction of the session is narrow too;
            # a savepoint begins with what holds already.
            if not begun.nested:
                link.execute(first)

        async with session.begin():
            yield session
