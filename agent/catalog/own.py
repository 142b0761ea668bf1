"""A skill out of three answers: what it delivers, must know, and never does.

Plain and predictable: the person's own words in the files of a skill. Where a model is
at hand it has sharpened some of them before, see ``Sharpened``.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import yaml

from agent.errors import BadInput

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
LONGEST_NAME = 40
MOST_QUESTIONS = 6
MOST_RULES = 12
THIN_BELOW = 8
"""Words of a brief below which the questions are put."""

_NOTHING = re.compile(r"(?i)\W*(?:nothing|none|no|n/?a|-|skip)?\W*")
_PARTS = re.compile(r"\s*(?:\n+|;)\s*")
_BULLET = re.compile(r"^(?:[-*•]|\d+[.)])\s+")
_GAP = re.compile(r"\{\{?\s*([^{}\n]{1,40}?)\s*\}?\}|\$\{?([A-Za-z_]\w{0,39})\}?")
_COUNT = r"(?P<n>\d{1,4}) (?P<unit>words?|characters?|hashtags?|emojis?|links?)"
_MOST = re.compile(
    r"(?i)(?:at most|under|max(?:imum)?(?: of)?|(?:no|not|never) more than|up to) "
    + _COUNT
)
_NO = re.compile(
    r"(?i)^(?:never|no|without|avoid)(?: (?:use|any))*"
    r" (?P<unit>hashtags?|emojis?|links?|exclamation marks?)$"
)
_CHECKS = {
    "word": "max-words",
    "character": "max-chars",
    "hashtag": "max-hashtags",
    "emoji": "max-emoji",
    "link": "max-links",
    "exclamation mark": "max-exclamations",
}


class OpenPlaceholder(BadInput):
    """The text has a gap that no question fills."""

    code = "open_placeholder"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name it, and what is asked for."""
        asked = f"It asks for: {', '.join(known)}." if known else "It asks for nothing."
        super().__init__(
            f"Nothing fills {{{name}}}: no question asks for it. {asked}",
            hint=f"Say under what it must know: {name}. Or take {{{name}}} out.",
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said a skill of theirs should be."""

    name: str
    about: str
    """What it is for, in a line; may be empty."""
    delivers: str
    """What comes out, with an example of a good one."""
    knows: str = ""
    """What it has to be told each time, one a line or with semicolons."""
    never: str = ""
    """What it must never do, or always keep to, likewise."""

    @property
    def title(self) -> str:
        """Its name as people write it."""
        words = self.name.replace("-", " ")
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Sharpened:
    """What a model made clearer; empty where none was asked."""

    method: str = ""
    """Numbered steps, in Markdown."""
    template: str = ""
    """The form of the piece, with <gaps>."""
    phrases: tuple[str, ...] = ()


def parts(answer: str) -> tuple[str, ...]:
    """The entries of an answer, one a line or with semicolons; none for "nothing"."""
    if _NOTHING.fullmatch(answer):
        return ()
    found = (_BULLET.sub("", part).strip(" .") for part in _PARTS.split(answer))
    return tuple(dict.fromkeys(part for part in found if part))


def key_of(asked: str) -> str:
    """How a question is known: its words in small letters."""
    words = re.findall(r"[a-z0-9]+", asked.casefold())
    return "_".join(words)[:37].strip("_") or "more"


def keys_of(asked: Sequence[str]) -> list[str]:
    """How each of several questions is known; of two alike, the later with a number.

    In letters other than Latin all are alike.
    """
    keys: list[str] = []
    for key in map(key_of, asked):
        numbered = (f"{key}_{n}" for n in range(2, len(asked) + 2))
        keys.append(next(one for one in (key, *numbered) if one not in keys))
    return keys


def ensure_filled(wish: Wish) -> None:
    """Return when every gap in the words is asked for.

    Raises:
        OpenPlaceholder: One is not.
    """
    known = keys_of(parts(wish.knows))
    for said in (wish.delivers, wish.never):
        for found in _GAP.finditer(said):
            name = found[1] or found[2]
            if key_of(name) not in known:
                raise OpenPlaceholder(name, known)


def suggestion(name: str, taken: Collection[str]) -> str:
    """A name like ``name`` that is free."""
    tries = (f"our-{name}", f"team-{name}", *(f"{name}-{n}" for n in range(2, 99)))
    return next(one for one in tries if one not in taken)


def phrases(wish: Wish, more: Sequence[str], taken: Collection[str]) -> tuple[str, ...]:
    """What calls it: its name in a few forms, and ``more``, less what others have."""
    words = wish.name.replace("-", " ")
    proposed = (words, f"{words}s", f"write {words}", *(one.casefold() for one in more))
    free = dict.fromkeys(one.strip() for one in proposed if one.strip() not in taken)
    return tuple(free) or (f"use {words}",)


def texts(
    wish: Wish, calls: Sequence[str], version: str, sharp: Sharpened | None = None
) -> dict[str, str]:
    """The files of the skill, by path.

    Raises:
        BadInput: There is too much of it, or a gap that nothing fills.
    """
    ensure_filled(wish)
    asked, ruled = parts(wish.knows), parts(wish.never)
    if len(asked) > MOST_QUESTIONS or len(ruled) > MOST_RULES:
        raise BadInput(
            f"That is more than {MOST_QUESTIONS} questions or {MOST_RULES} rules.",
            hint="Keep those without which it cannot be good.",
        )
    files = {"SKILL.md": _skill(wish, calls, version, sharp or Sharpened())}
    if ruled:
        files["RULES.md"] = _rules(wish, ruled)
    if asked:
        files["questions.yaml"] = _questions(asked)
    files["rehearsal.yaml"] = _rehearsal(wish, asked)
    return files


def _skill(wish: Wish, calls: Sequence[str], version: str, sharp: Sharpened) -> str:
    ruled = bool(parts(wish.never))
    about = wish.about or wish.delivers
    head = {
        "name": wish.name,
        "description": f"{wish.title}: {_line(about, 600)} Made by this workspace.",
        "metadata": {
            "version": version,
            "title": wish.title[:60],
            "type": "with_rules" if ruled else "simple",
            "category": "content",
            "tier": "balanced",
            "max-tokens": "4096",
            "max-cost-usd": "0.25",
            "triggers": "\n".join(calls) + "\n",
        },
    }
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=88)
    template = _unfenced(sharp.template) or "<the piece itself, ready to use>"
    method = sharp.method.strip() or _METHOD
    return (
        f"---\n{front}---\n# {wish.title}\n\n{_line(about, 600)}\n\n"
        f"## Deliver\n\n```\n{template}\n```\n\n"
        f"What a good one is, in the words of who asked for it:\n\n"
        f"{_quoted(wish.delivers)}\n\n## Method\n\n{method}\n"
    )


_METHOD = """\
1. Read the brief for what is new in it; build the piece on that.
2. Keep to the form and length of the example; take nothing of its content over.
3. Use only facts from the brief, the answers and the client's profile; mark what is
   missing as [to confirm].
4. Check the rules one by one before you answer."""


def _rules(wish: Wish, ruled: Sequence[str]) -> str:
    letters = "".join(word[0] for word in wish.name.split("-"))[:4].upper()
    letters = re.sub(r"[^A-Z]", "X", letters)
    rows = [
        f"| {letters}{n:02} | must | {_check(one)} | {_cell(one)} | The team said so. |"
        for n, one in enumerate(ruled, 1)
    ]
    head = "| id | severity | check | rule | why |\n|---|---|---|---|---|\n"
    return f"# Rules: {wish.name}\n\n{head}" + "\n".join(rows) + "\n"


def _check(rule: str) -> str:
    """A check that code makes, where the whole rule says just that; else a judge's."""
    found = _MOST.fullmatch(rule) or _NO.fullmatch(rule)
    if found is None:
        return "judge"
    limit = found.groupdict().get("n") or "0"
    unit = found["unit"].casefold()
    return f"`code: {_CHECKS[unit.removesuffix('s')]} {limit}`"


def _questions(asked: Sequence[str]) -> str:
    entries = [
        {
            "key": key,
            "question": one if one.endswith("?") else f"{one[:1].upper()}{one[1:]}?",
            "why": "Whoever made this skill wants it known each time.",
            "default": "",
        }
        for key, one in zip(keys_of(asked), asked, strict=True)
    ]
    data = {"ask": "when-thin", "thin-below-words": THIN_BELOW, "questions": entries}
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=88)


def _rehearsal(wish: Wish, asked: Sequence[str]) -> str:
    lines = [
        f"# {wish.title}: $product",
        "",
        "[Here a model writes what was asked for:]",
    ]
    lines += ["", "$excerpt", ""]
    named = zip(asked, keys_of(asked), strict=True)
    lines += [f"- {one.replace('$', '$$')}: ${key}" for one, key in named]
    return yaml.safe_dump(["\n".join(lines)], allow_unicode=True, width=1000)


def _line(said: str, most: int) -> str:
    line = " ".join(said.split())[:most].strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _quoted(said: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in said.strip().splitlines())


def _unfenced(said: str) -> str:
    return "\n".join(_open_lines(said)).strip()


def _open_lines(said: str) -> Iterator[str]:
    return (line for line in said.splitlines() if not line.startswith("```"))


def _cell(said: str) -> str:
    return " ".join(said.replace("|", "/").split())
