"""What is said of files that came along, and which files a message is about."""

import re
from dataclasses import replace

from agent.ctx import Ctx, Recall
from agent.mailroom import deliveries, receipts
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place
from bot import joins, render
from bot.answers import keep, reply
from bot.services import Services
from channels.contract import Inbound, Kind

_FILES = re.compile(
    r"\b(?:files?|documents?|docs?|docx|pdfs?|attach\w*|sheets?|spreadsheets?|"
    r"workbooks?|tables?|csv|xlsx|reports?|pages?|photos?|pictures?|images?|"
    r"screenshots?|recordings?)\b",
    re.IGNORECASE,
)
"""Words by which a message comes back to a file of before."""
_LINK = re.compile(r"<?(?:https?://|www\.)\S+>?", re.IGNORECASE)


async def answered(services: Services, ctx: Ctx, inbound: Inbound, text: str) -> bool:
    """Answer a message by its files alone; False: its words are to be answered."""
    origin = ctx.origin
    if origin is None or not origin.files:
        return False
    has_words = bool(text) or any(quoted.forwarded for quoted in inbound.quoted)
    is_kept = any(file.asset_id for file in origin.files)
    if has_words and is_kept:
        await _remark(ctx)
        return False
    if is_kept and await joins.added(services, ctx, inbound):
        return True  # what a request of a moment ago was about
    message_id = await keep(ctx)
    told = render.files.alone(
        origin.files,
        message_id,
        hears=services.transcriber is not None,
        sees=services.sees,
    )
    await reply(ctx, told)
    return True


async def settled(ctx: Ctx) -> None:
    """Let no word that files came stand without what became of them."""
    origin = ctx.origin
    if origin is None or not origin.files:
        return
    receipt = await receipts.find(ctx.session, f"{origin.key}:reply")
    if receipt is not None:
        told = Message(render.files.told_of(origin.files))
        await receipts.become(ctx.session, receipt, told.payload(origin.extra))


def recalling(ctx: Ctx, inbound: Inbound) -> Ctx:
    """The same call, knowing how its words may be about files of before."""
    origin = ctx.origin
    may_be = inbound.kind in {Kind.MESSAGE, Kind.COMMAND}
    if origin is None or origin.files or not may_be:
        return ctx
    recall = Recall(inbound.reply_to, bool(_FILES.search(inbound.text)))
    return replace(ctx, origin=replace(origin, recall=recall))


def is_only_links(text: str) -> bool:
    """Whether nothing is said but addresses of pages."""
    return bool(_LINK.search(text)) and not _LINK.sub("", text).strip(" ,;\n\t")


async def _remark(ctx: Ctx) -> None:
    """Say what must be said of files, where something else answers the message."""
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - files come with a message
    if not (words := render.files.remarks(origin.files)):
        return
    await deliveries.plan(
        ctx.session,
        Place(origin.channel, origin.account, origin.recipient, origin.extra),
        Message(words),
        owner=Owner(ctx.caller.workspace_id, ctx.caller.conversation_id),
        key=f"{origin.key}:files",
    )
