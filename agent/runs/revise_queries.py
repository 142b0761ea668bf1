"""Statements about revisions: which piece is meant, and which version it is."""

from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Answers that were only rated are no pieces of a skill: there is nothing to write anew.
_EARLIER = text("""
    SELECT o.id, o.storage_key, r.input, r.client_id, r.user_message AS brief,
           r.is_tainted, s.name AS skill
    FROM outputs o JOIN runs r ON r.id = o.run_id JOIN skills s ON s.id = r.skill_id
    WHERE o.id = :output_id AND r.kind = 'skill'
""")

_LATEST = text("""
    SELECT o.id FROM outputs o JOIN runs r ON r.id = o.run_id
    WHERE r.conversation_id = :conversation_id AND r.kind = 'skill'
    ORDER BY o.id DESC LIMIT 1
""")

# The newest turn is that piece, and nothing else has been asked for since.
_JUST_SHOWN = text("""
    SELECT o.id FROM (
        SELECT run_id, role FROM messages
        WHERE conversation_id = :conversation_id
          AND inbox_id IS DISTINCT FROM CAST(:inbox_id AS uuid)
          -- A command looks at something; it does not begin anything else.
          AND NOT starts_with(content, '/')
        ORDER BY id DESC LIMIT 1
    ) last
    JOIN runs r ON r.id = last.run_id AND r.kind = 'skill'
    JOIN outputs o ON o.run_id = r.id
    WHERE last.role = 'assistant' AND NOT EXISTS (
        SELECT FROM runs b WHERE b.conversation_id = :conversation_id
          AND b.status NOT IN ('completed', 'failed', 'timeout', 'cancelled'))
    ORDER BY o.id DESC LIMIT 1
""")

_OF_RUN = text("""
    SELECT o.id FROM outputs o JOIN runs r ON r.id = o.run_id
    WHERE o.run_id = :run_id AND r.kind = 'skill' ORDER BY o.id DESC LIMIT 1
""")

# A family: the first piece, and all that revises it or a revision of it.
_FAMILY = """
    WITH RECURSIVE up AS (
        SELECT id, revises_id FROM outputs WHERE id = :output_id
        UNION SELECT o.id, o.revises_id FROM outputs o JOIN up ON o.id = up.revises_id
    ), family AS (
        SELECT id FROM up WHERE revises_id IS NULL
        UNION SELECT o.id FROM outputs o JOIN family f ON o.revises_id = f.id
    )
"""
_VERSION = text(f"{_FAMILY} SELECT count(*) FROM family WHERE id <= :output_id")  # noqa: S608 - a constant of ours
_NEWEST = text(f"{_FAMILY} SELECT id FROM family ORDER BY id DESC LIMIT 1")  # noqa: S608

_BEFORE = text(f"""{_FAMILY}
    SELECT o.storage_key FROM outputs o JOIN family USING (id)
    WHERE o.id < :output_id ORDER BY o.id DESC LIMIT :n
""")  # noqa: S608 - as above

_KEPT = text("SELECT id FROM messages WHERE inbox_id = :inbox_id LIMIT 1")


async def earlier(session: AsyncSession, output_id: UUID) -> RowMapping | None:
    """A piece of a skill with what it was asked for; None: none that may be seen."""
    found = await session.execute(_EARLIER, {"output_id": output_id})
    return found.mappings().one_or_none()


async def latest(session: AsyncSession, conversation_id: UUID | None) -> UUID | None:
    """The newest piece of a conversation."""
    values = {"conversation_id": conversation_id}
    found: UUID | None = await session.scalar(_LATEST, values)
    return found


async def just_shown(
    session: AsyncSession, conversation_id: UUID | None, inbox_id: UUID | None
) -> UUID | None:
    """The piece that is the last word so far; ``inbox_id`` is what is said now."""
    values = {"conversation_id": conversation_id, "inbox_id": inbox_id}
    found: UUID | None = await session.scalar(_JUST_SHOWN, values)
    return found


async def of_run(session: AsyncSession, run_id: UUID) -> UUID | None:
    """The newest piece of a run."""
    found: UUID | None = await session.scalar(_OF_RUN, {"run_id": run_id})
    return found


async def newest(session: AsyncSession, output_id: UUID) -> UUID:
    """The newest version of a piece: itself, where nobody revised it."""
    found: UUID | None = await session.scalar(_NEWEST, {"output_id": output_id})
    return found or output_id


async def version(session: AsyncSession, output_id: UUID) -> int:
    """Which version of its piece an output is, from 1."""
    return int(await session.scalar(_VERSION, {"output_id": output_id}) or 1)


async def before(session: AsyncSession, output_id: UUID, n: int) -> list[str]:
    """Where the ``n`` versions of its piece lie that came before it, newest first."""
    found = await session.scalars(_BEFORE, {"output_id": output_id, "n": n})
    return list(found)


async def kept(session: AsyncSession, inbox_id: UUID | None) -> UUID | None:
    """The turn that a message was kept as, if it was."""
    if inbox_id is None:
        return None
    found: UUID | None = await session.scalar(_KEPT, {"inbox_id": inbox_id})
    return found
