"""Statements that join messengers and accounts, run as ``agent_door``."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity.callers import Identity

_ACCOUNT_OF = text("""
    SELECT user_id FROM user_channels WHERE channel = :channel AND team_id = :team
      AND channel_user_id = :sender
""")

_HOME_OF = text("""
    SELECT workspace_id FROM workspace_members WHERE user_id = :account
    ORDER BY joined_at, id LIMIT 1
""")

# Both rows first, in one order, so that two who merge crosswise wait for one another.
_LOCK_BOTH = text("""
    SELECT id FROM users WHERE id IN (:account, :into) ORDER BY id FOR UPDATE
""")

_RANK = "array_position(ARRAY['viewer', 'member', 'admin', 'owner'], {})"

_MERGE = (
    f"""
    INSERT INTO workspace_members AS mine (workspace_id, user_id, role, display_name)
    SELECT workspace_id, :into, role, display_name FROM workspace_members
    WHERE user_id = :account
    ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role
    WHERE {_RANK.format("excluded.role")} > {_RANK.format("mine.role")}
    """,  # noqa: S608 - a constant of ours
    "DELETE FROM workspace_members WHERE user_id = :account",
    # A conversation first: the rows of each copy its person by their own triggers.
    "UPDATE conversations SET user_id = :into WHERE user_id = :account",
    "UPDATE messages SET user_id = :into WHERE user_id = :account",
    "UPDATE dialogs SET user_id = :into WHERE user_id = :account",
    "UPDATE deliveries SET user_id = :into WHERE user_id = :account",
    "UPDATE routing_labels SET user_id = :into WHERE user_id = :account",
    """
    UPDATE user_channels SET user_id = :into
    WHERE user_id = :account AND channel <> 'web'
    """,
    """
    UPDATE access_tokens SET revoked_at = now()
    WHERE user_id = :account AND revoked_at IS NULL
    """,
)
# The address is unique, and one statement would hold it twice: in two steps.
_EMAIL_OF = text("SELECT email, email_verified_at FROM users WHERE id = :account")
_CLOSE = text("""
    UPDATE users SET is_active = false, email = NULL, email_verified_at = NULL
    WHERE id = :account
""")
_GIVE_EMAIL = text("""
    UPDATE users SET email = :email, email_verified_at = :verified_at
    WHERE id = :into AND email IS NULL
""")


async def account_of(session: AsyncSession, identity: Identity) -> UUID | None:
    """The account a messenger's id speaks as; None: nobody's."""
    values = {
        "channel": identity.channel,
        "team": identity.team,
        "sender": identity.sender,
    }
    found: UUID | None = await session.scalar(_ACCOUNT_OF, values)
    return found


async def home_of(session: AsyncSession, account: UUID) -> UUID | None:
    """The workspace an account has been in the longest."""
    found: UUID | None = await session.scalar(_HOME_OF, {"account": account})
    return found


async def merge(session: AsyncSession, account: UUID, into: UUID) -> None:
    """Let all that one account has be the other's, and close it."""
    values = {"account": account, "into": into}
    await session.execute(_LOCK_BOTH, values)
    for statement in _MERGE:
        await session.execute(text(statement), values)
    email, verified_at = (await session.execute(_EMAIL_OF, values)).one()
    await session.execute(_CLOSE, values)
    if email:
        given = {"into": into, "email": email, "verified_at": verified_at}
        await session.execute(_GIVE_EMAIL, given)
