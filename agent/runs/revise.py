"""Revising: the same request again, with the earlier piece and what should change.

A revision is a run like any other, of the same skill and for the same client. Its
``input`` keeps the request it all began with, where the earlier piece lies, and the
wish; its output points at the earlier one, which stays.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx
from agent.errors import NotFound
from agent.llm.port import Turn
from agent.ports import Objects
from agent.runs import assistant_queries, requests, results, revise_queries, signals
from agent.runs.schemas import Started, StartRun

REVISES = "revises"
"""Where a run's ``input`` says what it revises."""

BROUGHT = ("quoted", "files", "handed_from")
"""What came along with a request, in its ``input``."""

TAKES = "takes"
"""Where it says, for another take of a piece, where those before lie."""

MOST_TAKES = 3
OPENING = 600
"""Characters of an earlier take that are told."""

_IS_TAKE = re.compile(
    r"(?:please,? |now )?(?:(?:give (?:me|us)|write|try|do) )?"
    r"(?:another|a different|a new) (?:take|version|go|try|draft|angle)"
    r"(?:,? please)?[.!]*",
    re.IGNORECASE,
)
_TAKE = """\
Write it once more, whole, from the same request, as another take: another angle,
another opening, another order of its points. What was asked for stays, and so do facts
and form. Nothing of the take above comes back in other words."""


def is_take(wish: str) -> bool:
    """Whether a wish is for the same once more, gone about otherwise."""
    return bool(_IS_TAKE.fullmatch(" ".join(wish.split())))


async def start(ctx: Ctx, row: RowMapping, wish: str, part: str) -> Started:
    """Ask for a new version of ``row`` (from ``revise_queries.earlier``).

    Raises:
        SkillNotFound: The skill is no longer on the shelf.
        AlreadyDone: This very message was worked on before.
        ClientGone, ClientArchived: The client it is for is not in use.
    """
    told: dict[str, Any] = {
        "output_id": str(row["id"]),
        "storage_key": row["storage_key"],
        "wish": wish,
        "part": part,
    }
    if is_take(wish) and not part:
        told[TAKES] = await revise_queries.before(ctx.session, row["id"], MOST_TAKES)
    # What strangers wrote for the first version is still read, and still marked.
    given = {name: row["input"][name] for name in BROUGHT if name in row["input"]}
    asked = {"brief": row["input"].get("brief") or row["brief"], **given}
    origin = ctx.origin
    kept = await revise_queries.kept(ctx.session, origin.inbox_id if origin else None)
    if origin is not None:
        # What was picked out of our own piece is in ``part``, and no stranger's word.
        origin = replace(origin, quoted=(), text=origin.text or wish)
    placed = replace(
        ctx, origin=origin, caller=replace(ctx.caller, client_id=row["client_id"])
    )
    wanted = StartRun(
        skill=row["skill"], brief=wish, client_id=row["client_id"], message_id=kept
    )
    started = await requests.start(placed, wanted, {**asked, REVISES: told})
    words = f'"{part}": {wish}' if part else wish
    signal: signals.Signal = "regenerate" if TAKES in told else "revise"
    # "Another take" says nothing that could be learnt from its words.
    await signals.note(ctx, row["id"], signal, said="" if TAKES in told else words)
    if row["is_tainted"]:
        # What strangers wrote may stand in the earlier piece, though its file is gone.
        await assistant_queries.taint(ctx.session, started.run_id)
    return started


async def told(objects: Objects, given: Mapping[str, Any]) -> Sequence[Turn]:
    """What a revision revises, as the model is told it.

    Raises:
        NotFound: The earlier piece is gone.
    """
    earlier = await results.said(objects, given["storage_key"])
    if TAKES not in given:
        return turns(earlier, given)
    openings = []
    for key in given[TAKES]:
        with suppress(NotFound):
            before = (await objects.get(key)).decode("utf-8", "replace")
            openings.append(before[:OPENING])
    return take(earlier, openings)


def take(earlier: str, openings: Sequence[str]) -> Sequence[Turn]:
    """The latest piece, and the request for one that goes about it otherwise."""
    wish = _TAKE
    if openings:
        quoted = ("> " + one.replace("\n", "\n> ") for one in openings)
        wish += "\n\nTakes before that one began like this:\n\n" + "\n\n".join(quoted)
    return Turn("assistant", earlier), Turn("user", wish)


def turns(earlier: str, told: Mapping[str, Any]) -> Sequence[Turn]:
    """The earlier piece and what should change, as the model is told them."""
    wish = f"Write it again, whole, with this change: {told['wish']}"
    if told["part"]:
        lines = "\n".join(f"> {line}" for line in told["part"].splitlines())
        wish += (
            f"\n\nThe change is about this part; leave the rest as it is:\n\n{lines}"
        )
    return Turn("assistant", earlier), Turn("user", wish)


async def heading(session: AsyncSession, output_id: UUID) -> str:
    """What stands above a piece that revises another one; empty above a first one."""
    number = await revise_queries.version(session, output_id)
    return f"**Version {number}**\n\n" if number > 1 else ""
