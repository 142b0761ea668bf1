"""Let in again: who is reached without anybody inviting us anew."""

from sqlalchemy.ext.asyncio import AsyncEngine

from agent.mailroom import departures
from db.tenancy import system
from tests.db.asking import run

KEEP = """
    INSERT INTO chats (workspace_id, channel, account, chat_id, thread_id, kind,
                       visibility, state)
    SELECT id, 'slack', 'T9', c.chat, c.thread, c.kind, 'private', 'left'
    FROM (SELECT id FROM workspaces LIMIT 1) w,
      (VALUES ('D1', '', 'private'), ('D1', '1.2', 'thread'),
              ('C1', '', 'group'), ('C1', '3.4', 'thread')) c (chat, thread, kind)
"""
BACK = """
    SELECT chat_id || '/' || thread_id FROM chats
    WHERE account = 'T9' AND state = 'active' ORDER BY 1
"""


async def test_who_talks_to_us_alone_is_reached_again_in_threads_too(
    system_engine: AsyncEngine,
) -> None:
    async with system(system_engine, "door") as session:
        await run(session, KEEP)
        await departures.come_back(session, "slack", "T9")
        rows = await run(session, BACK)
    assert [row[0] for row in rows] == ["D1/", "D1/1.2"]
