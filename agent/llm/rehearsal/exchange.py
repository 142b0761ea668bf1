"""What a rehearsal makes of a question it was told to ask, and of what came back.

A brief with ``[ask: Which tone? | warm | plain]`` has the rehearsal ask, once for each
such mark; it never asks otherwise. Its first choice is the default.
"""

import re
from dataclasses import dataclass
from textwrap import shorten

from agent.llm.port import Prompt, ToolUse, Turn

_MARK = re.compile(r"\[ask:\s*([^\]|]+?)\s*((?:\|[^\]|]+)*)\]", re.IGNORECASE)
_ASKS = "ask_person"
_LABEL = "Rehearsal question:"
_TOLD = 160
"""Characters of what came back; another take quotes those before it at length."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The brief, and what has been said about it since."""

    brief: str
    question: ToolUse | None
    """What is to be asked now, if anything."""
    answers: tuple[str, ...]
    wishes: tuple[str, ...]
    """What earlier drafts were sent back with."""

    def noted(self, body: str) -> str:
        """The body below what came back, where all can see that it was heard."""
        notes = [f"_Answered: {_told(answer)}_" for answer in self.answers]
        notes += [f"_Sent back with: {_told(wish)}_" for wish in self.wishes]
        return "\n\n".join([*notes, body])


def hear(prompt: Prompt) -> Exchange:
    """Return the brief of ``prompt`` and what followed it."""
    brief, since = _parted(prompt)
    pairs = list(zip(since[::2], since[1::2], strict=False))
    answers = [said.text for ours, said in pairs if ours.text.startswith(_LABEL)]
    wishes = [said.text for ours, said in pairs if not ours.text.startswith(_LABEL)]
    asks = any(tool.name == _ASKS for tool in prompt.tools) and prompt.may_use_tools
    asks = asks and bool(prompt.metadata.get("asks", "yes"))
    marks = _MARK.findall(brief) if asks else []
    due = marks[len(answers) :]
    use = _use(*due[0], number=len(answers) + 1) if due else None
    return Exchange(unmarked(brief), use, tuple(answers), tuple(wishes))


def _told(words: str) -> str:
    return shorten(words, _TOLD, placeholder=" ...")


def _parted(prompt: Prompt) -> tuple[str, tuple[Turn, ...]]:
    if not prompt.turns:
        return "", ()
    since = len(prompt.turns) - int(prompt.metadata.get("exchanged", "0"))
    worked = int(prompt.metadata.get("worked", "0"))
    return prompt.turns[since - worked - 1].text, prompt.turns[since:]


def unmarked(brief: str) -> str:
    """A brief without what it has the rehearsal ask."""
    return _MARK.sub("", brief)


def _use(asked: str, offered: str, *, number: int) -> ToolUse:
    choices = [choice.strip() for choice in offered.split("|") if choice.strip()]
    given = {
        "question": f"{_LABEL} {asked}",
        "choices": choices[:4],
        "default": choices[0] if choices else "what seems best",
    }
    return ToolUse(f"rehearsal_{number}", _ASKS, given)
