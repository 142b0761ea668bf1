"""A finished piece handed to another skill, which reads it as material to work on.

The new run belongs to the run that made the piece, and to its client. The piece is told
as what it is, material: it instructs nobody. What strangers wrote for it marks the new
run, too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import interview
from agent.catalog.sidecars import Ask, Question, Questions
from agent.ctx import Ctx
from agent.runs import assistant_queries, requests, revise_queries, signals
from agent.runs.errors import OutputNotFound
from agent.runs.schemas import Started, StartRun

FROM = "handed_from"
"""Where a run's ``input`` says which piece it works on."""

MOST = 4000
"""Characters of the first request that go along."""

_FIND = text("""
    SELECT o.id, coalesce(o.title, 'Untitled') AS title, o.storage_key, o.run_id,
           r.number, r.client_id, r.is_tainted, r.user_message AS brief,
           r.input ->> 'brief' AS first_brief, coalesce(s.name, '') AS skill,
           coalesce(s.related, '{}') AS related
    FROM outputs o JOIN runs r ON r.id = o.run_id
    LEFT JOIN skills s ON s.id = r.skill_id
    WHERE o.id = :output_id
""")

_BELONGS = text("UPDATE runs SET parent_id = :parent_id WHERE id = :run_id")


async def find(session: AsyncSession, output_id: UUID) -> RowMapping:
    """A piece that the caller may see, and the run that made it.

    Raises:
        OutputNotFound: There is none.
    """
    found = await session.execute(_FIND, {"output_id": output_id})
    row = found.mappings().one_or_none()
    if row is None:
        raise OutputNotFound
    return row


async def start(ctx: Ctx, row: RowMapping, skill: str, brief: str) -> Started:
    """Have ``skill`` work on the piece of ``row`` (from ``find``).

    ``brief`` is what is asked; empty: what the skill does with such a piece.

    Raises:
        SkillNotFound: No such skill is on the shelf.
        AlreadyDone: This very press has started it.
        ClientGone, ClientArchived: The client it is for is not in use.
    """
    told = {
        "output_id": str(row["id"]),
        "storage_key": row["storage_key"],
        "source": source(row),
    }
    origin = ctx.origin
    if origin is not None:
        found = ctx.skills.find(skill)
        said = f"{found.title if found else skill}: {row['title']}"
        origin = replace(origin, text=origin.text or said)
    caller = replace(ctx.caller, client_id=row["client_id"])
    placed = replace(ctx, caller=caller, origin=origin)
    kept = await revise_queries.kept(ctx.session, origin.inbox_id if origin else None)
    wanted = StartRun(
        skill=skill,
        brief=brief or request(row),
        client_id=row["client_id"],
        message_id=kept,
    )
    started = await requests.start(placed, wanted, {FROM: told})
    values = {"parent_id": row["run_id"], "run_id": started.run_id}
    await ctx.session.execute(_BELONGS, values)
    await signals.note(ctx, row["id"], "accept")
    if row["is_tainted"]:
        # What strangers wrote may stand in the piece.
        await assistant_queries.taint(ctx.session, started.run_id)
    return started


def request(row: RowMapping) -> str:
    """What is asked where nobody says more: the piece, and what it was written for."""
    first = (row["first_brief"] or row["brief"] or "").strip()[:MOST]
    lines = [f'Work on the piece that is handed over, "{row["title"]}".']
    lines += [f"It was written for this request:\n{first}"] if first else []
    return "\n\n".join(lines)


def source(row: RowMapping) -> str:
    """What the piece is called where the model reads it."""
    return f"our piece #{row['number']}: {row['title']}"


def open_questions(
    asked: Questions, told: str, piece: str
) -> tuple[Sequence[Question], Mapping[str, str]]:
    """What a skill must still ask of a piece handed to it, and what is known by now.

    A piece answers what it has a heading or a label for, its request what was asked
    before it was written. What a skill asks of thin requests it does not ask at all.
    """
    if asked.ask is not Ask.ALWAYS:
        return (), {}
    _, known = interview.apart(told, asked.steps)
    named = {step.key for step in asked.steps if _names(piece, step.key)}
    answers = dict.fromkeys(named, "(as the piece says)") | known
    return tuple(step for step in asked.steps if step.key not in answers), answers


def _names(piece: str, key: str) -> bool:
    """Whether a heading or a label of the piece says just that."""
    words = r"[\s_-]+".join(map(re.escape, re.split(r"[_-]+", key)))
    said = rf"(?:the |our )?{words}s?"
    heading, label = rf"#+\s+{said}\s*$", rf"(?:[-*]\s+)?\**{said}\**:"
    found = re.search(rf"^(?:{heading}|{label})", piece, re.IGNORECASE | re.MULTILINE)
    return found is not None


def handed(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a run's ``input`` hands over: what it is called, and where it lies."""
    found = given.get(FROM)
    return ((found["source"], found["storage_key"]),) if found else ()
