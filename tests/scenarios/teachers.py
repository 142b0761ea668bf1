"""A team that teaches one skill, and a model that lets itself be taught.

``shelf`` makes the skill; ``Pupil`` answers every call as the prompt has it: a piece
is stiff until a rule says otherwise, a judge likes what is not stiff.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.agent.catalog.making import HEAD, make
from tests.scenarios.people import Person, Seen, until
from tests.standins.anthropic import Reply

RULES = """\
# Rules: kettles

| id | severity | check | rule | why |
|---|---|---|---|---|
| K01 | must | `code: max-words 60` | It has 60 words at most. | Short is kind. |
| K02 | should | judge | It says how hot the water is. | Tea differs from coffee. |
"""
STIFF = "Kindly be advised that the kettle shall be boiled to 95 degrees herewith."
PLAIN = "Boil your kettle to 95 degrees and pour right away."
LEARNT = "The tone is that of a friendly neighbour, in everyday words."
DRAFT = f"""\
change: add
code: none
severity: should
check: judge
rule: {LEARNT}
why: Stiff language keeps readers away.
"""
ASK = "boil the kettle for {}"


def shelf(root: Path) -> Path:
    """A folder of skills with one in it, which has rules."""
    make(root, head={**HEAD, "type": "with_rules"}, files={"RULES.md": RULES})
    return root


def text_of(body: dict[str, Any]) -> str:
    """All that a call says: system, and turns."""
    parts = [body.get("system", []), *(turn["content"] for turn in body["messages"])]
    return "\n".join(_plain(part) for part in parts)


def _plain(part: Any) -> str:
    if isinstance(part, str):
        return part
    return "\n".join(one.get("text", "") for one in part)


async def complains(person: Person, ask: str, why: str) -> None:
    """Ask for a piece, score it low, and say why in one's own words."""
    before = len(_pieces(person))
    await person.writes(ask)
    await until(lambda: len(_pieces(person)) > before, ask, person.patience_s)
    piece = _pieces(person)[-1]
    await person.presses("2", piece)
    await person.sees_change(piece, "What was off")
    thanks = len(_thanks(person))
    await person.writes(why)
    await until(lambda: len(_thanks(person)) > thanks, why, person.patience_s)


def _pieces(person: Person) -> list[Seen]:
    return [one for one in person.chat() if one.has(STIFF) and "2" in one.buttons]


def _thanks(person: Person) -> list[Seen]:
    return [one for one in person.chat() if one.has("Thanks, noted")]


@dataclass
class Pupil:
    """Answers each call by what it asks; ``drafts`` come in turn, the last for good."""

    drafts: list[str] = field(default_factory=lambda: [DRAFT])
    judges: str = ""
    """What the judge says instead of scores."""
    asked: list[str] = field(default_factory=list)

    def __call__(self, body: dict[str, Any]) -> Reply:
        """The answer."""
        said = text_of(body)
        for marker, kind in (
            ("check one finished text against one rule", "check"),
            ("those that complain of the same fault", "group"),
            ("You keep the rules that a skill's pieces", "draft"),
            ("Two texts were written for the same request", "judge"),
        ):
            if marker in said:
                self.asked.append(kind)
                return Reply(getattr(self, f"_{kind}")(said))
        self.asked.append("piece")
        return Reply(f"# Kettles\n\n{PLAIN if LEARNT in said else STIFF}")

    def _check(self, said: str) -> str:
        del said
        return "KEPT\nIt does."

    def _group(self, said: str) -> str:
        numbers = re.findall(
            r'^(\d+)\. <outside id="\w+" source="complaint', said, re.MULTILINE
        )
        return f"group: {', '.join(numbers)} | stiff tone"

    def _draft(self, said: str) -> str:
        del said
        return self.drafts.pop(0) if len(self.drafts) > 1 else self.drafts[0]

    def _judge(self, said: str) -> str:
        if self.judges:
            return self.judges
        first, _, second = said.partition('source="the second text"')
        first = first.rpartition('source="the first text"')[2]
        return f"first: {_score(first)}\nsecond: {_score(second)}"


def _score(text: str) -> int:
    return 4 if PLAIN in text else 3
