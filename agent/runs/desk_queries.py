"""Statements about one person's own work: what is new, what waits for their score.

``session`` is the tenant's: what row security hides from the chat is not found.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LATEST = text("""
    SELECT r.id AS run_id, r.number, coalesce(s.title, 'Answer') AS title, r.status,
           coalesce(s.name, '') AS skill, coalesce(k.name, '') AS client,
           left(coalesce(r.user_message, ''), 200) AS asked,
           (SELECT o.id FROM outputs o WHERE o.run_id = r.id ORDER BY o.id DESC LIMIT 1)
               AS output_id
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    LEFT JOIN clients k ON k.id = r.client_id
    WHERE r.user_id = :user_id
    ORDER BY r.number DESC LIMIT :n
""")

# One piece a run: whoever scored a version of it has said what they think.
_UNSCORED = text("""
    SELECT DISTINCT ON (r.number) o.id AS output_id, r.number,
           coalesce(o.title, s.title) AS title, coalesce(k.name, '') AS client,
           coalesce(left(o.preview, 200), '') AS preview
    FROM outputs o JOIN runs r ON r.id = o.run_id
    JOIN skills s ON s.id = r.skill_id
    LEFT JOIN clients k ON k.id = r.client_id
    WHERE r.user_id = :user_id AND r.status = 'completed'
      AND o.created_at > now() - interval '14 days'
      AND NOT EXISTS (
          SELECT FROM feedback f JOIN outputs seen ON seen.id = f.output_id
          WHERE seen.run_id = r.id AND f.source = 'human'
            AND f.reviewer_key = 'user:' || CAST(:user_id AS text))
    ORDER BY r.number DESC, o.id DESC LIMIT :n
""")

_CLIENTS = text("""
    SELECT k.name FROM clients k LEFT JOIN LATERAL (
        SELECT max(r.number) AS number FROM runs r
        WHERE r.client_id = k.id AND r.user_id = :user_id
    ) mine ON true
    WHERE k.archived_at IS NULL
    ORDER BY mine.number DESC NULLS LAST, k.id DESC LIMIT :n
""")

_BESIDE = text("""
    SELECT k.name FROM chats c JOIN clients k ON k.id = c.client_id
    WHERE c.channel = :channel AND c.account = :account AND c.chat_id = :chat
      AND k.archived_at IS NULL
    ORDER BY c.updated_at DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Work:
    """One run of a person's."""

    run_id: UUID
    number: int
    title: str
    status: str
    skill: str
    """Its name; empty for a plain answer."""
    client: str
    asked: str
    output_id: UUID | None


@dataclass(frozen=True, slots=True)
class Unscored:
    """A piece that its person has not scored."""

    output_id: UUID
    number: int
    title: str
    client: str
    preview: str


async def latest(session: AsyncSession, user_id: UUID, n: int) -> list[Work]:
    """The person's newest runs."""
    rows = await session.execute(_LATEST, {"user_id": user_id, "n": n})
    return [Work(**row) for row in rows.mappings()]


async def unscored(session: AsyncSession, user_id: UUID, n: int) -> list[Unscored]:
    """The person's newest pieces, of two weeks, that they have not scored."""
    rows = await session.execute(_UNSCORED, {"user_id": user_id, "n": n})
    return [Unscored(**row) for row in rows.mappings()]


async def clients(session: AsyncSession, user_id: UUID, n: int) -> list[str]:
    """Clients in use, those first that the person had written for last."""
    rows = await session.execute(_CLIENTS, {"user_id": user_id, "n": n})
    return list(rows.scalars())


async def client_of(
    session: AsyncSession, *, channel: str, account: str, chat: str
) -> str:
    """The client that is talked about in a chat; empty when none, or not to be seen."""
    values = {"channel": channel, "account": account, "chat": chat}
    return str(await session.scalar(_BESIDE, values) or "")
