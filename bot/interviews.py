"""A skill's questions to a person: asked one by one, answered in any order, left.

What the client's profile says already is not asked. Asides are heard before an answer
is taken: see ``bot.asides``. An interview is a row, and is gone on with from any chat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from agent.catalog import interview
from agent.catalog.plays import FROM_PROFILE
from agent.catalog.sidecars import Question
from agent.catalog.skillfile import SkillFile
from agent.clients import brands
from agent.ctx import Ctx
from agent.gate import invoke
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.memory.operations import answer
from agent.memory.resume_operations import Resumed
from agent.memory.schemas import Dialog
from agent.runs.operations import start_run
from bot import asides, handing, inputs, render, routing
from bot.answers import keep, reply
from bot.asides import Aside, Heard
from bot.brands import for_client, only_named
from bot.inputs import BRIEF
from bot.render import interviews as words
from bot.services import Services

MINUTES = 24 * 60
CLIENT = "_client"
"""Where it keeps whom that is for: the answers may name others."""
OF = "_of"
"""How many questions there were at the beginning."""
KNOWN = "_known"
"""Which of them the profile answered, apart by commas."""
_MOST_KNOWN = 500
"""Characters of a profile's fact that stand as an answer."""


async def begin_skill(
    services: Services, ctx: Ctx, skill: str, brief: str, *, kept: UUID | None
) -> bool:
    """Ask what a skill must know before it can work; False when it knows enough."""
    file = services.shelf.file(skill)
    if file is None:
        return False
    known = await _known(ctx, inputs.steps_of(file, brief))
    steps = [s for s in inputs.steps_of(file, brief) if s.key not in known]
    if not steps:
        return False
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="interview",
        step=steps[0].key,
        answers={
            BRIEF: brief,
            CLIENT: str(ctx.caller.client_id or ""),
            KNOWN: ",".join(known),
            **known,
            **routing.packed(ctx),
        },
        skill_id=services.shelf.refs[skill].id,
        subject_type="message",
        subject_id=kept or await keep(ctx),
    )
    await begin(services, ctx, dialog, file)
    return True


async def begin(
    services: Services, ctx: Ctx, dialog: Dialog, file: SkillFile, opening: str = ""
) -> None:
    """Ask what of a skill's questions ``dialog`` has no answer to."""
    steps = inputs.left(file, dialog)
    of = dialog.answers.get(OF) or str(len(steps))
    dialog = replace(dialog, step=steps[0].key, answers={**dialog.answers, OF: of})
    asked = _asked(dialog, file)
    told = opening or words.opened(file.title, _titles(dialog, file))
    message = replace(asked, text=f"{told}{asked.text}")
    at_once = inputs.is_offered(services, ctx, steps)
    opened = await ask_first(ctx, dialog, message, at_once=at_once)
    await inputs.show(services, ctx, replace(dialog, id=opened), file)


async def ask_first(
    ctx: Ctx, dialog: Dialog, message: Message, *, at_once: bool = False
) -> UUID:
    """Open a question to the person, with its ways out; its id."""
    opened = await conversations.ask(ctx.session, ctx.caller, dialog, minutes=MINUTES)
    asked = words.with_ways_out(message, opened, dialog.step, at_once=at_once)
    await reply(ctx, asked)
    return opened


async def take(services: Services, ctx: Ctx, dialog: Dialog, text: str) -> None:
    """Take a message as the answer to the open question, or as what else it is."""
    if whose := await only_named(ctx, text):
        dialog = _with(dialog, {CLIENT: str(whose.id)})
        await go_on(services, ctx, dialog, f"For **{render.name(whose.name)}**.\n\n")
        return
    file = services.shelf.of(dialog.skill_id)
    said = asides.heard(text, _answered(dialog, file)) if file else None
    if file is not None and said is not None:
        await _aside(services, ctx, dialog, said, file)
        return
    raw = {"dialog_id": str(dialog.id), "step": dialog.step, "text": text}
    await invoke(answer, ctx, raw)
    await go_on(services, ctx, _with(dialog, {dialog.step: text}))


async def go_on(
    services: Services, ctx: Ctx, dialog: Dialog, opening: str = ""
) -> None:
    """Ask the next question, or begin the work when there is none left."""
    file = services.shelf.of(dialog.skill_id)
    if file is None:
        await conversations.close(ctx.session, dialog.id, "abandoned")
        await reply(ctx, Message(words.GONE))
        return
    if steps := inputs.left(file, dialog):
        dialog = replace(dialog, step=steps[0].key)
        await conversations.move(ctx.session, dialog)
        message = _asked(dialog, file)
        message = replace(message, text=f"{opening}{message.text}")
        await reply(ctx, words.with_ways_out(message, dialog.id, dialog.step))
        return
    await conversations.close(ctx.session, dialog.id, "completed")
    told = inputs.steps_of(file, dialog.answers.get(BRIEF, ""))
    brief = interview.compose(dialog.answers.get(BRIEF, ""), dialog.answers, told)
    placed = routing.unpacked(_for_its_client(ctx, dialog), dialog.answers)
    if not await handing.start(placed, dialog, file.name, brief):
        kept = dialog.subject_id
        asked = {"skill": file.name, "brief": brief, "message_id": kept}
        await invoke(start_run, placed, asked)


async def resumed(services: Services, ctx: Ctx, found: Resumed) -> bool:
    """Go on here with an interview begun elsewhere; False: its skill is gone."""
    file = services.shelf.of(found.skill_id)
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="interview",
        step="",
        answers=found.interview,
        skill_id=found.skill_id,
        subject_type="message",
        subject_id=found.subject_id,
    )
    if file is None or not inputs.left(file, dialog):
        return False
    await begin(services, ctx, dialog, file, _so_far(dialog, file))
    return True


async def _aside(
    services: Services, ctx: Ctx, dialog: Dialog, said: Heard, file: SkillFile
) -> None:
    step = next(one for one in inputs.left(file, dialog) if one.key == dialog.step)
    answers: dict[str, str] = dict(dialog.answers)
    opening = ""
    match said.aside:
        case Aside.SKIP if step.can_skip:
            answers[step.key] = ""
        case Aside.SKIP:
            opening = words.NEEDED
        case Aside.ENOUGH:
            left = inputs.left(file, dialog)
            answers |= {one.key: "" for one in left if one.can_skip}
            opening = words.ONLY_THIS
        case Aside.BACK:
            answers, opening = _stepped_back(dialog, file)
        case Aside.CHANGE:
            answers, opening = _changed(dialog, said)
        case Aside.WHERE:
            opening = _so_far(dialog, file)
        case Aside.WHY:
            opening = words.explained(step)
    await go_on(services, ctx, replace(dialog, answers=answers), opening)


def _stepped_back(dialog: Dialog, file: SkillFile) -> tuple[dict[str, str], str]:
    answered = _answered(dialog, file)
    if not answered:
        return dict(dialog.answers), words.FIRST
    last = answered[-1]
    left = {k: v for k, v in dialog.answers.items() if k != last.key}
    return left, words.was(dialog.answers[last.key])


def _changed(dialog: Dialog, said: Heard) -> tuple[dict[str, str], str]:
    assert said.step is not None  # noqa: S101 - a change is of an answer
    key = said.step.key
    if said.value:
        told = words.noted(said.step, said.value, dialog.answers[key])
        return {**dialog.answers, key: said.value}, told
    left = {k: v for k, v in dialog.answers.items() if k != key}
    return left, words.was(dialog.answers[key])


def _so_far(dialog: Dialog, file: SkillFile) -> str:
    told = [(one, dialog.answers[one.key]) for one in _answered(dialog, file)]
    return words.so_far(file.title, told)


def _answered(dialog: Dialog, file: SkillFile) -> Sequence[Question]:
    """The questions that the person answered or skipped, in order."""
    known = dialog.answers.get(KNOWN, "").split(",")
    steps = inputs.steps_of(file, dialog.answers.get(BRIEF, ""))
    return [s for s in steps if s.key in dialog.answers and s.key not in known]


def _titles(dialog: Dialog, file: SkillFile) -> Sequence[str]:
    """What the profile told, by the questions' keys."""
    known = dialog.answers.get(KNOWN, "").split(",")
    steps = inputs.steps_of(file, dialog.answers.get(BRIEF, ""))
    return [step.key.replace("_", " ") for step in steps if step.key in known]


def _asked(dialog: Dialog, file: SkillFile) -> Message:
    """The question that is due, with its number."""
    left = inputs.left(file, dialog)
    of = int(dialog.answers.get(OF) or len(left))
    return words.question(left[0], max(1, of - len(left) + 1), of)


async def _known(ctx: Ctx, steps: Sequence[Question]) -> dict[str, str]:
    """Which questions the client's profile answers, and how."""
    if ctx.caller.client_id is None or not steps:
        return {}
    told = await brands.known(ctx.session, ctx.caller.client_id)
    found = {
        step.key: next(
            (told[f] for f in FROM_PROFILE.get(step.key, ()) if f in told), ""
        )
        for step in steps
    }
    return {key: fact[:_MOST_KNOWN] for key, fact in found.items() if fact}


def _with(dialog: Dialog, answers: Mapping[str, str]) -> Dialog:
    return replace(dialog, answers={**dialog.answers, **answers})


def _for_its_client(ctx: Ctx, dialog: Dialog) -> Ctx:
    if CLIENT not in dialog.answers:
        return ctx
    told = dialog.answers[CLIENT]
    return for_client(ctx, UUID(told) if told else None)
