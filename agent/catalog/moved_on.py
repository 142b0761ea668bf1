"""Telling a team that the house's version of a skill moved on, and theirs did not."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.notices import Notice, notify
from agent.mailroom.schemas import Choice, Message

_OUTDATED = text("""
    SELECT workspace_id, user_id, skill, title, own, house FROM find_outdated()
""")


async def tell(session: AsyncSession, n: int) -> int:
    """Tell owners and admins, once for each version of the house's; how many it told.

    As worker. ``n`` is not looked at: who was told is not told again.
    """
    del n
    told = 0
    for row in (await session.execute(_OUTDATED)).all():
        words = (row.skill, row.title, row.own, row.house)
        notice = Notice(f"skill:{row.skill}:{row.house}", "skills", _message(*words))
        outcome = await notify(session, row.workspace_id, row.user_id, notice)
        told += outcome in {"planned", "held"}
    return told


def _message(skill: str, title: str, own: str, house: str) -> Message:
    said = (
        f"{title} {house} is out. You work by {own}, your own, and go on with it; "
        "taking the new one carries your own rules over."
    )
    ref = {"skill": skill}
    seen = {**ref, "old": own, "new": f"house {house}"}
    return Message(
        said,
        choices=(
            Choice("See what changed", "catalog.diff", seen),
            Choice("Take it", "catalog.take_version", ref),
        ),
    )
