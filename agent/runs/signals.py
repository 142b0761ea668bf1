"""What people do with a piece, kept as feedback of the source ``implicit``.

| signal | kept when |
|---|---|
| ``edit`` | they send back a text of the piece that they changed |
| ``revise`` | they wish a change, or send a draft back with one |
| ``regenerate`` | they want another take |
| ``accept`` | they approve it, take it as a file, or hand it to another skill |
| ``ignored`` | they wrote in its chat later, and did nothing with it in three days |

One row a person, piece and signal: what is said again is added to it. A draft that was
rejected never became a piece; what was said of it stays with the approval.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx
from agent.memory import conversations

Signal = Literal["edit", "revise", "regenerate", "accept"]

LONGEST = 4000
"""Characters kept of a wish, or of a comparison."""

_NOTE = text("""
    INSERT INTO feedback AS f (workspace_id, output_id, reviewer_id, reviewer_key,
        source, channel, signal, comment, edit_diff)
    SELECT workspace_id, id, :user_id, :reviewer_key, 'implicit', :channel, :signal,
           nullif(:said, ''), nullif(:diff, '')
    FROM outputs WHERE id = :output_id
    ON CONFLICT (output_id, source, reviewer_key, signal) DO UPDATE SET
        comment = CASE WHEN f.comment IS NULL OR excluded.comment IS NULL
                            OR strpos(f.comment, excluded.comment) > 0
                       THEN coalesce(f.comment, excluded.comment)
                       ELSE left(concat_ws('; ', f.comment, excluded.comment), :longest)
                  END,
        edit_diff = coalesce(excluded.edit_diff, f.edit_diff)
""")

# One person may send a draft back twice, and then approve it.
_DECIDED = text("""
    INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key, source,
                          channel, signal, comment)
    SELECT o.workspace_id, o.id, a.decided_by_id, 'user:' || a.decided_by_id,
           'implicit', coalesce(min(a.channel), 'system'), d.signal,
           nullif(string_agg(a.feedback, '; ' ORDER BY a.id), '')
    FROM outputs o JOIN approvals a ON a.run_id = o.run_id AND a.subject_type = 'run'
    CROSS JOIN LATERAL (SELECT CASE a.status WHEN 'approved' THEN 'accept'
                               ELSE 'revise' END AS signal) AS d
    WHERE o.id = :output_id AND a.status IN ('approved', 'revision_requested')
      AND a.decided_by_id IS NOT NULL
    GROUP BY o.workspace_id, o.id, a.decided_by_id, d.signal
    ON CONFLICT (output_id, source, reviewer_key, signal) DO NOTHING
""")

_IGNORED = text("SELECT note_ignored(:n)")


async def note(
    ctx: Ctx, output_id: UUID, signal: Signal, *, said: str = "", diff: str = ""
) -> None:
    """Keep that the caller did this with a piece; ``said`` and ``diff`` are data."""
    values = {
        "output_id": output_id,
        "user_id": ctx.caller.user_id,
        "reviewer_key": f"user:{ctx.caller.user_id}",
        "channel": ctx.caller.channel,
        "signal": signal,
        "said": conversations.redact(said)[:LONGEST],
        "diff": conversations.redact(diff)[:LONGEST],
        "longest": LONGEST,
    }
    await ctx.session.execute(_NOTE, values)


async def decided(session: AsyncSession, output_id: UUID) -> None:
    """Keep what was decided about the drafts of a piece, now that it is one."""
    await session.execute(_DECIDED, {"output_id": output_id})


async def ignored(session: AsyncSession, n: int) -> int:
    """Keep of up to ``n`` pieces that nothing was done with them. As worker."""
    return int(await session.scalar(_IGNORED, {"n": n}) or 0)
