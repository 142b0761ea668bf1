"""Complaints that are one step short of a proposed rule.

They are put together by their words, as where no model groups them (`runs.proposing`
decides). Nothing is said of a skill that has a proposal open.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import complaint_groups, evidence, own_version_queries
from agent.catalog import proposal_queries as queries
from agent.catalog.complaint_groups import Missing


async def missing(
    session: AsyncSession, skill: str, since: datetime, least: int
) -> Mapping[str, Missing]:
    """What is missing, by each wording of such a complaint.

    ``least``: pieces that a rule is proposed from.
    """
    row = await own_version_queries.skill(session, skill)
    if row is None or await queries.open_for(session, row["id"]) is not None:
        return {}
    used = await queries.used(session, row["id"])
    said = [
        one
        for one in await evidence.complaints(session, skill, since)
        if one.source != "judge" and one.weight and str(one.feedback_id) not in used
    ]
    return {
        " ".join(said[at].text.split()): lacks
        for group in complaint_groups.by_words(said)
        if (lacks := complaint_groups.missing(said, group, least))
        for at in group.members
    }
