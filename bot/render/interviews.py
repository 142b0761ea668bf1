"""Interviews in words: one question at a time, with its choices and the ways out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import shorten
from uuid import UUID

from agent.catalog.sidecars import Question
from agent.clients import profile
from agent.mailroom.schemas import Choice, Message
from bot.render.words import brief
from bot.render.words import name as shown

NEEDED = "This one I cannot do without.\n\n"
ONLY_THIS = "Only this one is missing, then I write.\n\n"
GONE = (
    "That skill is off here by now, or gone, so I ask no further. "
    "/skills lists what I can do."
)
NOTHING_ASKED = (
    "Nothing is asked here just now. Tell me what you need and I write it; "
    "/help shows what else I can do."
)
FIRST = "This is the first question.\n\n"
HOW = "_Any time: skip, back, or that's all._"
_ANSWER, _LISTED = 200, 80
"""Characters of an answer that is told again, alone or among others."""


def question(step: Question, number: int, of: int) -> Message:
    """One question of a skill."""
    counted = f"({number} of {of}) {step.question}" if of > 1 else step.question
    text = f"{counted}\n\n_{step.why}_" if step.why else counted
    if number == 1 and of > 1:
        text = f"{text}\n\n{HOW}"
    choices = [
        Choice(choice, "memory.answer", {"text": choice}, row=at // 2)
        for at, choice in enumerate(step.choices)
    ]
    if step.can_skip:
        instead = shorten(step.default, 24, placeholder="…")
        label = f"Skip ({instead})" if instead else "Skip"
        choices.append(Choice(label, "memory.answer", {"text": ""}, row=9))
    return Message(text, choices=tuple(choices))


def opened(title: str, topics: Sequence[str]) -> str:
    """What the questions are for, and what is not asked, since the profile says it."""
    heading = f"**{title}**\n\n"
    if not topics:
        return heading
    return f"{heading}From the profile I know already: {', '.join(topics)}.\n\n"


def was(answer: str) -> str:
    """What was answered before, to a question that is asked again."""
    said = f'You said: "{shorten(answer, _ANSWER, placeholder="…")}".'
    return f"{said if answer else 'You skipped this.'}\n\n"


def noted(step: Question, now: str, before: str) -> str:
    """An earlier answer is another one now."""
    instead = f', not "{shorten(before, _LISTED, placeholder="…")}"' if before else ""
    said = shorten(now, _LISTED, placeholder="…")
    topic = step.key.replace("_", " ").capitalize()
    return f'Noted. {topic}: "{said}"{instead}.\n\n'


def so_far(title: str, told: Sequence[tuple[Question, str]]) -> str:
    """Where an interview stands: what was answered."""
    if not told:
        return f"**{title}**: nothing is answered yet.\n\n"
    lines = [
        f"- {step.question} {shorten(said, _LISTED, placeholder='…') or '(skipped)'}"
        for step, said in told
    ]
    return f"**{title}**, so far:\n\n" + "\n".join(lines) + "\n\n"


def explained(step: Question) -> str:
    """A question made plainer: examples of answers, and what happens without one."""
    parts = [f"Likely answers: {', '.join(step.choices)}."] if step.choices else []
    if step.can_skip:
        instead = step.default.rstrip(".") or "a gap for you to fill in"
        parts.append(f"Say skip, and I go on with: {instead}.")
    else:
        parts.append("Your own words will do, however rough.")
    return " ".join(parts) + "\n\n"


def client_question(ask: profile.Question, name: str, opening: str) -> Message:
    """One question about a brand."""
    text = ask.ask.format(name=shown(name))
    text = f"({profile.number(ask)} of {len(profile.QUESTIONS)}) {text}"
    return Message(
        f"{opening}\n\n{text}" if opening else text,
        choices=(Choice("Skip", "memory.answer", {"text": ""}, row=9),),
    )


def whose(clients: Sequence[tuple[UUID, str]], asked: Mapping[str, str]) -> Message:
    """A piece is for a client, and none was named; ``asked`` is done for the chosen."""
    choices = [
        Choice(brief(called, 40), "runs.start", _for(asked, client_id), row=at // 2)
        for at, (client_id, called) in enumerate(clients)
    ]
    row = len(choices)
    new = Choice("New client", "clients.new", ask=True, row=row)
    without = Choice("Without one", "runs.start", _for(asked, None), row=row)
    said = (
        "Whom is it for? A client's profile gives me its voice, proof and prices. "
        "I ask this once."
    )
    return Message(said, choices=(*choices, new, without))


def _for(asked: Mapping[str, str], client_id: UUID | None) -> dict[str, str | None]:
    return {**asked, "client_id": str(client_id) if client_id else None}


def with_ways_out(
    message: Message, dialog_id: UUID, step: str, *, at_once: bool = False
) -> Message:
    """The same, which its buttons answer or leave."""
    ref = {"dialog_id": str(dialog_id)}
    choices = [
        replace(choice, params={**choice.params, **ref, "step": step})
        for choice in message.choices
    ]
    if at_once:
        choices.append(Choice("Answer all at once", "memory.fill", ref, row=9))
    choices.append(Choice("Leave it", "memory.leave", ref, row=9))
    return replace(message, choices=tuple(choices))
