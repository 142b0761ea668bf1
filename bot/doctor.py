"""Named checks of an installation; each says what it found, and what to do."""

import asyncio
import platform
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from agent.mailroom import backlog
from bot import standing
from channels.contract import Health
from db import roles, schema
from db.errors import SchemaError
from db.objects import LocalObjects, ObjectsUnavailable, S3Objects
from db.tenancy import system

PYTHONS = ((3, 11), (3, 13))
POSTGRESQL = 18
VECTOR = (0, 8)
ROOM_BYTES = 200 * 2**20
PATIENCE_S = 30.0
ANTHROPIC_VERSION = "2023-06-01"
UNAUTHORIZED = (401, 403)

FACTS = text("""
    SELECT current_setting('server_version_num')::int / 10000 AS version,
           (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector,
           session_user::text AS login,
           (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user)
               AS mighty,
           ARRAY(SELECT r FROM unnest(CAST(:roles AS text[])) r
                 WHERE to_regrole(r) IS NULL) AS lacking
""")
BUILT = text("SELECT to_regclass('workspace_members') IS NOT NULL")
OWNERS = text("SELECT count(*) FROM workspace_members WHERE role = 'owner'")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    run: Callable[[], Awaitable[Health]]


async def examine(checks: Iterable[Check]) -> AsyncIterator[tuple[Check, Health]]:
    """Yield each check with its finding, in order; a check that breaks is a finding."""
    for check in checks:
        try:
            async with asyncio.timeout(PATIENCE_S):
                yield check, await check.run()
        except TimeoutError:
            yield check, Health(ok=False, detail=f"no answer in {PATIENCE_S:.0f} s")
        except Exception as error:  # noqa: BLE001 - the others must still be run
            yield check, _broken(error)


def _broken(error: Exception) -> Health:
    said = getattr(error, "message", f"{type(error).__name__}: {error}")
    detail = (str(said).splitlines() or ["it said nothing"])[0]
    return Health(ok=False, detail=detail, hint=getattr(error, "hint", ""))


async def python() -> Health:
    """Whether this interpreter is one that Draper is tried on."""
    version, (low, high) = sys.version_info[:2], PYTHONS
    return Health(
        ok=low <= version <= high,
        detail=f"{platform.python_version()} on {platform.platform(terse=True)}",
        hint="Use Python 3.11, 3.12 or 3.13: make run PYTHON=/path/to/python3.12",
    )


async def folder(home: Path) -> Health:
    """Whether the data folder can be made, and has room to grow."""
    return await asyncio.to_thread(_folder, home)


def _folder(given: Path) -> Health:
    home = given.absolute()
    there = next(path for path in (home, *home.parents) if path.exists())
    if not there.is_dir():
        return Health(ok=False, detail=f"{there} is no folder", hint="Set DRAPER_HOME.")
    free = shutil.disk_usage(there).free
    return Health(
        ok=free >= ROOM_BYTES,
        detail=f"{home}, {free >> 20} MB free",
        hint=f"Free {ROOM_BYTES >> 20} MB, or set DRAPER_HOME to another disk.",
    )


async def address(host: str, port: int) -> Health:
    """Whether the web chat's port is free."""
    try:
        with socket.create_server((host, port)):
            return Health(ok=True, detail=f"{host}:{port} is free")
    except OSError as error:
        return Health(
            ok=False,
            detail=f"{host}:{port}: {error.strerror}",
            hint="Stop what listens there, or set DRAPER_PORT.",
        )


async def database(url: URL) -> Health:
    """Whether a server of the right version lets this login in, with no more rights."""
    async with _connected(url) as connection:
        facts = (await connection.execute(FACTS, {"roles": list(roles.ALL)})).one()
    detail = f"PostgreSQL {facts.version}, pgvector {facts.vector}, as {facts.login}"
    wrongs = {
        f"PostgreSQL {POSTGRESQL} or newer is needed.": facts.version < POSTGRESQL,
        "Run `CREATE EXTENSION vector` (0.8 or newer) as its administrator.": (
            _version(facts.vector) < VECTOR
        ),
        "Run what `draper db roles` prints as its administrator.": bool(facts.lacking),
        "This login passes row security by: name agent_app instead.": facts.mighty,
    }
    hint = next((hint for hint, wrong in wrongs.items() if wrong), "")
    return Health(ok=not hint, detail=detail, hint=hint)


def _version(given: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (given or "0").split(".")[:2])


async def tables(url: URL) -> Health:
    """Whether the schema is the one this version needs."""
    async with _connected(url) as connection:
        try:
            await connection.run_sync(schema.ensure_current)
        except SchemaError as refusal:
            return Health(ok=False, detail=refusal.message, hint=refusal.hint)
    return Health(ok=True, detail=f"at revision {schema.head()}")


async def pairing(url: URL) -> Health:
    """How many owners there are; none yet is the state before the first pairing."""
    async with _connected(url) as connection:
        built = await connection.scalar(BUILT)
        owners = await connection.scalar(OWNERS) if built else 0
    if owners:
        return Health(ok=True, detail=f"{owners} owner{'s' if owners > 1 else ''}")
    return Health(
        ok=True, detail="nobody yet: send the code that `draper run` prints to the bot"
    )


async def work(url: URL, *, is_running: bool = True) -> Health:
    """Whether anything stands still that should move; as the system login."""
    engine = create_async_engine(url)
    try:
        async with system(engine, "worker") as session:
            now, dead = await standing.read(session), await backlog.dead(session)
    finally:
        await engine.dispose()
    stuck = "; ".join(standing.complaints(now).values())
    letters = sum(one.count for one in dead)
    facts = [
        f"{now.engine.runs} under way",
        f"{letters} message(s) given up in 30 days",
    ]
    if stuck and is_running:
        hint = "`draper runs list --stuck` shows runs, `draper runs retry` helps one."
        return Health(ok=False, detail=stuck, hint=hint)
    if stuck:
        facts.append("the rest goes on when Draper runs")
    return Health(ok=True, detail=", ".join(facts))


async def objects(store: LocalObjects | S3Objects, name: str) -> Health:
    """Whether files can be written, read and deleted."""
    try:
        await store.ping()
    except ObjectsUnavailable as error:
        hint = "Check the S3_* settings and the bucket, or the data folder's disk."
        return Health(ok=False, detail=str(error), hint=hint)
    return Health(ok=True, detail=f"{name}: written, read and deleted")


async def claude(base_url: str, api_key: str) -> Health:
    """Whether the Messages API takes the key; costs nothing."""
    headers = {"x-api-key": api_key, "anthropic-version": ANTHROPIC_VERSION}
    try:
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
            answer = await client.get("/v1/models", headers=headers)
    except httpx.HTTPError as error:
        hint = "Check the network, and ANTHROPIC_BASE_URL if you set it."
        return Health(ok=False, detail=f"no answer: {error}", hint=hint)
    if answer.status_code in UNAUTHORIZED:
        hint = "Set ANTHROPIC_API_KEY to a key that works."
        return Health(ok=False, detail="the key is refused", hint=hint)
    return Health(
        ok=answer.is_success,
        detail="the key is accepted"
        if answer.is_success
        else f"it answers {answer.status_code}",
        hint=_later(base_url),
    )


def _later(base_url: str) -> str:
    if httpx.URL(base_url).host.endswith("anthropic.com"):
        return "Try again later; status.anthropic.com tells about outages."
    return f"Look at what serves ANTHROPIC_BASE_URL ({base_url}), and try again."


class Down(Exception):
    """The database did not let us in, or broke off."""

    def __init__(self, url: URL, cause: object) -> None:
        """Name the server, without its password."""
        super().__init__(f"{url}: {cause}")
        self.message = str(self)
        self.hint = "See that the server runs, and that the DATABASE_*URL is right."


@asynccontextmanager
async def _connected(url: URL) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise Down(url, getattr(error, "orig", error)) from error
    finally:
        await engine.dispose()
