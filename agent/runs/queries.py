"""Statements of the runs room: asking for runs, and looking at them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Everything a request leaves behind, at once: the message, the run with its number,
# why this skill was chosen, and the message that will become the answer. A second
# time round, the run's idempotency key refuses all of it. The label asks ``said`` for
# the message: it takes its privacy from that row, which must be there before it.
_ENQUEUE = text("""
    WITH said AS (
        INSERT INTO messages (id, workspace_id, conversation_id, author_id, inbox_id,
            role, channel, account, chat_id, thread_id, channel_message_id, content,
            attachments)
        SELECT :message_id, :workspace_id, :conversation_id, :user_id, :inbox_id,
            'user', :channel, :account, :chat, nullif(:thread, ''),
            nullif(:channel_message_id, ''), :said, CAST(:attachments AS jsonb)
        WHERE CAST(:said AS text) IS NOT NULL
        RETURNING id
    ), numbered AS (
        UPDATE workspaces SET run_seq = run_seq + 1 WHERE id = :workspace_id
        RETURNING run_seq
    ), ran AS (
        INSERT INTO runs (id, workspace_id, number, user_id, client_id, client_version,
            skill_id, skill_version_id, arm_id, conversation_id, message_id, kind,
            idempotency_key, user_message, input, metadata)
        SELECT :run_id, :workspace_id, run_seq, :user_id, :client_id,
            (SELECT version FROM clients WHERE id = :client_id), :skill_id,
            :skill_version_id, :arm_id, :conversation_id, :message_id, :kind, :key,
            :brief, CAST(:input AS jsonb), CAST(:metadata AS jsonb)
        FROM numbered
    ), labelled AS (
        INSERT INTO routing_labels (workspace_id, message_id, run_id, chosen_skill_id,
            text, language, method, confidence, candidates, user_id, private_chat_id,
            label_skill_id, labelled_by, labelled_at)
        SELECT :workspace_id, coalesce((SELECT id FROM said), :message_id), :run_id,
            :skill_id, coalesce(:routed, :brief), :language, :method,
            :confidence, CAST(:candidates AS jsonb), c.user_id, c.private_chat_id,
            CASE WHEN :method = 'press' THEN CAST(:skill_id AS uuid) END,
            CASE WHEN :method = 'press' THEN 'user' ELSE 'none' END,
            CASE WHEN :method = 'press' THEN now() END
        FROM conversations c
        WHERE c.id = :conversation_id AND CAST(:method AS text) IS NOT NULL
    ), answered AS (
        INSERT INTO deliveries (id, workspace_id, run_id, conversation_id, channel,
            account, recipient, purpose, dedupe_key, payload)
        SELECT :delivery_id, :workspace_id, :run_id, :conversation_id, :channel,
            :account, :recipient, 'reply', :dedupe_key, CAST(:payload AS jsonb)
        WHERE CAST(:recipient AS text) IS NOT NULL
    )
    SELECT run_seq FROM numbered
""")

_LINES = """
    SELECT r.id AS run_id, r.number, coalesce(s.title, 'Answer') AS title, r.status,
           CASE WHEN length(r.user_message) > 80 THEN left(r.user_message, 79) || '…'
                ELSE coalesce(r.user_message, '') END AS asked, r.queued_at,
           r.cost_usd
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
"""
_LATEST = text(f"""
    {_LINES} WHERE CAST(:before AS bigint) IS NULL OR r.number < :before
    ORDER BY r.number DESC LIMIT :n
""")
_WORKING = text(f"""
    {_LINES}
    WHERE r.status IN ('queued', 'running', 'waiting_approval', 'waiting_input')
    ORDER BY r.number LIMIT 10
""")

_FIND = text("""
    SELECT r.*, coalesce(s.title, 'Answer') AS title, coalesce(s.name, '') AS skill,
           coalesce(k.name, '') AS client, coalesce(m.display_name, '') AS asked_by,
           coalesce((SELECT d.channel FROM deliveries d
                     WHERE d.run_id = r.id AND d.purpose = 'reply'
                     ORDER BY d.id LIMIT 1), '') AS channel,
           (SELECT o.id FROM outputs o WHERE o.run_id = r.id ORDER BY o.id DESC LIMIT 1)
               AS output_id
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    LEFT JOIN clients k ON k.id = r.client_id
    LEFT JOIN workspace_members m ON m.user_id = r.user_id
    WHERE (CAST(:number AS bigint) = 0 OR r.number = :number)
      AND (CAST(:run_id AS uuid) IS NULL OR r.id = :run_id)
      AND (CAST(:user_id AS uuid) IS NULL OR r.user_id = :user_id)
      AND (CAST(:statuses AS text[]) IS NULL
           OR r.status = ANY(CAST(:statuses AS text[])))
    ORDER BY r.number DESC LIMIT 1
""")

_STEPS = text("""
    SELECT name, kind, status, attempt, started_at,
           coalesce(error_message, '') AS error,
           extract(epoch FROM completed_at - started_at)::float8 AS seconds
    FROM run_steps WHERE run_id = :run_id ORDER BY attempt, position
""")

_AHEAD = text("""
    SELECT earlier.number FROM runs r JOIN runs earlier USING (conversation_id)
    WHERE r.id = :run_id AND r.status = 'queued' AND earlier.number < r.number
      -- One that waits for a person lets others go first.
      AND earlier.status IN ('queued', 'running')
    ORDER BY earlier.number LIMIT 1
""")

_MOVE = text("""
    UPDATE runs SET status = :status,
        started_at = CASE WHEN :status = 'running' THEN coalesce(started_at, now())
                          WHEN :status = 'queued' THEN NULL
                          ELSE started_at END,
        completed_at = CASE WHEN :ended THEN now() END,
        error_code = :error_code, error_message = :error_message,
        attempt = attempt + :more,
        -- Another attempt is written with what is known of the brand by then.
        client_version = CASE WHEN :status = 'queued'
            THEN (SELECT version FROM clients k WHERE k.id = runs.client_id)
            ELSE client_version END
    WHERE id = :id AND status = ANY(CAST(:from_statuses AS text[]))
    RETURNING number, attempt
""")

_TODAY = text("""
    SELECT w.name AS workspace, k.name AS client,
        coalesce((SELECT p.spent_usd FROM budget_periods p
          WHERE p.workspace_id = w.id AND p.user_id IS NULL AND p.period = 'day'
            AND p.starts_on = CAST(now() AT TIME ZONE w.timezone AS date)), 0) AS spent,
        (SELECT p.limit_usd - p.spent_usd - p.reserved_usd FROM budget_periods p
          WHERE p.workspace_id = w.id AND p.user_id IS NULL AND p.period = 'day'
            AND p.starts_on = CAST(now() AT TIME ZONE w.timezone AS date)) AS rest,
        -- Counted, not NOT EXISTS: a join would read every message ever sent.
        (SELECT count(*) FROM deliveries d WHERE d.status = 'ambiguous'
            AND d.created_at > now() - interval '1 day'
            AND 0 = (SELECT count(*) FROM deliveries a
                     WHERE a.workspace_id = d.workspace_id
                       AND a.dedupe_key = d.dedupe_key || '\\:resent')) AS unsure
    FROM workspaces w LEFT JOIN clients k ON k.id = :client_id AND k.archived_at IS NULL
    WHERE w.id = :workspace_id
""")


async def enqueue(session: AsyncSession, values: Mapping[str, Any]) -> int:
    """Ask for a run, in one statement; its number.

    Raises:
        IntegrityError: This very request was enqueued before.
    """
    return int((await session.execute(_ENQUEUE, values)).scalar_one())


async def latest(
    session: AsyncSession, n: int, *, before: int | None = None
) -> list[RowMapping]:
    """The newest runs, of those with a number below ``before``."""
    values = {"n": n, "before": before}
    return list((await session.execute(_LATEST, values)).mappings())


async def working(session: AsyncSession) -> list[RowMapping]:
    """The runs that have not ended, oldest first."""
    return list((await session.execute(_WORKING)).mappings())


async def find(
    session: AsyncSession,
    number: int,
    *,
    run_id: UUID | None = None,
    user_id: UUID | None = None,
    statuses: Sequence[str] | None = None,
) -> RowMapping | None:
    """A run by its id or number, or with neither the latest that fits."""
    values = {
        "number": number,
        "run_id": run_id,
        "user_id": user_id,
        "statuses": list(statuses) if statuses else None,
    }
    return (await session.execute(_FIND, values)).mappings().one_or_none()


async def steps(session: AsyncSession, run_id: UUID) -> list[RowMapping]:
    """The steps of a run, in order."""
    return list((await session.execute(_STEPS, {"run_id": run_id})).mappings())


async def ahead(session: AsyncSession, run_id: UUID) -> int:
    """The run of its conversation that a queued run comes after; 0: none."""
    return int(await session.scalar(_AHEAD, {"run_id": run_id}) or 0)


async def move(
    session: AsyncSession,
    run_id: UUID,
    to: str,
    *,
    came_from: Sequence[str],
    error: tuple[str, str] | None = None,
) -> tuple[int, int] | None:
    """Change a run's status; None unless it stood in ``came_from``.

    Returns ``(number, attempt)``. Going back to ``queued`` begins the next attempt.
    """
    code, message = error or (None, None)
    values = {
        "id": run_id,
        "status": to,
        "from_statuses": list(came_from),
        "ended": to in {"completed", "failed", "timeout", "cancelled"},
        "error_code": code,
        "error_message": message,
        "more": 1 if to == "queued" else 0,
    }
    row = (await session.execute(_MOVE, values)).one_or_none()
    return (row.number, row.attempt) if row else None


async def today(
    session: AsyncSession, workspace_id: UUID, client_id: UUID | None
) -> RowMapping:
    """The workspace's name, today's spending and what is unsure."""
    values = {"workspace_id": workspace_id, "client_id": client_id}
    return (await session.execute(_TODAY, values)).mappings().one()
