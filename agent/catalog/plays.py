"""What the rehearsal model plays for one request to one skill."""

import json
from collections.abc import Mapping

from agent.catalog import interview, layout
from agent.catalog.sidecars import Question
from agent.catalog.skillfile import SkillFile
from agent.llm.prompt import Task, build
from agent.llm.rehearsal import LABEL
from agent.llm.rehearsal.model import draft
from agent.llm.script import Play

FROM_PROFILE: Mapping[str, tuple[str, ...]] = {
    "offer": ("offer",),
    "proof": ("proof",),
    "voice": ("voice", "manner"),
    "price": ("price", "terms"),
    "rivals": ("differences",),
    "audience": ("audience",),
    "site": ("site",),
}
"""Placeholder -> the profile's facts that fill it, the best first."""

WHAT = Question(
    key="ask",
    question="What should I write? Say the product, for whom, and where it will stand.",
    why="",
    default="",
    can_skip=False,
    choices=(),
)
"""Asked when a skill is called with nothing to go on."""


def play(file: SkillFile, brief: str, profile: Mapping[str, str]) -> Play:
    """The skill's script for ``brief``; ``profile``: the client's facts by field."""
    steps = file.questions.steps
    words, answers = interview.apart(brief, (*steps, WHAT))
    words = "\n".join(filter(None, (words, answers.pop(WHAT.key, ""))))
    # A default that was written down is assumed, not said.
    assumed = {step.key: step.default for step in steps if step.default}
    said = {key: told for key, told in answers.items() if told != assumed.get(key)}
    return Play(
        script=file.rehearsal,
        outline=file.template,
        rows=file.result.rows if file.result else "",
        words=words,
        answers=said,
        known=assumed | _known(profile),
    )


def _known(profile: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: next((profile[field] for field in fields if field in profile), "")
        for name, fields in FROM_PROFILE.items()
    }
    return {name: text.split("\n")[0] for name, text in found.items() if text}


def piece(
    file: SkillFile,
    brief: str,
    client: str = "",
    profile: Mapping[str, str] | None = None,
) -> str:
    """The Markdown that a rehearsal makes of ``brief``, without its label.

    ``client`` is the client's name, ``profile`` what is known of it, by field.
    """
    task = Task(
        brief, skill=file.name, client=client, play=play(file, brief, profile or {})
    )
    said = draft(build(task))
    if file.result is not None and file.rehearsal.data is not None:
        return layout.markdown(file.result.schema, json.loads(said))
    return said.removeprefix(f"> {LABEL}\n\n")
