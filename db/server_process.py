"""The database's processes: started as our children, found again after a crash."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from db.server_errors import CannotStart, DiskFull
from db.server_files import Account, Layout, cluster_name

LAUNCHER = Path(__file__).with_name("server_launch.py")
PROCESSES = Path("/proc")
POLL_S = 0.05

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Launch:
    """How every program of one data folder is started."""

    programs: Path
    data: Path
    account: Account | None

    async def start(
        self, program: str, *args: str, output: int
    ) -> asyncio.subprocess.Process:
        """Start a program that the kernel interrupts when this app dies (Linux).

        Call from the main thread: the kernel counts the parent thread's death.
        """
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(LAUNCHER)),
            *(str(self.account or "-"), str(os.getpid()), str(int(signal.SIGINT))),
            *(str(self.data), str(self.programs / program), *args),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # ctrl-C is for the app, which then stops us
        )

    async def run(self, program: str, *args: str) -> None:
        """Run a program to its end.

        Raises:
            DiskFull: It found no room.
            CannotStart: It failed; its last words are in the message.
        """
        process = await self.start(program, *args, output=subprocess.PIPE)
        said, _ = await process.communicate()
        if process.returncode:
            raise why(program, said.decode(errors="replace"), self.data)


def why(program: str, said: str, data: Path) -> CannotStart | DiskFull:
    """Return the refusal that fits a program's last words."""
    lines = [line for line in said.splitlines() if line.strip()]
    if "No space left on device" in said:
        return DiskFull(
            f"The disk of {data} is full.", hint="Free some space, then start again."
        )
    telling = [
        line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line
    ]
    last = (telling or lines or ["it said nothing"])[-1].strip()
    return CannotStart(
        f"{program} could not work on {data}: {last.rstrip('.')}.",
        hint=f"More is in {data.parent / 'postgres.log'}; "
        "`draper doctor` checks the rest.",
    )


def living(data: Path) -> list[int]:
    """Return the pids of PostgreSQL processes at work on ``data``.

    A pid from a file may be anybody's by now; a command line, which everybody may
    read, tells: the postmaster's names the folder, its children's the cluster.
    """
    return sorted(pid for pid, words in _commands() if _ours(words, data))


def _ours(words: str, data: Path) -> bool:
    title = f"postgres: {cluster_name(data)}: "
    return words.startswith(title) or f"/postgres -D {data} " in f"{words} "


def _commands() -> Iterator[tuple[int, str]]:
    if not PROCESSES.joinpath("self").exists():
        yield from _listed()
        return
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                words = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ")
                yield int(entry.name), os.fsdecode(words)


def _listed() -> Iterator[tuple[int, str]]:
    """Ask ps, where there is no ``/proc``."""
    command = ["/bin/ps", "-axww", "-o", "pid=,command="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed arguments
    for line in listed.stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        yield int(pid), words


async def end_strays(layout: Layout, *, patience_s: float = 60.0) -> None:
    """Shut down what a killed app left running on a folder, and clear its marks.

    Call with the lock held: then no living app can own these processes.

    Raises:
        CannotStart: A process will not end.
    """
    data = layout.data
    for given, limit_s in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 5.0)):
        if not (pids := living(data)):
            break
        log.warning("postgres.stray", pids=pids, signal=given.name)
        _signal(pids, given)
        await _gone(data, limit_s)
    if pids := living(data):
        raise CannotStart(
            f"PostgreSQL processes {pids} still work on {data}.",
            hint="Stop them (`kill -QUIT <pid>`), then start again.",
        )
    if not _hidden(layout.marks[0]):
        for mark in layout.marks:
            mark.unlink(missing_ok=True)


def _hidden(mark: Path) -> bool:
    """Whether a mark's process lives where we may not look; PostgreSQL then judges."""
    first = mark.read_text().partition("\n")[0] if mark.exists() else ""
    if not first.strip().isdigit():
        return False
    try:
        os.kill(int(first), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return int(first) not in {pid for pid, _ in _commands()}


def _signal(pids: list[int], given: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, given)
        except ProcessLookupError:
            continue


async def _gone(data: Path, limit_s: float) -> None:
    for _ in range(int(limit_s / POLL_S)):
        if not living(data):
            return
        await asyncio.sleep(POLL_S)
