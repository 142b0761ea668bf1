"""Looking at a running test: what follows from how it stands.

Clear harm and uneven units stop it at once, which a person can undo; everything else a
person decides. Looked at twice, it comes to the same; told, it is told once.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import experiment_queries as queries
from agent.catalog import experiments
from agent.catalog.experiments import CANDIDATE, CONTROL, Ending, Test
from agent.ctx import Ctx
from agent.identity.history import Itself
from agent.ports import Audit, Change

RATED = "experiment.rated"
"""A piece of a running test was scored; ``workspace_id``, ``test_id``."""
STOPPED = "test.stopped"
"""In the audit, where no person stopped it."""
STOPS = {
    "worse": Ending("stopped", winner=CONTROL, by_itself=True),
    "imbalanced": Ending("stopped", by_itself=True),
}


async def look(
    session: AsyncSession, audit: Audit, test_id: UUID, now: datetime
) -> Test | None:
    """The test, if it has come to something that nobody was told yet."""
    await queries.lock(session, test_id)
    test = await experiments.load(session, test_id)
    if test is None or not _is_news(test):
        return None
    ending = STOPS.get(test.reading.verdict)
    if ending and test.row["status"] == "running":
        await experiments.end(session, test, now, ending)
        await _audited(session, audit, test)
        return await experiments.load(session, test_id)
    return test


async def rated(ctx: Ctx, output_id: UUID) -> None:
    """Have the test looked at in which this piece was written, if it was in one."""
    test_id = await queries.of_output(ctx.session, output_id)
    if test_id is None:
        return
    here = str(ctx.caller.workspace_id)
    data = {"workspace_id": here, "test_id": str(test_id)}
    await ctx.events.emit(ctx.session, RATED, data, key=f"rated:{ctx.ids.new()}")


async def told(session: AsyncSession, test: Test) -> None:
    """Keep that people know of this verdict."""
    await queries.note(session, test.row["id"], {"told": test.reading.verdict})


async def _audited(session: AsyncSession, audit: Audit, test: Test) -> None:
    after = {
        "status": "stopped",
        "why": test.reading.verdict,
        "version": test.arms[CANDIDATE]["version"],
        "ratings": test.reading.ratings,
    }
    which, title = str(test.row["id"]), test.row["title"]
    change = Change("test", which, {"status": "running"}, after, label=title)
    who = Itself(test.row["workspace_id"])
    await audit.record(session, who, action=STOPPED, changes=[change])


def _is_news(test: Test) -> bool:
    verdict, result = test.reading.verdict, test.row["result"]
    if verdict in ("none", result.get("told")):
        return False
    return test.row["status"] == "running" or bool(
        test.row["status"] == "stopped" and result.get("by_itself")
    )
