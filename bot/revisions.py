"""Words about a piece that is there: a wish to have it changed, or something new.

Who replies to a piece wishes it changed, unless the reply calls a skill by its words or
asks a question. Without a reply it takes a short wish ("shorter", "in German") right
after a piece, and nothing that any skill answers to.
"""

import re
from uuid import UUID

from agent.ctx import Ctx
from agent.gate import invoke
from agent.identity.languages import ALL
from agent.mailroom import deliveries
from agent.memory.schemas import Dialog
from agent.runs import revise_queries
from agent.runs.revise_operations import MOST, revise_output
from bot.router import Route
from channels.contract import ChannelName, Inbound

MOST_WORDS = 12
"""Of a wish that replies to nothing: in more there is a request of its own."""

_QUESTION = re.compile(
    r"(?:what|why|who|whom|whose|how|when|where|which|is|are|was|were|do|does|did|has"
    r"|have|should)\b.*\?\s*",
    re.IGNORECASE | re.DOTALL,
)
_SIZES = (
    "short|long|simpl|punchi|funni|friendli|warm|bold|crisp|clear|tight|snappi|light"
    "|catchi|soft|strong|kind|sharp|bright|plain|brief|smooth|fresh|calm"
)
_NAMED = "|".join(sorted({re.escape(one.name) for one in ALL}, key=len, reverse=True))
_WISH = re.compile(
    rf"""
    (?:(?:please|now|ok|okay|and|but|hm+|can\ you|could\ you|would\ you)[\s,]+)*
    (?:
        (?:make|keep|have)\ (?:it|this|that)\ \S.*
      | (?:much|a\ bit|a\ little|even|slightly|way)?\s*(?:{_SIZES})e?r\b.*
      | (?:a\ bit|a\ little|even|slightly|much)?\s*(?:more|less)\ \S.*
      | (?:a\ bit|much|way)?\s*too\ \w+
      | (?:half|twice)\ (?:as|the)\ \S.*
      | in\ (?:{_NAMED})\b.*
      | translate\ (?:it|this|that)\b.*
      | another\ (?:take|version|one|try|go|variant|draft|option)\b.*
      | (?:try|once)\ (?:again|more)
      | (?:a\ )?(?:different|new)\ (?:take|version|angle|draft|headline|opening)\b.*
      | (?:with|without|no)\ (?:the|a|an|any|all|more|so|fewer|less)\ \S.*
      | (?:drop|remove|cut|leave\ out|lose)\ (?:the|that|this|all|any)\ \S.*
      | add\ (?:a|an|the|some|more)\ \S.*
      | (?:rewrite|rephrase|shorten|expand|simplify|tighten|polish|soften|redo)
        (?:\ (?:it|this|that|the\ .+))?
    )
    (?:[\s,]+please)?[\s.!?]*
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_WAITS_FOR_WORDS = frozenset({"review", "confirm"})
"""Dialogs about a piece or a run, which a reply to it may well answer."""


async def replied(
    ctx: Ctx, dialog: Dialog | None, inbound: Inbound, route: Route
) -> bool:
    """Take a reply to a piece as what should change in it; False when it is none."""
    if dialog is not None and dialog.kind in _WAITS_FOR_WORDS:
        return False
    if not inbound.reply_to or _is_new(route) or _QUESTION.fullmatch(route.brief):
        return False
    output_id = await _replied_to(ctx, inbound)
    if output_id is None:
        return False
    # What is quoted here was picked out of our own words.
    part = next((q.text for q in inbound.quoted if not q.forwarded), "")
    await _revise(ctx, output_id, route.brief, part)
    return True


async def followed(ctx: Ctx, route: Route) -> bool:
    """Take a short wish right after a piece as what should change in it."""
    if _is_new(route) or not is_wish(route.brief):
        return False
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    here = ctx.caller.conversation_id
    output_id = await revise_queries.just_shown(ctx.session, here, origin.inbox_id)
    if output_id is None:
        return False
    await _revise(ctx, output_id, route.brief, "")
    return True


def is_wish(text: str) -> bool:
    """Whether words can only be about something that stands there already."""
    return len(text.split()) <= MOST_WORDS and bool(_WISH.fullmatch(text.strip()))


def _is_new(route: Route) -> bool:
    return route.method in {"phrase", "command"}


async def _replied_to(ctx: Ctx, inbound: Inbound) -> UUID | None:
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    run_id = await deliveries.run_of(ctx.session, ctx.origin, inbound.reply_to)
    found = run_id and await revise_queries.of_run(ctx.session, run_id)
    if not found:
        return None
    if inbound.channel is ChannelName.SLACK:
        # A thread names the message it hangs on, whichever version is spoken of.
        return await revise_queries.newest(ctx.session, found)
    return found


async def _revise(ctx: Ctx, output_id: UUID, wish: str, part: str) -> None:
    raw = {
        "output_id": output_id,
        "instruction": wish.strip()[:MOST],
        "part": part[:MOST],
    }
    await invoke(revise_output, ctx, raw)
