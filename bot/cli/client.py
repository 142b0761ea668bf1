"""PostgreSQL's own client programs, as they came with the embedded server."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from bot.cli.refusal import Refusal
from db.server_files import programs


@contextmanager
def conninfo(url: URL, options: str = "") -> Iterator[str]:
    """Lend a connection string; the password waits in a file, not on a command line."""
    with TemporaryDirectory() as folder:
        secret = Path(folder) / "pgpass"
        secret.touch(mode=0o600)
        secret.write_text(f"*:*:*:*:{_escaped(url.password or '', ':')}\n")
        parts = {
            "host": url.host or url.query.get("host"),
            "port": url.port,
            "user": url.username,
            "dbname": url.database,
            "sslmode": url.query.get("ssl"),
            "passfile": secret,
            "options": options,
        }
        yield " ".join(
            f"{name}='{_escaped(str(value), chr(39))}'"
            for name, value in parts.items()
            if value
        )


def _escaped(text: str, special: str) -> str:
    return text.replace("\\", "\\\\").replace(special, f"\\{special}")


async def call(program: str, *args: str) -> None:
    """Run a program to its end.

    Raises:
        Refusal: It failed; its last words are in the message.
    """
    process = await asyncio.create_subprocess_exec(
        str(programs() / program),
        *args,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines() or [
            "no reason given"
        ]
        telling = next((line for line in lines if "rror:" in line), lines[-1])
        raise Refusal(f"{program} failed: {telling}.", hint="Nothing was changed.")


def converse(url: URL, options: str) -> int:
    """Give the terminal to psql; return its exit status."""
    with conninfo(url, options) as where:
        psql = programs() / "psql"
        done = subprocess.run([psql, where], check=False)  # noqa: S603
        return done.returncode
