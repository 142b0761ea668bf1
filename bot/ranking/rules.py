"""What the router knows of a skill: the words that call it, and what people say."""

from dataclasses import dataclass
from typing import NamedTuple

from agent.catalog.skillfile import SkillFile


@dataclass(frozen=True, slots=True)
class Rule:
    """A skill and the words that call it, as its folder lists them."""

    skill: str
    phrases: tuple[str, ...]
    hints: tuple[str, ...] = ()
    """Words that suggest the skill; few of them make the router ask."""
    handoffs: tuple[tuple[str, str], ...] = ()
    """Phrases that look like this skill's, and the skill they belong to."""
    examples: tuple[str, ...] = ()
    """Whole messages that mean this skill; the ranking learns from them."""
    near_misses: tuple[tuple[str, str], ...] = ()
    """Messages that sound like this skill, and the skill they belong to."""


class Learnt(NamedTuple):
    """A choice that somebody of the workspace made."""

    text: str
    skill: str


def rule(skill: SkillFile) -> Rule:
    """The words that call ``skill``, in every language it lists, and its examples."""
    said = skill.examples
    return Rule(
        skill.name,
        (*skill.triggers, *said.translations),
        skill.hints,
        tuple((handoff.phrase, handoff.to) for handoff in skill.handoffs),
        said.messages,
        tuple((miss.say, miss.to) for miss in said.near_misses),
    )
