"""A run's request as a task for the model, and what else it asks for."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import instructions, shelf
from agent.clients import assets, brands
from agent.errors import NotFound
from agent.llm.port import Image, Tier, Turn
from agent.llm.prompt import Outside, Task
from agent.memory import conversations
from agent.ports import Objects
from agent.runs import (
    approvals,
    assistant_queries,
    pause_queries,
    questions,
    work_queries,
)

RANK = ("", "member", "admin", "owner")
"""Roles that may have to say yes, none first."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What one call to the model is about."""

    task: Task
    """Without what was exchanged since: that lies partly in the object store."""
    exchanges: Sequence[RowMapping]
    """Questions and decisions of this attempt, in order."""
    approval: str
    """The role that must say yes to what comes of it; empty: none."""
    revises: Mapping[str, Any] | None = None
    """The earlier piece, and what should change in it; see ``agent.runs.revise``."""


async def read(
    session: AsyncSession, run_id: UUID, attempt: int, now: datetime
) -> Brief:
    """All that the model is told: the skill's version, the brand, what was said."""
    asked = await work_queries.brief(session, run_id)
    exchanges = await pause_queries.exchanges(session, run_id, attempt)
    task = await _task(session, asked, now)
    if task.outside:
        await assistant_queries.taint(session, run_id)
    words, wished = approvals.wished(task.brief)
    declared = asked["approval"] or ""
    revises = asked["input"].get("revises")
    if not task.skill or not words:
        return Brief(task, exchanges, "", revises)
    asked_before = sum(row["kind"] == "wait" for row in exchanges)
    somebody_listens = asked["conversation_id"] is not None
    task = replace(
        task,
        brief=words,
        tools=(questions.ASK,),
        may_use_tools=(
            somebody_listens and asked_before < questions.MOST and not revises
        ),
    )
    needs = max(declared, wished, key=RANK.index)
    return Brief(task, exchanges, needs, revises)


async def _task(session: AsyncSession, brief: RowMapping, now: datetime) -> Task:
    profile = ""
    if brief["client_id"]:
        profile = await brands.summary_of(
            session, brief["client_id"], brief["client_version"]
        )
    is_revision = "revises" in brief["input"]
    message_id = None if is_revision else brief["message_id"]
    history = await _history(session, brief["conversation_id"], message_id)
    common = Task(
        # A revision is of the first request; what its asker said is the wish.
        brief=(brief["input"].get("brief") if is_revision else brief["brief"]) or "",
        standing=(await instructions.standing(session)).lines(),
        client=brief["client"],
        profile=profile,
        history=history,
        outside=await brought(session, brief["input"]),
        pictures=await pictures(session, brief["input"]),
        today=now.astimezone(ZoneInfo(brief["timezone"])).date(),
    )
    return await _with_skill(session, common, brief["skill_version_id"])


async def _with_skill(
    session: AsyncSession, common: Task, version_id: UUID | None
) -> Task:
    version = await shelf.version(session, version_id) if version_id else None
    if version is None:
        return replace(common, tier=Tier.FAST)
    return replace(
        common,
        tier=Tier(version["model_tier"]),
        skill=version["name"],
        instructions=version["prompt_template"],
        max_tokens=version["llm_config"].get("max_tokens", common.max_tokens),
    )


async def _history(
    session: AsyncSession, conversation_id: UUID | None, message_id: UUID | None
) -> tuple[Turn, ...]:
    if conversation_id is None or message_id is None:
        return ()
    lines = await conversations.history(session, conversation_id, before=message_id)
    return tuple(Turn(line.role, line.content) for line in lines)


async def pictures(session: AsyncSession, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the pictures lie that came along with a request."""
    return await assets.views(session, [UUID(one) for one in given.get("files", ())])


async def look(objects: Objects, task: Task) -> Task:
    """The task with its pictures, as far as they are still there."""
    images = []
    for key in task.pictures:
        with suppress(NotFound):
            images.append(Image("image/jpeg", await objects.get(key)))
    return replace(task, images=tuple(images))


async def brought(
    session: AsyncSession, given: Mapping[str, Any]
) -> tuple[Outside, ...]:
    """What others wrote that came along with a request: words, and files.

    A file that was deleted since is not there any more.
    """
    told = given.get("quoted", ())
    files = [UUID(one) for one in given.get("files", ())]
    return (
        *(Outside(each["source"], each["text"]) for each in told),
        *(Outside(f.source, f.text) for f in await assets.material(session, files)),
    )
