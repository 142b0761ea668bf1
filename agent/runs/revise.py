"""Revising: the same request again, with the earlier piece and what should change.

A revision is a run like any other, of the same skill and for the same client. Its
``input`` keeps the request it all began with, where the earlier piece lies, and the
wish; its output points at the earlier one, which stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx
from agent.llm.port import Turn
from agent.runs import assistant_queries, requests, revise_queries
from agent.runs.schemas import Started, StartRun

REVISES = "revises"
"""Where a run's ``input`` says what it revises."""

BROUGHT = ("quoted", "files")
"""What came along with a request, in its ``input``."""


async def start(ctx: Ctx, row: RowMapping, wish: str, part: str) -> Started:
    """Ask for a new version of ``row`` (from ``revise_queries.earlier``).

    Raises:
        SkillNotFound: The skill is no longer on the shelf.
        AlreadyDone: This very message was worked on before.
        ClientGone, ClientArchived: The client it is for is not in use.
    """
    told = {
        "output_id": str(row["id"]),
        "storage_key": row["storage_key"],
        "wish": wish,
        "part": part,
    }
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
    if row["is_tainted"]:
        # What strangers wrote may stand in the earlier piece, though its file is gone.
        await assistant_queries.taint(ctx.session, started.run_id)
    return started


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
