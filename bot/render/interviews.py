"""Interviews in words: one question at a time, with its choices and the ways out."""

from dataclasses import replace
from textwrap import shorten
from uuid import UUID

from agent.catalog.sidecars import Question
from agent.clients import profile
from agent.mailroom.schemas import Choice, Message
from bot.render.words import name as shown


def question(step: Question, number: int, of: int) -> Message:
    """One question of a skill."""
    counted = f"({number} of {of}) {step.question}" if of > 1 else step.question
    text = f"{counted}\n\n_{step.why}_" if step.why else counted
    choices = [
        Choice(choice, "memory.answer", {"text": choice}, row=at // 2)
        for at, choice in enumerate(step.choices)
    ]
    if step.can_skip:
        instead = shorten(step.default, 24, placeholder="…")
        label = f"Skip ({instead})" if instead else "Skip"
        choices.append(Choice(label, "memory.answer", {"text": ""}, row=9))
    return Message(text, choices=tuple(choices))


def client_question(ask: profile.Question, name: str, opening: str) -> Message:
    """One question about a brand."""
    text = ask.ask.format(name=shown(name))
    text = f"({profile.number(ask)} of {len(profile.QUESTIONS)}) {text}"
    return Message(
        f"{opening}\n\n{text}" if opening else text,
        choices=(Choice("Skip", "memory.answer", {"text": ""}, row=9),),
    )


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
