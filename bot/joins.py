"""Words that follow a request within seconds: added to it, while nothing is final.

People write "write homepage copy", "for Acme", "in German" in three messages. What
routes to no skill and comes while the first one's run is still under way is added to
that run, which starts over; there is one answer.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.memory import conversations
from agent.runs import additions
from agent.runs.errors import AlreadyDone
from bot import brands, wishes
from bot.answers import keep
from bot.router import Route
from bot.services import Services
from channels.contract import Inbound

STALE = timedelta(minutes=1)
"""What was on its way for longer came when we were away: its moment says nothing."""


async def joined(
    services: Services, ctx: Ctx, inbound: Inbound, route: Route, kept: UUID | None
) -> bool:
    """Add a message to the run it belongs to; False when it stands for itself."""
    if route.method in {"phrase", "command"} or _is_beside(route.brief):
        return False
    return await added(services, ctx, inbound, kept)


async def added(
    services: Services, ctx: Ctx, inbound: Inbound, kept: UUID | None = None
) -> bool:
    """The same, whatever it says: what is forwarded after a comment is part of it.

    Raises:
        AlreadyDone: It was added before.
    """
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a message has one
    if origin.inbox_id and await additions.was_added(ctx.session, origin.inbox_id):
        # The run may have ended since: then it must not begin another one.
        raise AlreadyDone("That was added already.")
    row = await _under_way(services, ctx, inbound)
    if row is None:
        return False
    await additions.belongs(ctx.session, kept or await keep(ctx), row["id"])
    quoted = [{"source": source, "text": text} for source, text in origin.quoted]
    said = conversations.redact(inbound.text.strip())
    files = [file["asset_id"] for file in origin.attachments]
    await start_over(ctx, row, additions.added(row, said, quoted, files))
    return True


async def start_over(ctx: Ctx, row: RowMapping, given: dict[str, object]) -> None:
    """Begin the run's next attempt, for whom all of its words name."""
    client_id = row["client_id"]
    if "revises" not in given:
        whom = await brands.read(ctx, str(given["brief"]))
        client_id = client_id if whom.open else whom.ctx.caller.client_id
    await additions.start_over(ctx, row, given, client_id)


async def _under_way(
    services: Services, ctx: Ctx, inbound: Inbound
) -> RowMapping | None:
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a message has one
    if not services.join_s or origin.inbox_id is None or _is_stale(ctx, inbound):
        return None
    values = {
        "conversation_id": ctx.caller.conversation_id,
        "user_id": ctx.caller.user_id,
        "inbox_id": origin.inbox_id,
    }
    return await additions.open_here(ctx.session, values, within_s=services.join_s)


def _is_beside(text: str) -> bool:
    """Whether nothing of it could be added: thanks, or a question to us."""
    return wishes.is_aside(text) or wishes.is_question(text)


def _is_stale(ctx: Ctx, inbound: Inbound) -> bool:
    return bool(inbound.sent_at and ctx.clock.now() - inbound.sent_at > STALE)
