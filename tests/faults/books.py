"""What the rows must say once all is quiet."""

import asyncio

from tests.faults.world import Site

_STUCK = """
    SELECT (SELECT count(*) FROM runs WHERE status <> :ended)
         + (SELECT count(*) FROM engine.runs WHERE status = 'active')
         + (SELECT count(*) FROM engine.jobs) + (SELECT count(*) FROM engine.slots)
         + (SELECT count(*) FROM inbox WHERE status NOT IN ('processed', 'ignored'))
"""
_MONEY = """
    SELECT count(*) FILTER (WHERE reserved_usd <> 0) AS reserved,
           count(*) FILTER (WHERE spent_usd <> u.cost_usd) AS unlike_the_ledger
    FROM budget_periods, (SELECT sum(cost_usd) AS cost_usd FROM usage_records) u
"""
_ANSWERS = "SELECT count(*) FROM messages WHERE role = 'assistant'"
"""What the conversation remembers of us."""


async def _stuck(site: Site, ended: str) -> int:
    """How much stays undone; what the clock began just now is given time to end."""
    for _ in range(200):
        if not await site.asks(_STUCK, ended=ended):
            return 0
        await asyncio.sleep(0.05)
    return int(await site.asks(_STUCK, ended=ended))


async def left_over(site: Site) -> int:
    """How much is stuck: runs, jobs, messages, money held."""
    [money] = await site.rows(_MONEY)
    stuck = await _stuck(site, "completed")
    return int(stuck + money.reserved + money.unlike_the_ledger)


async def assert_one_piece(site: Site, ended: str = "completed") -> None:
    """One run to its end, one output, one call booked, nothing held or left over."""
    assert await site.asks("SELECT count(*) FROM runs") == 1
    assert await _stuck(site, ended) == 0
    assert await site.asks("SELECT count(*) FROM outputs") == (ended == "completed")
    assert await site.asks(_ANSWERS) == (ended == "completed")
    assert await site.asks("SELECT count(*) FROM usage_records") == 1
    [money] = await site.rows(_MONEY)
    assert (money.reserved, money.unlike_the_ledger) == (0, 0)


async def assert_one_rating(site: Site, score: int) -> None:
    """One row of Ana's, with her last score."""
    rows = await site.rows("SELECT overall_score FROM feedback")
    assert [row.overall_score for row in rows] == [score]
