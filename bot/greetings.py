"""The first words to somebody who came in."""

from dataclasses import replace

from agent.ctx import Ctx
from agent.gate import invoke
from agent.identity.account_operations import me
from agent.mailroom.schemas import Message
from bot import render
from bot.services import Services
from channels.contract import ChatKind, Inbound

ASK_EMAIL = (
    "Tell me your e-mail address and I mail you six digits. Then I know you in every "
    "messenger."
)


async def welcome(services: Services, ctx: Ctx, inbound: Inbound) -> Message:
    """Hello; who could be known by their e-mail address, too, is asked for it."""
    hello = render.welcome(inbound.sender_name.partition(" ")[0])
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    if services.mail is None or not is_private or (await invoke(me, ctx, {})).email:
        return hello
    return replace(hello, text=f"{hello.text}\n\n{ASK_EMAIL}")
