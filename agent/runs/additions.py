"""Adding to a request that is under way: it starts over, and there is one answer.

The run's row is locked and its attempt counted up in the transaction that keeps the new
words, so whatever the attempt before still does finds another attempt there and shows
nothing any more. The engine is told to cancel that one (its call is cut, and what it
cost is booked) and to begin the next.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import budgets
from agent.ctx import Ctx
from agent.runs import requests

# The newest run of this person here, while nothing of it is final and it has done
# nothing that cannot be done again. When a message came, its inbox row's id tells.
_OPEN = text("""
    SELECT r.id, r.number, r.attempt, r.kind, r.user_message AS brief, r.input,
           r.client_id, lower(coalesce(s.title, '')) AS title
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    WHERE r.id = (
        SELECT id FROM runs WHERE conversation_id = :conversation_id
          AND user_id = :user_id AND status IN ('queued', 'running')
        ORDER BY number DESC LIMIT 1)
    -- Once more, of the row as it is when its lock is ours.
    AND r.status IN ('queued', 'running')
    AND NOT EXISTS (
        SELECT FROM run_steps t WHERE t.run_id = r.id AND t.attempt = r.attempt
          AND t.kind IN ('tool', 'wait', 'approval'))
    AND (CAST(:within AS float8) IS NULL OR EXISTS (
        SELECT FROM messages m WHERE (m.id = r.message_id OR m.run_id = r.id)
          AND m.role = 'user' AND uuid_extract_timestamp(m.inbox_id)
            + make_interval(secs => :within)
            >= uuid_extract_timestamp(CAST(:inbox_id AS uuid))))
    FOR UPDATE OF r
""")

# Where a message came from that a run works on, or works on besides its first one.
_OF_MESSAGE = text("""
    SELECT r.id, r.number, r.attempt, r.kind, r.status, r.user_message AS brief,
           r.input, r.client_id,
           lower(coalesce(s.title, '')) AS title, m.content AS said,
           coalesce(s.name, 'assistant') AS skill
    FROM messages m JOIN runs r ON r.message_id = m.id OR r.id = m.run_id
    LEFT JOIN skills s ON s.id = r.skill_id
    WHERE m.channel = :channel AND m.account = :account AND m.chat_id = :chat
      AND m.channel_message_id = :message_id AND m.role = 'user'
    ORDER BY r.number DESC LIMIT 1
""")

_FIND = text("""
    SELECT r.id, r.number, r.attempt, r.kind, r.status, r.user_message AS brief,
           r.input, r.client_id,
           lower(coalesce(s.title, '')) AS title
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    WHERE r.id = :run_id FOR UPDATE OF r
""")

_OVER = text("""
    UPDATE runs SET user_message = :brief, input = CAST(:input AS jsonb),
        status = 'queued', started_at = NULL, attempt = attempt + 1,
        client_id = :client_id,
        client_version = (SELECT version FROM clients k WHERE k.id = :client_id)
    WHERE id = :id RETURNING attempt
""")

# What waits its turn still says so, and can be cancelled: it has not begun.
_SAY_SO = text("""
    UPDATE deliveries SET partial = NULL, revision = revision + 1,
        payload = CASE WHEN payload ? 'queued' THEN payload || jsonb_build_object(
                'progress', 'Noted. ' || replace(payload->>'progress', 'Noted. ', ''))
            ELSE payload - 'progress' || jsonb_build_object(
                'text', CAST(:line AS text), 'placeholder', CAST(:line AS text)) END
    WHERE run_id = :run_id AND purpose = 'reply'
      AND status IN ('planned', 'sending', 'sent')
""")

_WAS_ADDED = text("""
    SELECT EXISTS (SELECT FROM messages WHERE inbox_id = :inbox_id AND role = 'user'
                   AND run_id IS NOT NULL)
""")

_BELONGS = text("UPDATE messages SET run_id = :run_id WHERE id = :id")


async def open_here(
    session: AsyncSession, values: Mapping[str, Any], *, within_s: float | None = None
) -> RowMapping | None:
    """One's newest run of a conversation that may still start over, locked.

    ``values``: conversation_id, user_id, inbox_id of what is said now. ``within_s``:
    only if its latest words came so shortly before.
    """
    found = await session.execute(_OPEN, dict(values) | {"within": within_s})
    return found.mappings().one_or_none()


async def of_message(
    session: AsyncSession, values: Mapping[str, str]
) -> RowMapping | None:
    """The run that a messenger's message began or was added to, and what it said.

    ``values``: channel, account, chat, message_id.
    """
    found = await session.execute(_OF_MESSAGE, values)
    return found.mappings().one_or_none()


async def find(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    """A run as ``start_over`` takes it, locked; None: it cannot be seen."""
    found = await session.execute(_FIND, {"run_id": run_id})
    return found.mappings().one_or_none()


async def was_added(session: AsyncSession, inbox_id: UUID) -> bool:
    """Whether a message was added to a run when it was worked on before."""
    return bool(await session.scalar(_WAS_ADDED, {"inbox_id": inbox_id}))


async def belongs(session: AsyncSession, message_id: UUID, run_id: UUID) -> None:
    """Keep that a turn was added to a run."""
    await session.execute(_BELONGS, {"id": message_id, "run_id": run_id})


def added(
    row: RowMapping, said: str, quoted: list[dict[str, str]], files: list[str]
) -> dict[str, Any]:
    """The input of a run with more words, more of others' words, and more files."""
    given = dict(row["input"])
    if files:
        given["files"] = [*given.get("files", []), *files]
    if "revises" in given:
        wish = f"{given['revises']['wish']}\n{said}".strip()
        return given | {"revises": given["revises"] | {"wish": wish}}
    given["brief"] = f"{row['brief'] or ''}\n{said}".strip()
    if quoted:
        given["quoted"] = [*given.get("quoted", []), *quoted]
    return given


async def start_over(
    ctx: Ctx, row: RowMapping, given: dict[str, Any], client_id: UUID | None
) -> None:
    """Begin the next attempt with this input; the answer's message says so."""
    revises = given.get("revises")
    brief = revises["wish"] if revises else given["brief"]
    values = {
        "id": row["id"],
        "brief": brief,
        "input": json.dumps(given),
        "client_id": client_id,
    }
    attempt = int((await ctx.session.execute(_OVER, values)).scalar_one())
    here = ctx.caller.workspace_id
    await budgets.release_earlier(ctx.session, here, row["id"], attempt)
    line = f"Starting over with that: {row['title'] or 'one moment'}..."
    await ctx.session.execute(_SAY_SO, {"run_id": row["id"], "line": line})
    await requests.superseded(ctx, row["id"], attempt=attempt, kind=row["kind"])
