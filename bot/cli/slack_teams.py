"""What the doctor finds in our database about Slack: each team, and the last event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agent.vault import installations
from agent.vault.keys import CannotOpen, InstallationKey
from bot.cli import reach, slack_checks
from bot.doctor import Check
from bot.settings import Settings
from bot.slack_endings import SLACK
from bot.wiring.services import KEY_FILE
from bot.wiring.slack_doors import is_on
from channels.contract import Health
from db.tenancy import system

AGAIN = "Somebody of that team installs it again at PUBLIC_URL/slack/install."
SUBSCRIBE = (
    "Write to the bot. If nothing comes, look at Event Subscriptions at "
    "api.slack.com/apps: they must be on, with the events of `draper slack manifest`."
)
_LAST = text("""
    SELECT extract(epoch FROM now() - max(received_at))::bigint AS ago,
           count(*) FILTER (WHERE received_at > now() - interval '1 day') AS today
    FROM inbox WHERE channel = 'slack'
""")


async def checks(settings: Settings) -> list[Check]:
    """The checks; none where Slack is not set up, or there is no schema to ask yet."""
    if not is_on(settings.slack):
        return []
    try:
        async with _engine(settings) as engine, system(engine, "vault") as session:
            teams = await installations.listed(session, SLACK)
    except (SQLAlchemyError, OSError):
        return []  # the database's own check has said why
    found = [
        Check(f"slack {name or account}", partial(_team, settings, account, status))
        for account, name, status in teams
    ]
    return [*found, Check("slack events", partial(_events, settings))]


@asynccontextmanager
async def _engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(reach.url_as("system", settings))
    try:
        yield engine
    finally:
        await engine.dispose()


def _key(settings: Settings) -> InstallationKey:
    given = settings.key
    made = (settings.home / KEY_FILE).read_text() if given is None else ""
    return InstallationKey.from_text(given.get_secret_value() if given else made)


async def _team(settings: Settings, account: str, status: str) -> Health:
    if status == "revoked":
        return Health(ok=True, detail=f"removed there ({account})")
    try:
        async with _engine(settings) as engine, system(engine, "vault") as session:
            found = await installations.find(session, _key(settings), SLACK, account)
    except CannotOpen as error:
        return Health(ok=False, detail=error.message, hint=error.hint or AGAIN)
    if found is None or not found.token:
        reason = found.reason if found else ""
        return Health(ok=False, detail=reason or "no token is kept", hint=AGAIN)
    return await slack_checks.team(settings, found.token)


async def _events(settings: Settings) -> Health:
    async with _engine(settings) as engine, system(engine, "worker") as session:
        last = (await session.execute(_LAST)).one()
    if last.ago is None:
        return Health(ok=True, detail=f"none has come yet. {SUBSCRIBE}")
    return Health(
        ok=True, detail=f"the last came {_ago(last.ago)} ago, {last.today} in a day"
    )


def _ago(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
