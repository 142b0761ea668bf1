"""The operator's hand: a running Draper's database, and calls in people's place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from agent import recognise
from agent.billing.budgets import Budgets
from agent.ctx import Caller, Ctx, Role, Via
from agent.errors import NotFound
from agent.identity.history import History
from agent.ports import Objects, SkillRef
from agent.runs.approvals import TableApprovals
from agent.runs.overview import Place
from bot.cli import reach
from bot.cli.refusal import Refusal
from bot.durable import events, views
from bot.durable.database import Database
from bot.durable.port import Event, RunView
from bot.durable.remote import outbox
from bot.ports import EngineEvents, EngineProgress, SystemClock, TimeOrderedIds
from bot.settings import Settings
from db import schema
from db.server import at_hand
from db.tenancy import system, tenant


@dataclass(frozen=True, slots=True)
class Operator:
    """What a command needs to look at runs, and to act on them."""

    settings: Settings
    app: AsyncEngine
    system: AsyncEngine
    engine: Database
    """The embedded engine's rows; none are there where an Inngest server runs."""

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees how runs stand everywhere."""
        async with system(self.system, "worker") as session:
            yield session

    @asynccontextmanager
    async def door(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that finds out who people are."""
        async with system(self.system, "door") as session:
            yield session

    async def find(self, event_id: str) -> list[RunView]:
        """The durable runs that one event started."""
        async with self.engine.connection() as connection:
            return await views.find(connection, event_id)

    async def send_in(self, session: AsyncSession, *sent: Event) -> list[str]:
        """Queue events in the transaction, for whichever engine is in use."""
        put = outbox.put if self.settings.inngest.base_url else events.send_in
        return await put(session, sent)

    @asynccontextmanager
    async def acting(self, place: Place) -> AsyncIterator[Ctx]:
        """Open one call's world in the place of whoever asked for the run.

        Raises:
            Refusal: That person is gone.
        """
        async with self.world(_caller(place)) as ctx:
            yield ctx

    @asynccontextmanager
    async def world(
        self, caller: Caller, objects: Objects | None = None
    ) -> AsyncIterator[Ctx]:
        """Open one call's world in somebody's place; with files, if it needs them."""
        settings = self.settings
        async with tenant(
            self.app, caller.workspace_id, caller.user_id, caller.chat_id
        ) as session:
            yield Ctx(
                caller=caller,
                session=session,
                approvals=TableApprovals(),
                budget=Budgets(settings.budget_day_usd, settings.budget_month_usd),
                audit=History(recognise.redact),
                clock=SystemClock(),
                events=EngineEvents(self),
                ids=TimeOrderedIds(),
                objects=objects or _NoFiles(),
                skills=_NoSkills(),
                engine=EngineProgress(self),
            )


@asynccontextmanager
async def operating(settings: Settings) -> AsyncIterator[Operator]:
    """Yield the operator's hand; the embedded database is at hand meanwhile.

    Raises:
        Refusal: The settings name one of two logins only.
        ServerError, SchemaError: The database cannot be used.
    """
    reach.hush()
    async with _urls(settings) as (app_url, system_url):
        app = create_async_engine(app_url, hide_parameters=True)
        system_pool = create_async_engine(system_url, hide_parameters=True)
        engine = Database(system_pool, 1)
        try:
            async with app.connect() as connection:
                await connection.run_sync(schema.ensure_current)
            await engine.open()
            yield Operator(settings, app, system_pool, engine)
        finally:
            await engine.close()
            await app.dispose()
            await system_pool.dispose()


@asynccontextmanager
async def _urls(settings: Settings) -> AsyncIterator[tuple[URL, URL]]:
    if settings.database_url is None and settings.database_system_url is None:
        async with at_hand(settings.home) as known:
            yield known.app, known.system
        return
    yield reach.url_as("app", settings), reach.url_as("system", settings)


def _caller(place: Place) -> Caller:
    if place.user_id is None:
        raise Refusal(
            f"Whoever asked for run #{place.number} has no account any more.",
            hint="Nothing can be done in their place.",
        )
    return Caller(
        workspace_id=place.workspace_id,
        user_id=place.user_id,
        role=Role.OWNER,
        via=Via.OPERATOR,
        chat_id=place.chat_id,
        channel=place.channel,
        conversation_id=place.conversation_id,
        client_id=place.client_id,
    )


class _NoSkills:
    """What an operator does needs no skill."""

    problems: tuple[str, ...] = ()

    def find(self, name: str) -> SkillRef | None:
        del name
        return None


class _NoFiles:
    """Nor a file."""

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        raise NotFound(f"{key}: no {media_type} of {len(body)} bytes is kept here.")

    async def get(self, key: str) -> bytes:
        raise NotFound(f"{key} is not read here.")

    async def delete(self, key: str) -> None:
        raise NotFound(f"{key} is not deleted here.")

    async def ping(self) -> None:
        raise NotFound("There is no file store here.")
