"""The embedded PostgreSQL: ours to start, to watch, and to stop with the app."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import structlog

from db.server_bootstrap import ADMIN, LOGINS, Urls, connected, ensure, urls
from db.server_errors import CannotStart, Damaged, InUse, ServerError
from db.server_files import (
    Layout,
    Lock,
    account,
    check_version,
    prepare,
    private_folder,
    programs,
    read_passwords,
    write_private,
)
from db.server_log import LogFile
from db.server_process import Launch, end_strays, why
from db.server_settings import FORGETFUL, SETTINGS, flags

START_PATIENCE_S = 10.0
"""How long a server that dies at start is started again."""
READY_POLL_S = 0.02
PROGRESS_S = 5.0
STOP_PATIENCE_S = 30.0
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LOG_CHECK_S = 60.0

NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""No socket yet, nobody behind it, somebody who says that it is starting up, or who
died in the middle of an answer (asyncpg then speaks of its own state)."""

log = structlog.get_logger()


class Server:
    """One data folder's PostgreSQL, running as our child."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """Name the data folder; nothing happens before ``start``.

        Args:
            home: The folder; made when missing.
            durable: False trades safety for speed, in tests.
        """
        self.layout = Layout(Path(os.path.realpath(home)))
        self._settings = SETTINGS | ({} if durable else FORGETFUL)
        self._log = LogFile(self.layout.log)
        self._lock: Lock | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._urls: Urls | None = None

    @property
    def urls(self) -> Urls:
        """How to reach it.

        Raises:
            RuntimeError: It was not started.
        """
        if self._urls is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._urls

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None when it does not run."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> Urls:
        """Return the URLs of a database that answers.

        Raises:
            ServerError: It cannot run here; the message says why and what to do.
        """
        prepare(self.layout)
        self._lock = Lock.take(self.layout.lock)
        try:
            self._urls = await self._start()
        except BaseException:
            await self.stop()
            raise
        return self._urls

    async def stop(self) -> None:
        """Shut down in order: sessions are cut, everything committed is kept."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self._process:
            await _end(self._process)
            self._process = None
        if self._lock:
            self._lock.release()
            self._lock = None

    async def _start(self) -> Urls:
        layout = self.layout
        passwords = self._passwords()
        known = urls(layout.sockets, passwords)
        launch = Launch(programs(), layout.data, account(layout.data))
        private_folder(layout.sockets, launch.account)
        if not layout.data.exists():
            await self._create(launch, passwords[ADMIN])
        check_version(layout.data)
        await end_strays(layout)
        await self._serve(launch, known)
        await ensure(known, passwords)
        self._watch = asyncio.create_task(self._keep(launch, known))
        return known

    def _passwords(self) -> dict[str, str]:
        layout = self.layout
        if layout.data.exists() and not layout.passwords.exists():
            raise Damaged(
                f"{layout.passwords} is missing: the database's passwords.",
                hint="Bring it back from where the folder was copied, or restore a "
                "backup into an empty folder (`draper db restore`).",
            )
        return read_passwords(layout.passwords, LOGINS)

    async def _create(self, launch: Launch, password: str) -> None:
        """Make the cluster beside its place, then move it there whole."""
        draft = self.layout.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        private_folder(draft, launch.account)
        secret = self.layout.sockets / "password"
        write_private(secret, password)
        if launch.account:
            os.chown(secret, launch.account.uid, launch.account.gid)
        try:
            await launch.run(
                "initdb",
                *("--pgdata", str(draft), "--username", ADMIN, "--pwfile", str(secret)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
                *("--locale", "C", "--set", "max_connections=100"),
                *(() if self._settings["fsync"] == "on" else ("--no-sync",)),
            )
        finally:
            secret.unlink()
        draft.rename(self.layout.data)
        log.info("postgres.created", folder=str(self.layout.data))

    async def _serve(self, launch: Launch, known: Urls) -> None:
        """Start it, again if it dies, until it answers or patience ends."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + START_PATIENCE_S
        while True:
            offset = self._log.size_bytes()
            self._process = await self._spawn(launch)
            if await _answers(self._process, known):
                log.info("postgres.started", pid=self._process.pid)
                return
            refusal = why("postgres", self._log.since(offset), launch.data)
            if clock.time() > deadline or not isinstance(refusal, CannotStart):
                raise refusal
            log.warning("postgres.start_failed", reason=refusal.message)
            await asyncio.sleep(0.5)

    async def _spawn(self, launch: Launch) -> asyncio.subprocess.Process:
        settings = flags(self._settings, self.layout)
        with self._log.open() as output:
            return await launch.start(
                "postgres", "-D", str(launch.data), *settings, output=output.fileno()
            )

    async def _keep(self, launch: Launch, known: Urls) -> None:
        """Watch it for as long as the app lives."""
        clock = asyncio.get_running_loop()
        failures, since = 0, clock.time()
        while self._process:
            if await self._lives(self._process):
                continue
            failures = 0 if clock.time() - since > LOG_CHECK_S else failures
            log.error("postgres.died", status=self._process.returncode)
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures, since = failures + 1, clock.time()
            try:
                await end_strays(self.layout)
                await self._serve(launch, known)
            except (ServerError, OSError) as error:
                log.error("postgres.down", reason=str(error))  # noqa: TRY400 - it says all

    async def _lives(self, process: asyncio.subprocess.Process) -> bool:
        """Wait a while; False as soon as the process has ended."""
        try:
            async with asyncio.timeout(LOG_CHECK_S):
                await process.wait()
        except TimeoutError:
            self._log.rotate()
        return process.returncode is None


def urls_of(home: Path) -> Urls:
    """Return the URLs of a folder's database, whether it runs or not.

    Raises:
        Damaged: There is none yet, or its passwords are gone.
    """
    layout = Layout(Path(os.path.realpath(home)))
    if not layout.passwords.exists():
        raise Damaged(
            f"{layout.home} holds no database of Draper's.",
            hint="`draper run` makes one; DRAPER_HOME says where.",
        )
    return urls(layout.sockets, read_passwords(layout.passwords, LOGINS))


@contextlib.asynccontextmanager
async def at_hand(home: Path) -> AsyncIterator[Urls]:
    """Yield the URLs of the folder's database: the running one, or one for a while.

    Raises:
        ServerError: It cannot run here.
    """
    server = Server(home)
    try:
        known = await server.start()
    except InUse:
        known = urls_of(home)
    try:
        yield known
    finally:
        await server.stop()


async def _answers(process: asyncio.subprocess.Process, known: Urls) -> bool:
    """Wait for a query's answer, however long recovery takes; False when it ended."""
    clock = asyncio.get_running_loop()
    told = clock.time()
    while process.returncode is None:
        try:
            async with connected(known.admin, "postgres") as connection:
                await connection.fetchval("SELECT 1")
        except NOT_YET:
            await asyncio.sleep(READY_POLL_S)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise Damaged(
                "The database refuses the password kept beside it.",
                hint="The folder's parts come from different copies: bring back its "
                "own postgres.passwords.",
            ) from error
        else:
            return True
        if clock.time() - told > PROGRESS_S:
            told = clock.time()
            log.info("postgres.recovering", pid=process.pid)
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask for a fast shutdown, and insist when it takes too long."""
    for given in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.send_signal(given)
            async with asyncio.timeout(STOP_PATIENCE_S):
                await process.wait()
