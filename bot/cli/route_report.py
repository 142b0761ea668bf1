"""What ``draper route --file`` prints: how well the router does on a labelled set."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.errors import BadInput
from bot.router import Route, Router

TOP = 3
_CONFUSIONS = 20


class Judged(NamedTuple):
    """A message, the skills that would be right, and its route."""

    text: str
    right: tuple[str, ...]
    route: Route

    @property
    def is_right(self) -> bool:
        """Whether the skill chosen is one of those."""
        return self.route.skill in self.right

    @property
    def is_near(self) -> bool:
        """Whether one of those is among the first three."""
        named = [self.route.skill, *(skill for skill, _ in self.route.scores)]
        return any(skill in self.right for skill in list(dict.fromkeys(named))[:TOP])

    @property
    def is_sure(self) -> bool:
        """Whether it would be taken without asking anybody."""
        return not self.route.wants_model and self.route.method != "asked"


def judged(router: Router, text: str) -> list[Judged]:
    """Every line of ``text``: JSON with ``text``, ``skill`` and perhaps ``also``.

    Raises:
        BadInput: A line is not of this form.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            said, right = str(case["text"]), (case["skill"], *case.get("also", ()))
        except (ValueError, KeyError, TypeError) as broken:
            message = f"Line {number} has no text and skill."
            hint = 'Write {"text": "...", "skill": "..."} on each line.'
            raise BadInput(message, hint=hint) from broken
        found.append(Judged(said, right, router.route(said)))
    return found


def report(router: Router, text: str) -> str:
    """The figures and the confusions of a labelled set, as text."""
    found = judged(router, text)
    if not found:
        return "no messages"
    return "\n".join([*_figures(found), *_methods(found), *_confusions(found)])


def _figures(found: Sequence[Judged]) -> Iterator[str]:
    wrong = [one for one in found if one.is_sure and not one.is_right]
    yield f"messages              {len(found)}"
    yield f"top-1                 {_share(one.is_right for one in found)}"
    yield f"top-3                 {_share(one.is_near for one in found)}"
    yield f"wrong and confident   {len(wrong) / len(found):.1%}"
    yield f"share to the model    {_share(one.route.wants_model for one in found)}"


def _methods(found: Sequence[Judged]) -> Iterator[str]:
    for method, count in Counter(one.route.method for one in found).most_common():
        right = _share(one.is_right for one in found if one.route.method == method)
        yield f"  by {method:<10} {count:>6}   right {right}"


def _confusions(found: Sequence[Judged]) -> Iterator[str]:
    pairs = Counter(
        (one.right[0], one.route.skill) for one in found if not one.is_right
    )
    if pairs:
        yield "meant -> chosen"
    for (meant, chosen), count in pairs.most_common(_CONFUSIONS):
        yield f"{count:>4}  {meant} -> {chosen}"
    for one in found:
        if one.is_sure and not one.is_right:
            yield f"confident: {one.route.skill} for {one.text[:100]!r}"


def _share(flags: Iterator[bool]) -> str:
    held = list(flags)
    return f"{sum(held) / len(held):.1%}" if held else "-"
