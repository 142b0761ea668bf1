"""Approvals over the table: each is a person's yes, to one call or one draft, once."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.llm.port import Turn
from agent.runs import sharing
from agent.runs.pause_queries import Pause

_USE = text("""
    UPDATE approvals SET used_at = now()
    WHERE id = :id AND params_hash = :params_hash AND status = 'approved'
      AND used_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    RETURNING id
""")

_REQUEST = text("""
    INSERT INTO approvals (workspace_id, subject_type, subject_id, subject_version,
                           run_id, required_role, request, requested_by_id, expires_at)
    SELECT workspace_id, 'run', id, :version, id, :role, CAST(:request AS jsonb),
           user_id, now() + make_interval(secs => :seconds)
    FROM runs WHERE id = :run_id
    RETURNING id
""")

# What only asks for a member's yes stays in its chat, also when the run was shared.
# Admins and owners are asked wherever they are: asking them shared the run.
_IN_REACH = """
    (a.required_role <> 'member' OR r.conversation_id IS NULL
     OR EXISTS (SELECT FROM deliveries d
                WHERE d.run_id = r.id AND d.purpose = 'reply'))
"""

_FIND = text(f"""
    SELECT a.id, a.run_id, a.status, a.required_role, a.subject_version AS version,
           a.request, r.number, coalesce(m.display_name, '') AS decided_by,
           a.decided_by_id
    FROM approvals a JOIN runs r ON r.id = a.run_id
    LEFT JOIN workspace_members m ON m.user_id = a.decided_by_id
    WHERE a.id = :id AND a.subject_type = 'run' AND {_IN_REACH}
""")  # noqa: S608 - a constant of ours

_PENDING = text(f"""
    SELECT a.id AS draft_id, r.number, a.required_role, a.subject_version AS version,
           a.request ->> 'title' AS title, a.request ->> 'preview' AS preview,
           coalesce(m.display_name, '') AS asked_by
    FROM approvals a JOIN runs r ON r.id = a.run_id
    LEFT JOIN workspace_members m ON m.user_id = a.requested_by_id
    WHERE a.subject_type = 'run' AND a.status = 'pending' AND {_IN_REACH}
      AND a.required_role = ANY(CAST(:roles AS text[]))
      AND (CAST(:before AS uuid) IS NULL OR a.id < :before)
    ORDER BY a.id DESC LIMIT :n
""")  # noqa: S608 - as above

_PENDING_HERE = text("""
    SELECT a.id FROM approvals a JOIN runs r ON r.id = a.run_id
    WHERE a.subject_type = 'run' AND a.status = 'pending'
      AND r.conversation_id = :conversation_id
    ORDER BY a.id DESC LIMIT 1
""")

_NAME_OF = text("""
    SELECT display_name FROM workspace_members
    WHERE user_id = CAST(:user_id AS uuid)
""")

_DECIDE = text("""
    UPDATE approvals SET status = :status, decided_by_id = :user_id, decided_at = now(),
           channel = :channel, feedback = :feedback
    WHERE id = :id AND status = 'pending' RETURNING id
""")

_EXPIRE = text("""
    UPDATE approvals SET status = 'expired'
    WHERE run_id = :run_id AND status = 'pending'
""")

_ACT = text("""
    UPDATE approvals a SET used_at = now()
    FROM (SELECT id, decided_by_id FROM approvals
          WHERE run_id = :run_id AND subject_type = 'run' AND status = 'approved'
            AND used_at IS NULL) yes
    LEFT JOIN workspace_members m ON m.user_id = yes.decided_by_id
    WHERE a.id = yes.id
    RETURNING coalesce(m.display_name, '') AS decided_by
""")

# Only as the last words of a line, and on their own: "a mail that needs approval by
# the owner" is about something else.
_WISH = re.compile(
    r"(?:^|(?<=[.!?;,\n])\s*|\s+(?:and|but)\s+)(?:please\s+)?"
    r"(?:ask\s+(?:me|us)\s+before\s+you\s+finish"
    r"|(?:this|it)\s+needs\s+approval(?:\s+by\s+(?:an?\s+|the\s+)?"
    r"(?P<role>admin|owner|member))?)[ \t.!]*$",
    re.IGNORECASE | re.MULTILINE,
)


class TableApprovals:
    """Uses approvals up in the caller's own transaction."""

    async def use(
        self, session: AsyncSession, approval_id: UUID, *, params_hash: str
    ) -> bool:
        """Use it up; False unless it was given for this very call and is unused."""
        values = {"id": approval_id, "params_hash": bytes.fromhex(params_hash)}
        return (await session.execute(_USE, values)).first() is not None


def wished(brief: str) -> tuple[str, str]:
    """A request without its wish to be asked, and the role that is to say yes.

    The role is empty where nothing of the kind was wished.
    """
    found = _WISH.search(brief)
    if found is None:
        return brief, ""
    left = brief[: found.start()].rstrip(" ,;") + brief[found.end() :]
    return left.strip(), (found["role"] or "member").lower()


def turns(draft: str, came: Mapping[str, Any]) -> Sequence[Turn]:
    """A draft that was sent back and why, as the model is told it."""
    wish = f"Write it again, whole, with this change: {came['feedback']}"
    return Turn("assistant", draft), Turn("user", wish)


async def request(
    session: AsyncSession,
    at: Pause,
    role: str,
    draft: Mapping[str, Any],
    *,
    seconds: float,
) -> UUID:
    """Ask for a yes to a draft; its id. ``seconds``: how long the answer may take.

    Asking an admin or owner shares the run with the team.
    """
    if role != "member":
        # Who must say yes must see it, wherever they are.
        await sharing.share(session, at.run_id)
    values = {
        "run_id": at.run_id,
        "version": at.number,
        "role": role,
        "request": json.dumps(dict(draft)),
        "seconds": seconds,
    }
    found: UUID = (await session.execute(_REQUEST, values)).scalar_one()
    return found


async def find(session: AsyncSession, approval_id: UUID) -> RowMapping | None:
    """One question about a draft, and who decided it."""
    found = await session.execute(_FIND, {"id": approval_id})
    return found.mappings().one_or_none()


async def pending(
    session: AsyncSession, roles: Sequence[str], n: int, *, before: UUID | None = None
) -> list[RowMapping]:
    """The drafts that wait for a yes of one of these roles, newest first."""
    values = {"roles": list(roles), "n": n, "before": before}
    return list((await session.execute(_PENDING, values)).mappings())


async def pending_in(session: AsyncSession, conversation_id: UUID) -> UUID | None:
    """The newest draft of a conversation that waits for a yes."""
    values = {"conversation_id": conversation_id}
    found: UUID | None = await session.scalar(_PENDING_HERE, values)
    return found


async def name_of(session: AsyncSession, user_id: object) -> str:
    """How a member is called here; "" where nobody said."""
    values = {"user_id": str(user_id)}
    return str(await session.scalar(_NAME_OF, values) or "")


async def decide(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Keep who decided, how, from where and in which words; False: it was over."""
    return (await session.execute(_DECIDE, values)).first() is not None


async def expire(session: AsyncSession, run_id: UUID) -> None:
    """Nobody decided in time."""
    await session.execute(_EXPIRE, {"run_id": run_id})


async def act(session: AsyncSession, run_id: UUID) -> str | None:
    """Use a yes up with what it allowed; who gave it. None: there was none to use."""
    found: str | None = await session.scalar(_ACT, {"run_id": run_id})
    return found
