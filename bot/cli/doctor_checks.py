"""Which checks the settings call for, and how their findings read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from sqlalchemy import URL

from agent.errors import AgentError
from agent.ports import Clock
from bot import doctor
from bot.cli import reach, slack_checks, slack_teams, telegram_checks
from bot.cli.refusal import Refusal
from bot.doctor import Check
from bot.durable.remote import checks
from bot.durable.remote.account import Account
from bot.durable.remote.api import Api
from bot.ports import SystemClock
from bot.settings import Settings
from bot.wiring.mail import mail
from bot.wiring.remote import APP_ID, account
from channels.contract import Health
from db.objects import Bucket, LocalObjects, S3Objects
from db.server_errors import ServerError
from db.server_files import Layout, holder

EMBEDDED = Health(ok=True, detail="embedded, in the database")
INNGEST: dict[str, Callable[[Api, str, Clock], Awaitable[Health]]] = {
    "server": checks.server,
    "event key": checks.event_key,
    "clock": checks.clocks,
    "functions": checks.functions,
}


async def report(settings: Settings) -> int:
    """Print a line for each check; return 1 when one failed."""
    failed = 0
    async with _all(settings) as checks:
        async for check, health in doctor.examine(checks):
            print(_line(check.name, health))  # noqa: T201 - the report
            failed += not health.ok
    return 1 if failed else 0


def _line(name: str, health: Health) -> str:
    mark = "✓" if health.ok else "✗"
    fix = f"\n  → {health.hint}" if health.hint and not health.ok else ""
    return f"{mark} {name}: {health.detail}{fix}"


@asynccontextmanager
async def _all(settings: Settings) -> AsyncIterator[list[Check]]:
    """Yield the checks; the embedded database is at hand for as long."""
    first = [
        Check("python", doctor.python),
        Check("data folder", partial(doctor.folder, settings.home)),
        Check("web address", partial(_address, settings, holder(settings.home))),
    ]
    last = [*_files(settings), *_outside(settings)]
    reach.hush()
    async with AsyncExitStack() as open_for_now:
        running = bool(settings.database_url or holder(settings.home))
        middle = await _database(settings, open_for_now)
        doors = [
            *telegram_checks.checks(settings, is_running=running),
            *slack_checks.checks(settings, is_running=running),
            *await _slack_teams(settings),
        ]
        yield [*first, *middle, *last, *doors]


async def _slack_teams(settings: Settings) -> list[Check]:
    if settings.database_url is None and not Layout(settings.home).data.exists():
        return []
    try:
        return await slack_teams.checks(settings)
    except (ServerError, Refusal):
        return []  # the database's own check says why


async def _database(settings: Settings, open_for_now: AsyncExitStack) -> list[Check]:
    # Before it is at hand: then we hold it ourselves. Of a server of yours nobody here
    # knows who else works on it.
    is_running = bool(settings.database_url or holder(settings.home))
    if settings.database_url:
        return list(_server(settings, settings.database_owner_url, is_running))
    if not Layout(settings.home).data.exists():
        later = Health(ok=True, detail="none yet: `draper run` makes it")
        return [Check("database", partial(_said, later))]
    try:
        owner = await open_for_now.enter_async_context(reach.opened(settings))
    except ServerError as refusal:
        down = Health(ok=False, detail=refusal.message, hint=refusal.hint)
        return [Check("database", partial(_said, down))]
    return list(_server(settings, owner, is_running))


def _server(
    settings: Settings,
    owner: URL | None,
    is_running: bool,  # noqa: FBT001
) -> Iterator[Check]:
    for role in ("app", "system"):
        url = partial(reach.url_as, role, settings)
        yield Check(f"database as {role}", partial(_as, url))
    if owner:
        yield Check("tables", partial(doctor.tables, owner))
        yield Check("pairing", partial(doctor.pairing, owner))
    elif settings.database_url:
        yield Check("tables", partial(doctor.tables, settings.database_url))
    yield Check("work", partial(_work, settings, is_running=is_running))


async def _said(health: Health) -> Health:
    return health


async def _address(settings: Settings, pid: str) -> Health:
    if pid:
        return Health(ok=True, detail=f"Draper runs (process {pid})")
    return await doctor.address(settings.host, settings.port)


async def _as(url: "partial[URL]") -> Health:
    return await doctor.database(url())


async def _work(settings: Settings, *, is_running: bool) -> Health:
    return await doctor.work(reach.url_as("system", settings), is_running=is_running)


def _files(settings: Settings) -> Iterator[Check]:
    s3 = settings.s3
    if not s3.bucket and not settings.home.exists():
        later = Health(ok=True, detail="none yet, in the data folder")
        yield Check("files", partial(_said, later))
        return
    if not s3.bucket:
        store = LocalObjects(settings.home / "files")
        yield Check("files", partial(doctor.objects, store, "local folder"))
        return
    key, secret = s3.access_key_id, s3.secret_access_key
    bucket = Bucket(
        name=s3.bucket,
        endpoint_url=s3.endpoint_url,
        region=s3.region,
        access_key_id=key.get_secret_value() if key else None,
        secret_access_key=secret.get_secret_value() if secret else None,
        prefix=s3.prefix,
    )
    yield Check("files", partial(doctor.objects, S3Objects(bucket), "S3 bucket"))


def _outside(settings: Settings) -> Iterator[Check]:
    if settings.inngest.base_url:
        yield from _remote_engine(settings)
    else:
        yield Check("engine", partial(_said, EMBEDDED))
    if key := settings.anthropic.api_key:
        base_url = settings.anthropic.base_url
        secret = key.get_secret_value()
        yield Check("claude", partial(doctor.claude, base_url, secret))
    else:
        said = Health(
            ok=True, detail="no ANTHROPIC_API_KEY: the rehearsal model answers"
        )
        yield Check("claude", partial(_said, said))
    yield Check("mail", partial(_mail, settings))


def _remote_engine(settings: Settings) -> Iterator[Check]:
    yield Check("engine", partial(_account, settings))
    try:
        place = account(settings)
    except AgentError:
        return  # said just above; there is nobody to ask
    for name, ask in INNGEST.items():
        yield Check(f"inngest {name}", partial(_asked, place, ask))


async def _account(settings: Settings) -> Health:
    place = account(settings)
    how = "signed" if place.is_signed else "unsigned (INNGEST_DEV)"
    return Health(ok=True, detail=f"Inngest at {place.api}, {how}")


async def _asked(
    place: Account, ask: Callable[[Api, str, Clock], Awaitable[Health]]
) -> Health:
    api = Api(place)
    try:
        return await ask(api, APP_ID, SystemClock())
    finally:
        await api.aclose()


async def _mail(settings: Settings) -> Health:
    server = mail(settings, SystemClock())
    if server is None:
        return Health(ok=True, detail="no SMTP_HOST: codes are not mailed")
    return await server.ping()
