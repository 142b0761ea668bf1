"""Tests that are overtaken: what they compare with is not in force any more.

Half of a test's work is done by what was in force when it began. Once that is another
version, the test says nothing about what people work by: it is ended, with how it stood
and what overtook it, and the others who may decide on tests are told.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import experiment_asked as asked
from agent.catalog import experiment_queries as queries
from agent.catalog import own_version_queries as versions
from agent.catalog import own_versions
from agent.catalog.experiments import CANDIDATE, CONTROL, Ending, Test
from agent.ctx import Ctx, Role
from agent.mailroom import notices
from agent.mailroom.notices import Notice
from agent.mailroom.schemas import Choice, Message

By = Literal["roll_back", "pin", "unpin", "take_version", "accept_rule", "promote"]
"""What overtook a test: the operation, without its room."""
TOPIC = "tests"

_HAPPENED: dict[By, str] = {
    "roll_back": "was rolled back",
    "pin": "was pinned to one version",
    "unpin": "follows the default again",
    "take_version": "has the house's newer version now",
    "accept_rule": "has a rule more, or another one, now",
    "promote": "has another version in force now",
}


async def running(session: AsyncSession, skill_id: UUID) -> list[str]:
    """The tests that another standing version would overtake: "1.2.0 for Acme"."""
    found = []
    for row in await queries.running_of(session, skill_id):
        arms = {arm["key"]: arm for arm in await queries.arms(session, row["id"])}
        found.append(_named(row, arms[CANDIDATE]))
    return found


async def ended(ctx: Ctx, skill_id: UUID, by: By) -> list[str]:
    """End the tests of a skill that are overtaken now: "1.2.0 for Acme".

    Where one of the two versions is what is chosen now, it has won.
    """
    found = []
    for row in await queries.running_of(ctx.session, skill_id):
        test = await asked.locked(ctx, row["id"])
        going = test.row["status"] == "running"
        if not going or not await is_one(ctx.session, test):
            continue
        now = await own_versions.in_force(ctx.session, skill_id, row["client_id"])
        await asked.end(ctx, test, _ending(test, now, by))
        await _tell(ctx, test, by)
        found.append(_named(test.row, test.arms[CANDIDATE]))
    return found


async def is_one(session: AsyncSession, test: Test) -> bool:
    """Whether what it compares with is not in force any more, or its client pinned."""
    row = test.row
    now = await versions.choice(session, row["skill_id"], row["client_id"])
    control = test.arms[CONTROL]["version_id"]
    return now["pinned"] is not None or now["standing"] != control


def _ending(test: Test, now: UUID | None, by: By) -> Ending:
    for key, arm in test.arms.items():
        if arm["version_id"] == now:
            return Ending("concluded", winner=key)
    return Ending("stopped", overtaken_by=by)


async def _tell(ctx: Ctx, test: Test, by: By) -> None:
    """Tell owners and admins, but for the one who did it: they are answered."""
    row, here = test.row, ctx.caller.workspace_id
    said = (
        f"{row['title']} {_HAPPENED[by]}, so the test of "
        f"{_named(row, test.arms[CANDIDATE])} is over: it compared with "
        f"{test.arms[CONTROL]['version']}. What was found is kept."
    )
    see = Choice("See it", "catalog.tests", {"skill": row["skill"]})
    key = f"test:{row['id']}:{by}:{ctx.clock.now()}"
    notice = Notice(key, TOPIC, Message(said, choices=(see,)))
    await notices.notify_all(
        ctx.session, here, Role.ADMIN, notice, but=ctx.caller.user_id
    )


def _named(test: RowMapping, candidate: RowMapping) -> str:
    whom = f" for {test['client']}" if test["client"] else ""
    return f"{candidate['version']}{whom}"
