"""Commands as people type them, in every messenger.

``/client new Acme``, ``/draper client new Acme`` (where the messenger gives an app one
command) and ``/client_new Acme`` (Telegram's menu allows no space) are the same. The
catalogue says which commands there are; /help and the menus are read from it too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from agent.identity.help_operations import Topic
from agent.operation import Command, Surface
from agent.registry import AnyOperation, on
from bot.surfaces.topics import topic_of

PREFIX = "draper"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that was understood."""

    op: AnyOperation
    raw: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One command in a list: how it is typed, and what it does."""

    usage: str
    summary: str
    topic: Topic


BUILT_IN = (Line("/start", "Say hello and see how to begin.", Topic.YOU),)

A_SKILL = "copywriting"
"""The skill by which /help shows that skills are called by their names."""


ONE_COMMAND = frozenset({"slack"})
"""Messengers where all commands are words after the one we have."""

_COMMANDS = re.compile(
    r"(?<![\w/])/({})\b".format(
        "|".join(
            sorted(
                {"start", A_SKILL}
                | {op.command.words.split()[0] for op in on(Surface.CHAT) if op.command}
            )
        )
    )
)


_SAID = [
    (op, re.compile(pattern, re.IGNORECASE))
    for op in on(Surface.CHAT)
    if op.command
    for pattern in op.command.says
]

_TYPED = re.compile(r"/(?P<first>\S+)\s*(?P<rest>.*)", re.DOTALL)


def words(text: str) -> str | None:
    """The command without slash, prefix and bot name; None when it is no command."""
    typed = _TYPED.fullmatch(text.strip())
    if typed is None:
        return None
    first, rest = typed["first"].casefold().partition("@")[0], typed["rest"]
    if first == PREFIX:
        return rest.removeprefix("/") or "help"
    return f"{first} {rest}".strip()


def read(said: str) -> Typed | None:
    """The operation that ``said`` (from ``words``) asks for, and its raw parameters."""
    command, _, rest = said.partition(" ")
    spaced = f"{command.replace('_', ' ').replace('-', ' ')} {rest}"
    found: tuple[str, Typed] | None = None
    for words, op, declared in _longest_first():
        # People's blanks and line breaks between the words are all the same.
        pattern = r"\s+".join(words.split()) + r"(?!\S)"
        begun = re.match(pattern, spaced, re.IGNORECASE)
        if begun is None or (found and found[0] != words):
            continue
        tail = spaced[begun.end() :].strip()
        found = words, Typed(op, _arguments(declared, tail))
        if not _wants_a_number(declared, tail):
            break
    return found[1] if found else None


def _wants_a_number(declared: Command, tail: str) -> bool:
    """Whether what follows is no number where one is meant: another may mean it."""
    said = tail.lstrip("#")
    return bool(said) and declared.takes == ("number",) and not said[0].isdigit()


def heard(text: str) -> Typed | None:
    """The operation that plain words ask for, when all of them do."""
    plain = " ".join(text.split()).rstrip(" .!?")
    for op, pattern in _SAID:
        if found := pattern.fullmatch(plain):
            given = {name: said for name, said in found.groupdict().items() if said}
            return Typed(op, given)
    return None


def as_typed(text: str, channel: str) -> str:
    """Our words about commands, with each command as this messenger takes it."""
    if channel not in ONE_COMMAND:
        return text
    return _COMMANDS.sub(rf"/{PREFIX} \1", text)


SIMPLE = ("skills", "status", "outputs", "settings")
"""What most people need, in this order; all there is in simple mode."""


def lines(*, simple: bool = False) -> list[Line]:
    """Every command, for /help; of the ``simple`` mode, the four that it shows."""
    typed = {
        op.command.words: Line(usage(op), _first_sentence(op), topic_of(op))
        for op in on(Surface.CHAT)
        if op.command
    }
    if simple:
        return [typed[words] for words in SIMPLE]
    return [*BUILT_IN, *typed.values()]


def menu() -> list[tuple[str, str]]:
    """The messenger's own menu: ``(name, description)``, name without slash."""
    shown = [
        (op.command.words.replace(" ", "_"), _first_sentence(op))
        for op in on(Surface.CHAT)
        if op.command and op.command.in_menu
    ]
    shown.sort(key=lambda one: one[0] != "help")  # what tells of the rest comes first
    return [*((line.usage[1:], line.summary) for line in BUILT_IN), *shown]


def nearest(said: str, skills: list[str]) -> str | None:
    """The command or skill a misspelt one may have meant."""
    known = [op.command.words.split()[0] for op in on(Surface.CHAT) if op.command]
    first = said.split(maxsplit=1)[0] if said.split() else ""
    found = get_close_matches(first, [*known, *skills, "start"], n=1)
    return found[0] if found else None


def _longest_first() -> list[tuple[str, AnyOperation, Command]]:
    found = [
        (words, op, op.command)
        for op in on(Surface.CHAT)
        if op.command
        for words in (op.command.words, *op.command.also)
    ]
    return sorted(found, key=lambda one: -len(one[0]))


def _arguments(declared: Command, tail: str) -> dict[str, object]:
    if not declared.takes or not tail:
        return {}
    *firsts, last = declared.takes
    parts = tail.split(maxsplit=len(firsts))
    raw: dict[str, object] = dict(zip((*firsts, last), parts, strict=False))
    if "number" in raw:
        raw["number"] = str(raw["number"]).lstrip("#")
    return raw


def usage(op: AnyOperation) -> str:
    """How a command is typed."""
    assert op.command is not None  # noqa: S101 - CHAT and a command go together
    fields = op.params.model_fields
    takes = "".join(
        f" <{name}>" if fields[name].is_required() else f" [{name}]"
        for name in op.command.takes
    )
    return f"/{op.command.words}{takes}"


def _first_sentence(op: AnyOperation) -> str:
    first, _, _ = op.summary.partition("\n")
    return first
