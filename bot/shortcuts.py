"""What Slack's own menus and the page begin: a form, and what comes of it.

The form is opened at once, while its trigger is good. What was brought along (a
message that shall be the brief) waits in its inbox row until the form comes back:
whoever closes the form has asked for nothing, and nothing is kept of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from agent.clients.brands import ensure_in_use
from agent.clients.operations import edit_client, list_clients, new_client
from agent.clients.profile import QUESTIONS
from agent.clients.schemas import Chosen
from agent.ctx import Caller, Ctx, Origin
from agent.errors import AgentError
from agent.gate import ensure_role, invoke
from agent.llm.prompt import wrap_outside
from agent.mailroom import asking_queries
from agent.mailroom.schemas import Claimed, Message
from agent.memory import conversations
from agent.memory.operations import focus
from agent.runs.operations import start_run
from bot import brands, dialogs, doorman, home, inputs, interviews, render
from bot.answers import keep, reply
from bot.render import shortcuts as words
from bot.render.shortcuts import AUTO, CLIENT, NONE, PIECE
from bot.router import Route
from bot.routing import passed_on, with_press, with_route
from bot.services import Services
from channels.abilities import Reaches
from channels.contract import ChatKind, Inbound, Outgoing, Quoted
from channels.forms import Form, OpensForms

PREFIX = "shortcut:"
USE_AS_BRIEF, NEW_PIECE, NEW_CLIENT = "use_as_brief", "new_piece", "new_client"
ASSISTANT = "assistant"
CLOSED = "Those questions are closed by now. Just write what you need."
CLIENTS, OFFERED = 90, 4
"""Clients to choose from: Slack takes a hundred; skills offered where no form opens."""


def is_one(inbound: Inbound) -> bool:
    """Whether an entry of a menu was used, or a button that stands for one."""
    return inbound.pressed.startswith(PREFIX)


async def placed(
    services: Services, item: Claimed, inbound: Inbound
) -> tuple[Claimed, Inbound]:
    """The same, in our conversation with the person, where it was done in no chat."""
    door: object = services.channels.get(inbound.channel)
    if inbound.chat != inbound.sender or not isinstance(door, Reaches):
        return item, inbound
    chat = await door.direct(inbound.account, inbound.sender)
    if not chat:
        return item, inbound
    async with services.as_role("worker") as session:
        who = await asking_queries.sender_in(
            session,
            channel=inbound.channel,
            account=inbound.account,
            team=doorman.team_of(inbound),
            sender=inbound.sender,
            chat=chat,
        )
    return replace(item, sender=who), replace(inbound, chat=chat)


async def used(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> None:
    """Open the form that was asked for; where it does not open, ask in the chat.

    Raises:
        Forbidden: The caller only looks on here.
    """
    ensure_role(caller, start_run.role)
    name = inbound.pressed.removeprefix(PREFIX)
    async with services.ctx(caller, origin) as ctx:
        form = await _form(services, ctx, inbound, name)
    if form is None or await _opened(services, origin, form):
        return
    async with services.ctx(caller, origin) as ctx:
        is_private = inbound.chat_kind is ChatKind.PRIVATE
        here = await conversations.ensure(
            ctx.session, ctx.caller, is_private=is_private
        )
        there = replace(ctx, caller=replace(ctx.caller, conversation_id=here))
        await _instead(services, there, name, inbound)


async def _form(
    services: Services, ctx: Ctx, inbound: Inbound, name: str
) -> Form | None:
    given: dict[str, Any] = {"home": True} if "home" in inbound.extra else {}
    if name == NEW_CLIENT:
        return words.new_client(json.dumps(given), {})
    if name not in {USE_AS_BRIEF, NEW_PIECE}:
        return None
    said = "\n\n".join(each.text for each in inbound.quoted)
    route = services.router.route(said) if said else None
    guess = route.skill if route and route.method == "phrase" else AUTO
    there = await invoke(list_clients, ctx, {"limit": CLIENTS})
    clients = [(str(line.client_id), line.name) for line in there.lines]
    asked = words.piece(_skills(services), clients, guess)
    if name == NEW_PIECE or not said:
        return words.new_piece(asked, json.dumps(given))
    assert ctx.origin is not None  # noqa: S101 - a press has one
    given["inbox"] = str(ctx.origin.inbox_id)
    return words.use_message(asked, json.dumps(given), said)


def _skills(services: Services) -> list[tuple[str, str]]:
    listed = ((name, file.title) for name, file in services.shelf.files.items())
    return sorted(listed, key=lambda one: one[1])


async def _opened(services: Services, origin: Origin, form: Form) -> bool:
    door: object = services.channels.get(origin.channel)
    if not isinstance(door, OpensForms):
        return False
    at = Outgoing(
        origin.account, origin.chat, "", thread=origin.thread, extra=origin.extra
    )
    return await door.open_form(form, at)


async def _instead(services: Services, ctx: Ctx, name: str, inbound: Inbound) -> None:
    if name == NEW_CLIENT:
        await reply(ctx, words.late_client())
    elif name == USE_AS_BRIEF and inbound.quoted:
        kept = await keep(ctx)
        found = services.router.route(inbound.quoted[0].text)
        likely = [one for one in (found.skill, *found.alternatives) if one != ASSISTANT]
        first = [(n, t) for n in likely for name, t in _skills(services) if n == name]
        rest = [one for one in _skills(services) if one not in first]
        offered = [*first, *rest][:OFFERED]
        await reply(ctx, words.late_message(offered, str(kept)))
    else:
        await reply(ctx, words.late_piece())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a form for a piece came back with."""

    skill: str
    client: str
    note: str
    quoted: tuple[Quoted, ...]

    @property
    def brief(self) -> str:
        """What is asked, in the person's name."""
        what = words.USE_IT if self.quoted else ""
        return "\n\n".join(filter(None, (self.note, what)))

    @property
    def told(self) -> str:
        """What is kept as said: the material is marked."""
        marked = [wrap_outside(one.text, one.source) for one in self.quoted]
        return "\n\n".join(filter(None, (self.brief, *marked)))


async def submitted(services: Services, ctx: Ctx, inbound: Inbound) -> bool:
    """Do what a form of ours came back for; False when it is another's."""
    given = json.loads(inbound.extra.get("given") or "{}")
    if inbound.pressed == PIECE:
        said = await _start(services, ctx, inbound, given)
    elif inbound.pressed == CLIENT:
        said = await _add_client(services, ctx, inbound, given)
    elif inbound.pressed == inputs.NAME:
        said = await _go_on(services, ctx, inbound, given)
    else:
        return False
    if given.get("home"):
        home.note(ctx, said)
    return True


async def _start(
    services: Services, ctx: Ctx, inbound: Inbound, given: Mapping[str, Any]
) -> str:
    answers = inbound.answers
    asked = _Asked(
        skill=answers.get("skill", AUTO),
        client=answers.get("client", AUTO),
        note=conversations.redact(answers.get("brief", "").strip()),
        quoted=await _material(services, inbound, given),
    )
    assert ctx.origin is not None  # noqa: S101 - a form was sent from somewhere
    quoted = tuple((one.source, one.text) for one in asked.quoted)
    origin = replace(ctx.origin, text=asked.told, quoted=quoted)
    ctx, skill = _routed(services, replace(ctx, origin=origin), asked)
    whom = await _whom(ctx, asked)
    if whom.open and not asked.quoted:
        kept = await keep(ctx)
        then = {"skill": skill, "message_id": str(kept)}
        await whom.ask({**then, **passed_on(whom.ctx)})
        return home.IN_MESSAGES
    # What a message is the brief for is not asked about before it was read.
    if asked.quoted or not await interviews.begin_skill(
        services, whom.ctx, skill, asked.brief, kept=None
    ):
        await invoke(start_run, whom.ctx, {"skill": skill, "brief": asked.brief})
        return "I am on it. It comes in **Messages**."
    return "I have a question first, in **Messages**."


def _routed(services: Services, ctx: Ctx, asked: _Asked) -> tuple[Ctx, str]:
    if asked.skill != AUTO and services.shelf.file(asked.skill) is not None:
        return with_press(ctx, asked.skill, asked.brief), asked.skill
    route: Route = services.router.route(asked.note)
    is_sure = route.method in {"phrase", "command"}
    return with_route(ctx, route), route.skill if is_sure else ASSISTANT


async def _whom(ctx: Ctx, asked: _Asked) -> brands.Reading:
    if asked.client == NONE:
        return brands.Reading(brands.for_client(ctx, None))
    if asked.client != AUTO:
        client_id = UUID(asked.client)
        await ensure_in_use(ctx.session, client_id)
        return brands.Reading(brands.for_client(ctx, client_id))
    return await brands.read(ctx, asked.note)


async def _material(
    services: Services, inbound: Inbound, given: Mapping[str, Any]
) -> tuple[Quoted, ...]:
    """The message that the form was opened on: of this very person's own choosing."""
    if not given.get("inbox"):
        return ()
    async with services.as_role("worker") as session:
        told = await asking_queries.quoted(
            session,
            UUID(given["inbox"]),
            channel=inbound.channel,
            account=inbound.account,
            sender=inbound.sender,
        )
    return tuple(Quoted(**one) for one in told)


async def _go_on(
    services: Services, ctx: Ctx, inbound: Inbound, given: Mapping[str, Any]
) -> str:
    """Go on with a skill's questions, all of which were answered at once."""
    dialog_id = UUID(given["dialog"])
    if not await dialogs.filled(services, ctx, dialog_id, inbound.answers):
        await reply(ctx, Message(CLOSED))
    return home.IN_MESSAGES


async def _add_client(
    services: Services, ctx: Ctx, inbound: Inbound, given: Mapping[str, Any]
) -> str:
    said = {name: text.strip() for name, text in inbound.answers.items()}
    assert ctx.origin is not None  # noqa: S101 - as above
    try:
        async with ctx.session.begin_nested():
            client, told = await _write_client(ctx, said)
    except AgentError as refused:
        form = words.new_client(json.dumps(dict(given)), said, refused.said)
        if not await _opened(services, ctx.origin, form):
            await reply(ctx, render.refusal(refused))
        return refused.said
    text = f"New client: {client.name}"
    await keep(replace(ctx, origin=replace(ctx.origin, text=text)))
    await reply(ctx, words.client_added(client.client_id, client.name, told))
    return f"**{render.name(client.name)}** is added."


async def _write_client(ctx: Ctx, said: Mapping[str, str]) -> tuple[Chosen, int]:
    """The brand, and how many things were told of it."""
    made = await invoke(new_client, ctx, {"name": said.get("name", "")})
    await invoke(focus, ctx, {"name": made.name})
    told = [one.field for one in QUESTIONS if said.get(one.field)]
    for field in told:
        fact = {"client_id": made.client_id, "part": field, "text": said[field]}
        await invoke(edit_client, ctx, fact)
    return made, len(told)
