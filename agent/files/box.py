"""Having a file looked at by a process that can harm nobody: small, short, penniless.

It is given the bytes and nothing else: no environment, so no keys, and no file of ours
to write to. What it answers is taken as data.
"""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agent.files import limits, sorts
from agent.files.names import clean_name, suffix_of
from agent.files.refusals import DAMAGED, SLOW, Unusable

SORTS = {
    sort.mime: sort for sort in vars(sorts).values() if isinstance(sort, sorts.Sort)
}


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file turned out to be, and to say."""

    name: str
    """Cleaned, ending as its sort does."""
    sort: sorts.Sort
    text: str = ""
    note: str = ""
    """For a person: what was not read, or that the name was wrong."""
    facts: str = ""
    width: int | None = None
    height: int | None = None
    clean: bytes = b""
    """The picture without its metadata; empty: as it was."""
    view: bytes = b""
    """The picture as a model is shown it, JPEG."""


async def examine(body: bytes, name: str) -> Examined:
    """What the file is and says.

    Raises:
        Unusable: It is not kept; ``str`` says why.
    """
    facts, pictures = _reply(await _answer(body, name))
    if refusal := facts.get("refusal"):
        raise Unusable(str(refusal))
    sort = SORTS[facts["mime"]]
    return Examined(
        name=_named(name, sort),
        sort=sort,
        text=facts["text"],
        note=" ".join(filter(None, (_corrected(name, sort), facts["note"]))),
        facts=facts["facts"],
        width=facts["width"],
        height=facts["height"],
        clean=pictures[: facts["clean_bytes"]],
        view=pictures[facts["clean_bytes"] :],
    )


def _named(given: str, sort: sorts.Sort) -> str:
    claimed = suffix_of(given)
    # A text may be called anything; what it is called says what it is for.
    keeps = claimed in sort.suffixes or (sort is sorts.TEXT and claimed not in _KNOWN)
    suffix = claimed if claimed and keeps else sort.suffixes[0]
    return clean_name(given, suffix, otherwise=sort.kind)


_KNOWN = {suffix for sort in SORTS.values() for suffix in sort.suffixes} | {
    *(".exe", ".zip", ".doc", ".xls", ".heic", ".tiff"),
}


def _corrected(given: str, sort: sorts.Sort) -> str:
    claimed = suffix_of(given)
    if not claimed or claimed in sort.suffixes or claimed not in _KNOWN:
        return ""
    return f"It is called {claimed}, but it is {sort.words}; I took it as that."


def _reply(answer: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, rest = answer.partition(b"\n")
    try:
        return json.loads(head), rest
    except ValueError:
        raise Unusable(DAMAGED) from None


async def _answer(body: bytes, name: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-X", "utf8", "-m", "agent.files.inside"),
        clean_name(name, suffix_of(name)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(limits.WALL_S):
            answer = await _talk(process, body)
            code = await process.wait()
    except TimeoutError:
        raise Unusable(SLOW) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise Unusable(SLOW)
    if code != 0:
        raise Unusable(DAMAGED)
    return answer


async def _talk(process: asyncio.subprocess.Process, body: bytes) -> bytes:
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101 - both are pipes
    assert stdout is not None  # noqa: S101 - as above
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(body)
        await stdin.drain()
    stdin.close()
    answer = bytearray()
    while chunk := await stdout.read(1 << 16):
        answer += chunk
        if len(answer) > limits.REPLY_BYTES:
            raise Unusable(DAMAGED)
    return bytes(answer)
