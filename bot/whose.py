"""Asking whom a piece is for, once, where its skill works from a client's profile."""

from uuid import UUID

from agent.ctx import Ctx
from agent.runs import context
from bot import routing
from bot.answers import keep, reply
from bot.render import interviews as words
from bot.services import Services

CLIENT = "client"


async def asked(services: Services, ctx: Ctx, skill: str, kept: UUID | None) -> bool:
    """Ask it; False where it is known, needless, or was answered before."""
    file = services.shelf.file(skill)
    here = ctx.caller.conversation_id
    is_known = ctx.caller.client_id is not None
    if is_known or here is None or file is None or CLIENT not in file.required_context:
        return False
    clients = await context.offered(ctx.session, here)
    if not clients:
        return False
    message_id = str(kept or await keep(ctx))
    then = {"skill": skill, "message_id": message_id, **routing.passed_on(ctx)}
    await reply(ctx, words.whose(clients, then))
    return True
