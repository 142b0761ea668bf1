"""A run's request as a task for the model."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import shelf
from agent.clients import brands
from agent.llm.port import Tier, Turn
from agent.llm.prompt import Task
from agent.memory import conversations
from agent.runs import work_queries


async def task(session: AsyncSession, run_id: UUID, now: datetime) -> Task:
    """All that the model is told: the skill's version, the brand, what was said."""
    brief = await work_queries.brief(session, run_id)
    profile = ""
    if brief["client_id"]:
        profile = await brands.summary_of(session, brief["client_id"])
    history = await _history(session, brief["conversation_id"], brief["message_id"])
    common = Task(
        brief=brief["brief"] or "",
        client=brief["client"],
        profile=profile,
        history=history,
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
