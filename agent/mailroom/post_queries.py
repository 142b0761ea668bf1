"""Statements of the postman: claiming deliveries and recording how they ended."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.ends import GAVE_UP, GIVE_UP_AFTER
from agent.mailroom.schemas import Delivery
from agent.mailroom.spans import interval, soon

_CLAIM_DELIVERIES = text("""
    SELECT id, channel, account, recipient, payload, partial, revision, sent_revision,
           external_id, attempts,
           -- As it was when this statement began: a lease that nobody gave back.
           coalesce((SELECT d.claimed_until IS NOT NULL FROM deliveries d
                     WHERE d.id = claimed.id), false) AS was_lost
    FROM claim_deliveries(:limit, CAST(:lease AS interval), CAST(:channels AS text[]))
         AS claimed
""")

# What is shown once is not kept once it may have been shown.
_FADED = """
    CASE WHEN payload ? 'once'
        THEN (payload - 'once') || jsonb_build_object('text', payload -> 'once')
        ELSE payload END
"""

# On the web the row itself is what people read. It fades a moment later, by an edit.
_STAYS = "payload ? 'once' AND channel = 'web' AND external_id IS NULL"
LOOKED_AT = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(minutes=5)

# It may have become whole while an earlier look of it was on its way.
_IS_WHOLE_BY_NOW = """
    partial IS NULL AND coalesce(payload->>'progress', '') = ''
    AND payload->>'text' IS DISTINCT FROM payload->>'placeholder'
"""

_SENT = text(f"""
    UPDATE deliveries SET status = 'sent', external_id = :external_id,
           payload = CASE WHEN {_STAYS} THEN payload ELSE {_FADED} END,
           sent_revision = CASE WHEN {_STAYS} THEN :revision - 1 ELSE :revision END,
           sent_at = coalesce(sent_at, now()), claimed_until = NULL, last_error = NULL,
           failing_since = NULL, whole_at = CASE WHEN :is_whole THEN now()
                                                 ELSE whole_at END,
           response_code = NULL,
           not_before = now() + CASE WHEN {_STAYS} THEN CAST(:looked_at AS interval)
                                     WHEN {_IS_WHOLE_BY_NOW} THEN interval '0'
                                     ELSE CAST(:pause AS interval) END
    WHERE id = :id AND attempts = :attempts AND status IN ('sending', 'sent')
    RETURNING run_id
""")  # noqa: S608 - a constant of ours

# As long as it has failed so far it waits for the next try, and ends after a day: so
# there are a few hundred tries and no loop.
_TOO_OLD = "failing_since < now() - CAST(:give_up_after AS interval)"
_POSTPONE = text(f"""
    UPDATE deliveries SET claimed_until = NULL,
           status = CASE WHEN {_TOO_OLD} THEN 'failed'
                         WHEN external_id IS NULL THEN 'planned' ELSE 'sent' END,
           payload = CASE WHEN {_TOO_OLD} THEN {_FADED} ELSE payload END,
           last_error = CASE WHEN {_TOO_OLD} THEN :gave_up ELSE '' END || :error,
           not_before = now() + greatest(CAST(:pause AS interval),
               least(now() - coalesce(failing_since, now()),
                                                CAST(:longest AS interval))),
           failing_since = coalesce(failing_since, now())
    WHERE id = :id AND attempts = :attempts
    RETURNING status
""")  # noqa: S608 - constants of ours

_END = text(f"""
    UPDATE deliveries SET payload = {_FADED}, status = :status, claimed_until = NULL,
           last_error = :error
    WHERE id = :id AND attempts = :attempts
    RETURNING run_id
""")  # noqa: S608 - as above

_DELIVERIES_DUE = text("""
    SELECT extract(epoch FROM min(due) - statement_timestamp()) FROM (
        SELECT min(claimed_until) FROM deliveries
        WHERE status = 'sending' AND channel = ANY(CAST(:channels AS text[]))
        UNION ALL
        SELECT min(not_before) FROM deliveries
        WHERE status = 'planned' AND not_before > statement_timestamp()
          AND channel = ANY(CAST(:channels AS text[]))
        UNION ALL
        -- What grows is best shown as it comes; it is waited for a little.
        SELECT min(greatest(not_before, claimed_until)
                   + CASE WHEN partial IS NULL THEN interval '0'
                          ELSE interval '0.3 seconds' END) FROM deliveries
        WHERE status = 'sent' AND sent_revision < revision
          AND channel = ANY(CAST(:channels AS text[]))
    ) AS waiting (due)
""")

_RENEW = text("""
    UPDATE deliveries d SET claimed_until = now() + CAST(:lease AS interval)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]))
        AS held (id, attempts)
    WHERE d.id = held.id AND d.attempts = held.attempts AND d.claimed_until IS NOT NULL
""")

_UNSURE = text("""
    SELECT id, workspace_id, conversation_id, user_id, channel, account, recipient,
           payload, dedupe_key
    FROM deliveries d
    WHERE status = 'ambiguous' AND purpose <> 'notice'
      AND channel = ANY(CAST(:channels AS text[]))
      AND NOT EXISTS (SELECT FROM deliveries told
                      WHERE told.workspace_id IS NOT DISTINCT FROM d.workspace_id
                        AND told.dedupe_key = d.dedupe_key || '\\:unsure')
""")

# What was only shown keeps the name it had: a late Stop is one of that.
_WAS_SHOWN = """
    CASE WHEN starts_with(external_id, 'preview\\:')
        THEN jsonb_build_object('preview', external_id) ELSE '{}' END
"""

# Without its placeholder: what is sent now is the answer itself, and only once. As long
# as it is being written there is nothing to send: the next edit finds the message gone
# as well.
_LOST_ITS_MESSAGE = text(f"""
    UPDATE deliveries SET claimed_until = NULL, last_error = :error,
        status = CASE WHEN partial IS NULL THEN 'planned' ELSE 'sent' END,
        external_id = CASE WHEN partial IS NULL THEN NULL ELSE external_id END,
        sent_revision = CASE WHEN partial IS NOT NULL
                             THEN CAST(:revision AS integer) END,
        payload = CASE WHEN partial IS NULL
            THEN payload || '{{"placeholder": ""}}' || {_WAS_SHOWN} ELSE payload END
    WHERE id = :id AND attempts = :attempts
""")  # noqa: S608 - a constant of ours


async def claim_deliveries(
    session: AsyncSession, *, limit: int, lease_s: float, channels: Sequence[str]
) -> list[Delivery]:
    """Take what is to be sent or edited, oldest first within a chat."""
    rows = await session.execute(
        _CLAIM_DELIVERIES,
        {"limit": limit, "lease": interval(lease_s), "channels": list(channels)},
    )
    return [Delivery(**row) for row in rows.mappings()]


async def mark_sent(
    session: AsyncSession,
    delivery: Delivery,
    *,
    external_id: str,
    revision: int,
    pause_s: float,
) -> UUID | None:
    """Record that ``revision`` is shown; the run it answers, if it answers one.

    The next edit waits ``pause_s``.
    """
    run_id: UUID | None = await session.scalar(
        _SENT,
        {
            "id": delivery.id,
            "attempts": delivery.attempts,
            "external_id": external_id,
            "revision": revision,
            "pause": interval(pause_s),
            "looked_at": LOOKED_AT,
            "is_whole": delivery.is_whole,
        },
    )
    return run_id


async def postpone(
    session: AsyncSession, delivery: Delivery, *, pause_s: float, error: str
) -> str:
    """Give a delivery back, to be tried again after ``pause_s``; its status now.

    One that has failed for a day is given up.
    """
    values = {
        "id": delivery.id,
        "attempts": delivery.attempts,
        "pause": interval(pause_s),
        "error": error,
        "longest": LONGEST_PAUSE,
        "give_up_after": GIVE_UP_AFTER,
        "gave_up": f"{GAVE_UP}: ",
    }
    return str(await session.scalar(_POSTPONE, values) or "")


async def lost_its_message(
    session: AsyncSession, delivery: Delivery, *, error: str
) -> None:
    """Plan an answer anew whose message is gone, unless it is still being written."""
    values = {
        "id": delivery.id,
        "attempts": delivery.attempts,
        "revision": delivery.revision,
        "error": error,
    }
    await session.execute(_LOST_ITS_MESSAGE, values)


async def end(
    session: AsyncSession, delivery: Delivery, *, status: str, error: str
) -> UUID | None:
    """End a delivery that will not be tried again; the run it answers, if one.

    ``status``: ``failed`` or ``ambiguous``.
    """
    run_id: UUID | None = await session.scalar(
        _END,
        {
            "id": delivery.id,
            "attempts": delivery.attempts,
            "status": status,
            "error": error,
        },
    )
    return run_id


async def deliveries_due(
    session: AsyncSession, channels: Sequence[str], at_most_s: float
) -> float:
    """In how many seconds there may be something to send, at most ``at_most_s``."""
    due = await session.scalar(_DELIVERIES_DUE, {"channels": list(channels)})
    return soon(due, at_most_s)


async def renew_deliveries(
    session: AsyncSession, held: Sequence[Delivery], *, lease_s: float
) -> None:
    """Prolong the leases that are still ours."""
    await session.execute(
        _RENEW,
        {
            "ids": [delivery.id for delivery in held],
            "attempts": [delivery.attempts for delivery in held],
            "lease": interval(lease_s),
        },
    )


async def unsure(session: AsyncSession, channels: Sequence[str]) -> list[RowMapping]:
    """Messages that may not have arrived, and whose readers were not told yet."""
    found = await session.execute(_UNSURE, {"channels": list(channels)})
    return list(found.mappings())
