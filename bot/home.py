"""A person's page beside our conversation: put together, kept, shown.

It is no message: the door shows it as a whole, each time anew, and doing that twice
does no harm. What is kept is what its buttons do, in a row that only its person sees.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import structlog
from pydantic import BaseModel
from sqlalchemy import RowMapping

from agent.ctx import Caller, Ctx, Origin
from agent.gate import invoke
from agent.mailroom import home_queries
from agent.mailroom.schemas import Choice, Message, Place
from agent.runs import desk_queries, output_queries
from agent.runs.operations import show_status
from agent.runs.schemas import Ended, Scored
from bot import dialogs, render
from bot.answers import reply
from bot.render import home as words
from bot.render.home import Desk, Part
from bot.services import Services
from channels.abilities import Home, Row, ShowsHome
from channels.contract import Button, Inbound, SendError

DUE, LATEST = 5, 8
"""Pieces to rate and runs on a page: two screens at most."""
KEY, PAGE, NOTE = "home:", "page", "home"

IN_MESSAGES = "It is in **Messages**, above."
WHY = "You gave {piece} {score} of 5. What should be better? Write it here."

log = structlog.get_logger()


async def show(
    services: Services, caller: Caller, origin: Origin, user: str, note: str = ""
) -> None:
    """Show the person what is theirs; nothing where the door has no such page.

    ``user``: as the messenger names them. ``note``: what they just did, in a line.
    """
    door = _door(services, origin)
    if door is None:
        return
    async with services.ctx(caller, origin) as ctx:
        parts = words.page(await _desk(ctx), note)
        page_id = await _keep(ctx, origin, parts)
    page = Home(tuple(_rows(parts, page_id)), origin.chat)
    try:
        await door.show_home(origin.account, user, page)
    except SendError as failure:
        log.warning("home.not_shown", reason=str(failure))
        async with services.ctx(caller, origin) as ctx:
            await home_queries.failed(ctx.session, page_id, str(failure))


async def show_stranger(services: Services, origin: Origin, user: str) -> None:
    """Show somebody we do not know how they get in."""
    door = _door(services, origin)
    if door is None:
        return
    page = Home(tuple(_rows(words.for_stranger(), None)), origin.chat)
    try:
        await door.show_home(origin.account, user, page)
    except SendError as failure:
        log.warning("home.not_shown", reason=str(failure))


def note(ctx: Ctx, said: str) -> None:
    """Have the page say so, once the transaction of ``ctx`` stands."""
    ctx.session.info[NOTE] = said


async def refresh(services: Services, ctx: Ctx, inbound: Inbound) -> None:
    """Show the page anew with what ``note`` kept, if it kept anything."""
    said = ctx.session.info.get(NOTE)
    if said is not None and ctx.origin is not None:
        await show(services, ctx.caller, ctx.origin, inbound.sender, said)


def is_page(delivery: RowMapping) -> bool:
    """Whether a button was pressed on somebody's page."""
    return bool(delivery["payload"].get(PAGE))


async def done(ctx: Ctx, result: BaseModel) -> str:
    """What follows from a press on the page, where answers have their own place."""
    match result:
        case Scored(score=score) if score > render.LOW_SCORE:
            return f"Thanks! {score} of 5."
        case Scored(score=score):
            ref = {"output_id": str(result.output_id), "overall": score}
            detail = Choice("In detail", "runs.review", ref, ask=True)
            await reply(ctx, Message(await _why(ctx, result), choices=(detail,)))
            await dialogs.begin_review(ctx, result.output_id)
            return (
                f"{score} of 5, noted. What should be better? Tell me in **Messages**."
            )
        case Ended():
            return render.result(result).text
    await dialogs.follow(ctx, result)
    return IN_MESSAGES


async def _why(ctx: Ctx, scored: Scored) -> str:
    row = await output_queries.output(ctx.session, scored.output_id)
    piece = f"**{render.name(row['title'])}** (#{row['number']})" if row else "it"
    return WHY.format(piece=piece, score=scored.score)


def _door(services: Services, origin: Origin) -> ShowsHome | None:
    door: object = services.channels.get(origin.channel)
    return door if isinstance(door, ShowsHome) else None


async def _desk(ctx: Ctx) -> Desk:
    me = ctx.caller.user_id
    return Desk(
        due=await desk_queries.unscored(ctx.session, me, DUE),
        latest=await desk_queries.latest(ctx.session, me, LATEST),
        status=await invoke(show_status, ctx, {}),
    )


async def _keep(ctx: Ctx, origin: Origin, parts: Sequence[Part]) -> UUID:
    choices = tuple(choice for part in parts for choice in part.choices)
    place = Place(origin.channel, origin.account, replace(origin, thread="").recipient)
    kept = Message("(the page)", choices=choices).payload({}) | {PAGE: True}
    key = f"{KEY}{origin.key}"
    return await home_queries.keep(ctx.session, ctx.caller, place, kept, key=key)


def _rows(parts: Sequence[Part], page_id: UUID | None) -> list[Row]:
    rows, at = [], 0
    for part in parts:
        begun = tuple(Button(label, payload) for label, payload in part.starters)
        done = tuple(
            Button(choice.label, f"{page_id}:{at + n}")
            for n, choice in enumerate(part.choices)
        )
        at += len(part.choices)
        rows.append(Row(part.heading, part.text, part.small, (*begun, *done)))
    return rows
