"""One file that holds the whole installation: the database and the data folder."""

import json
import os
import shutil
import tarfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.cli import client, reach
from bot.cli.refusal import Refusal
from bot.settings import Settings
from db import roles, schema
from db.objects import DRAFTS, checked

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "home/"
OURS = ("postgres", "draper.lock", "run")
"""The database's own parts of the data folder; the dump stands for them."""

HIDDEN = text(f"""
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relrowsecurity AND c.relkind IN ('r', 'p') AND NOT EXISTS (
        SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
        AND p.polcmd IN ('*', 'r') AND '{roles.OWNER}'::regrole = ANY (p.polroles)
        AND pg_get_expr(p.polqual, p.polrelid) = 'true'
    )
""")  # noqa: S608 - a constant of ours
MIGHTY = text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
TABLES = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


async def write(settings: Settings, target: Path) -> str:
    """Write the backup; return what to tell.

    The dump is one snapshot, taken before the files are copied: whatever file a row
    of it names was kept before the row was.

    Raises:
        Refusal: ``target`` exists, or the dump would not be whole.
    """
    _ensure_new(target)
    async with reach.opened(settings) as url:
        with TemporaryDirectory(dir=target.parent) as folder:
            revision = await _ensure_whole(url)
            dump, whole = Path(folder) / DUMP, Path(folder) / "whole"
            await _dump(url, dump)
            manifest = {"format": FORMAT, "revision": revision}
            count = _pack(whole, dump, manifest, settings.home)
            os.link(whole, target)  # unlike a rename, never over another file
    elsewhere = (
        f" The bucket {settings.s3.bucket} is not in it: back it up where it is."
        if settings.s3.bucket
        else ""
    )
    return f"{target} holds the database ({revision}) and {count} files.{elsewhere}"


async def read(settings: Settings, source: Path) -> str:
    """Fill an empty data folder (and database) from a backup; return what to tell.

    Raises:
        Refusal: ``source`` is no backup of ours, or there is something to lose.
    """
    _ensure_backup(source)
    _ensure_empty(settings.home)
    try:
        async with reach.opened(settings, "admin") as url:
            await _ensure_ready(url)
            with TemporaryDirectory() as folder, tarfile.open(source, "r:") as archive:
                dump = Path(folder) / DUMP
                _extract(archive, DUMP, dump)
                await _load(url, dump)
                count = _unpack(archive, settings.home)
            revision = await _ensure_known(url)
    except BaseException:
        _empty(settings.home)
        raise
    return (
        f"Restored the database ({revision}) and {count} files into {settings.home}. "
        "`draper run` starts it."
    )


def _ensure_new(target: Path) -> None:
    if target.exists():
        raise Refusal(f"{target} exists.", hint="Choose another name, or move it away.")
    if not target.parent.is_dir():
        raise Refusal(f"{target.parent} is no folder.", hint="Make it first.")


async def _ensure_whole(url: URL) -> str | None:
    """Return the revision of a database whose owner sees every row."""
    async with _connected(url) as connection:
        hidden = (await connection.scalars(HIDDEN)).all()
        if hidden:
            raise Refusal(
                f"Row security hides rows of {', '.join(hidden)} from the owner.",
                hint="A backup would lack them: tell Draper's makers.",
            )
        return await connection.run_sync(schema.ensure_known)


async def _ensure_known(url: URL) -> str | None:
    async with _connected(url) as connection:
        return await connection.run_sync(schema.ensure_known)


async def _ensure_ready(url: URL) -> None:
    """Return when we are the administrator of an empty database.

    Functions belong to several roles. A mere owner could hand them over, but then not
    withdraw them from PUBLIC: everybody could call what only one role may.
    """
    async with _connected(url) as connection:
        if not await connection.scalar(MIGHTY):
            raise Refusal(
                "Only the server's administrator can restore.",
                hint="Set DATABASE_OWNER_URL to a superuser's login for this command.",
            )
        if await connection.scalar(TABLES):
            raise Refusal(
                "The database has tables already.",
                hint="Create an empty one and name it in DATABASE_OWNER_URL.",
            )


@asynccontextmanager
async def _connected(url: URL) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _dump(url: URL, target: Path) -> None:
    with client.conninfo(url) as where:
        await client.call(
            "pg_dump",
            *("--dbname", where, "--role", roles.OWNER, "--enable-row-security"),
            # An administrator makes the extension, before us and on any server.
            *("--exclude-extension", "vector"),
            *("--format", "custom", "--file", str(target)),
        )


async def _load(url: URL, dump: Path) -> None:
    with client.conninfo(url) as where:
        await client.call(
            "pg_restore",
            *("--dbname", where, "--single-transaction", "--exit-on-error", str(dump)),
        )


def _pack(target: Path, dump: Path, manifest: Mapping[str, object], home: Path) -> int:
    """Write the archive, for its owner only; return how many files went in."""
    paper = dump.with_name(MANIFEST)
    paper.write_text(json.dumps(manifest))
    target.touch(mode=0o600)
    files = list(_files(home))
    with target.open("wb") as body:
        with tarfile.open(fileobj=body, mode="w") as archive:
            archive.add(paper, MANIFEST)
            archive.add(dump, DUMP)
            for path in files:
                archive.add(path, f"{FILES}{path.relative_to(home)}")
        body.flush()
        os.fsync(body.fileno())
    return len(files)


def _files(home: Path) -> Iterator[Path]:
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        ours = parts[0].startswith(OURS)
        if (
            path.is_file()
            and not path.is_symlink()
            and not ours
            and DRAFTS not in parts
        ):
            yield path


def _ensure_backup(source: Path) -> None:
    try:
        with tarfile.open(source, "r:") as archive:
            paper = archive.extractfile(MANIFEST)
            found = json.load(paper)["format"] if paper else None
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise Refusal(
            f"{source} is not a backup of Draper's ({error}).",
            hint="Name a file that `draper db backup` wrote.",
        ) from error
    if found != FORMAT:
        raise Refusal(
            f"{source} has the format {found}; this Draper reads {FORMAT}.",
            hint="Restore it with the version that wrote it.",
        )


def _ensure_empty(home: Path) -> None:
    found = sorted(path.name for path in home.iterdir()) if home.exists() else []
    if found:
        raise Refusal(
            f"The data folder {home} is not empty ({', '.join(found[:3])}).",
            hint="Set DRAPER_HOME to a new folder, or move this one away.",
        )


def _extract(archive: tarfile.TarFile, name: str, target: Path) -> None:
    source = archive.extractfile(name)
    if source is None:
        raise Refusal(f"The backup lacks {name}.", hint="Use another one.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.touch(mode=0o600)
    with source, target.open("wb") as body:
        shutil.copyfileobj(source, body)


def _unpack(archive: tarfile.TarFile, home: Path) -> int:
    """Put the files back, each where a key may point; return how many."""
    names = [
        member.name
        for member in archive.getmembers()
        if member.isfile() and member.name.startswith(FILES)
    ]
    for name in names:
        # An archive is input: no name in it may lead out of the folder.
        _extract(archive, name, home / checked(name.removeprefix(FILES)))
    return len(names)


def _empty(home: Path) -> None:
    for path in home.iterdir() if home.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
