"""What each ``draper db`` word does."""

import argparse

from sqlalchemy.ext.asyncio import create_async_engine

from bot.cli import backup, reach, sql
from bot.settings import Settings
from db import roles, schema


async def do(args: argparse.Namespace, settings: Settings) -> int:
    """Do what the words ask; return the exit status."""
    match args.what:
        case "sql":
            return await sql.look(settings, args.statement, write=args.write)
        case "upgrade":
            said = await _upgrade(settings)
        case "url":
            said = reach.plain(reach.url_as(args.role, settings))
        case "roles":
            said = _preparation()
        case "backup":
            said = await backup.write(settings, args.file)
        case _:
            said = await backup.read(settings, args.file)
    print(said)  # noqa: T201 - the answer
    return 0


async def _upgrade(settings: Settings) -> str:
    async with reach.opened(settings) as url:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                before = await connection.run_sync(schema.ensure_known)
                await connection.run_sync(schema.upgrade)
        finally:
            await engine.dispose()
    if before == schema.head():
        return f"The database is up to date ({before})."
    return f"The database went from {before or 'empty'} to {schema.head()}."


def _preparation() -> str:
    """Return what an administrator runs once on a server of theirs."""
    lines = (
        "-- Run as a superuser, connected to the database that Draper shall use.",
        *(" ".join(statement.split()) + ";" for statement in roles.create()),
        *(f"\\password {login}" for login in roles.LOGINS),
        "SELECT current_database() AS here \\gset",
        *(f"{statement};" for statement in roles.database(':"here"')),
        f'ALTER DATABASE :"here" OWNER TO {roles.OWNER};',
        "CREATE EXTENSION IF NOT EXISTS vector;",
    )
    return "\n".join(lines)
