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

from agent.catalog import instructions, manual, plays, shelf
from agent.catalog.skillfile import SkillFile
from agent.clients import assets, brands
from agent.errors import NotFound
from agent.llm.port import Image, Tier, Turn
from agent.llm.prompt import Outside, Task
from agent.llm.script import Play
from agent.memory import conversations
from agent.ports import Objects
from agent.runs import (
    approvals,
    assistant_queries,
    handing,
    pause_queries,
    questions,
    reading,
    staging,
    work_queries,
)
from agent.runs.bench import Job
from agent.runs.errors import PieceGone

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
    notes: staging.Notes = ()
    """Where the notes of its skill's stages lie, as far as they are done."""


async def read(
    session: AsyncSession, job: Job, now: datetime, file: SkillFile | None = None
) -> Brief:
    """All that the model is told: the skill's version, the brand, what was said.

    ``file`` is that version's folder; without it, its prompt alone serves.
    """
    asked = await work_queries.brief(session, job.run_id)
    exchanges = await pause_queries.exchanges(session, job.run_id, job.attempt)
    task = await _task(session, asked, now, file)
    if task.outside:
        await assistant_queries.taint(session, job.run_id)
    words, wished = approvals.wished(task.brief)
    declared = asked["approval"] or ""
    revises = asked["input"].get("revises")
    if not task.skill or not words:
        return Brief(task, exchanges, "", revises)
    asked_before = sum(row["kind"] == "wait" for row in exchanges)
    somebody_listens = asked["conversation_id"] is not None
    may_ask = somebody_listens and asked_before < questions.MOST and not revises
    reads = (reading.READ,) if file and manual.to_read(file) else ()
    task = replace(
        task,
        brief=words,
        tools=(questions.ASK, *reads),
        may_use_tools=may_ask or bool(reads),
        may_ask=may_ask,
        play=await _play(session, asked["client_id"], words, file),
    )
    needs = max(declared, wished, key=RANK.index)
    notes = await staging.done(session, job, revises) if file and file.stages else ()
    return Brief(task, exchanges, needs, revises, notes)


async def _play(
    session: AsyncSession, client_id: UUID | None, words: str, file: SkillFile | None
) -> Play | None:
    if file is None:
        return None
    known = await brands.known(session, client_id) if client_id else {}
    return plays.play(file, words, known)


async def _task(
    session: AsyncSession, brief: RowMapping, now: datetime, file: SkillFile | None
) -> Task:
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
        handed=handing.handed(brief["input"]),
        pictures=await pictures(session, brief["input"]),
        today=now.astimezone(ZoneInfo(brief["timezone"])).date(),
    )
    if file is not None:
        return by_file(common, file)
    return await _by_prompt(session, common, brief["skill_version_id"])


def by_file(common: Task, file: SkillFile) -> Task:
    """The task as one for this skill: its method, its rules, its references."""
    return replace(
        common,
        tier=file.tier,
        skill=file.name,
        instructions=file.body,
        references=manual.told(file),
        rules=manual.rules(file),
        max_tokens=file.max_tokens,
    )


async def _by_prompt(
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
    """The task with its pictures, as far as they are there, and pieces handed over.

    Raises:
        PieceGone: A piece it is to work on is not there any more.
    """
    images, pieces = [], [await _piece(objects, *one) for one in task.handed]
    for key in task.pictures:
        with suppress(NotFound):
            images.append(Image("image/jpeg", await objects.get(key)))
    outside = (*pieces, *task.outside)
    return replace(task, images=tuple(images), outside=outside, handed=())


async def _piece(objects: Objects, source: str, key: str) -> Outside:
    try:
        return Outside(source, (await objects.get(key)).decode("utf-8", "replace"))
    except NotFound as gone:
        raise PieceGone from gone


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
