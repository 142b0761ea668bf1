"""What people say to a question that is no answer to it. Pure.

"skip", "that's all", "back", "where were we?", "actually, the price is 30", "why do you
ask?": each is told from an answer by its whole form, so that what looks only a little
like one is taken as the answer it most likely is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.catalog.folding import tokens
from agent.catalog.sidecars import Question

MOST_WORDS = 15
"""A question back is short; what is longer explains, and answers."""


class Aside(StrEnum):
    """What was meant instead of an answer."""

    SKIP = "skip"
    ENOUGH = "enough"
    BACK = "back"
    WHERE = "where"
    CHANGE = "change"
    """An earlier answer is to be another one."""
    WHY = "why"
    """A question back."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An aside, and what it is about."""

    aside: Aside
    step: Question | None = None
    """Which answer changes; None: the one before."""
    value: str = ""
    """What it is to be; empty: to be asked again."""


_KINDLY = "(?:please|thanks|now|bitte|danke|por favor|gracias)"


def _whole(*said: str) -> re.Pattern[str]:
    polite = (
        r"(?:please|bitte|ok(?:ay)?|no|well|hm+|sorry|let['\u2019]?s|i['\u2019]?d)?"
        r"[\s,]*"
    )
    return re.compile(
        rf"{polite}(?:{'|'.join(said)})(?:[\s,]+{_KINDLY})?[\s.!]*",
        re.IGNORECASE,
    )


_SKIPPED = (
    r"skip(?: (?:it|this|that|this one|the question))?",
    r"überspringen|saltar|omitir",
)
_ALL_SAID = (
    r"(?:that['\u2019]?s |that is |this is )(?:enough|all|it)(?: (?:for now|i have))?",
    r"no more questions|enough questions",
    r"skip (?:the rest|all|everything|them all|the other questions)",
    r"das (?:ist|war) alles|das war['\u2019]?s|eso es todo|nada más",
)
_STEPPED_BACK = (
    r"(?:go )?(?:one )?back|previous(?: (?:one|question))?",
    r"zurück|atrás",
)
_SKIP = _whole(
    *_SKIPPED,
    r"pass",
    r"next(?: (?:one|question))?",
    r"(?:i )?(?:don['\u2019]?t|do not) know(?: (?:yet|that))?",
    r"(?:i have )?no idea",
    r"(?:i['\u2019]?m )?not sure(?: yet)?",
    r"idk|dunno",
    r"you (?:decide|choose|pick)",
    r"whatever|doesn['\u2019]?t matter|n/?a|-+",
)
_ENOUGH = _whole(
    *_ALL_SAID,
    r"(?:enough|all|it)(?: (?:for now|i have))?",
    r"(?:just )?(?:write|do|start|make|begin)(?: (?:it|writing|the piece))?"
    r"(?: (?:already|anyway))?",
    r"go ahead|go on and write|no more",
    r"(?:use|take) (?:the )?defaults?|done|finish(?:ed)?|you have enough",
)
_BACK = _whole(*_STEPPED_BACK, r"undo|(?:the )?last one again")
_WAY_OUT = _whole(*_SKIPPED, *_ALL_SAID, *_STEPPED_BACK)
"""Of these the plain ones, which mean nothing else where no question stands."""
_WHERE = re.compile(
    r"(?:so[\s,]+)?where (?:were|are) we(?: at)?|what (?:did|have) (?:i|you) "
    r"(?:say|said|got|have)(?: so far)?|(?:let['\u2019]?s )?(?:continue|go on|carry on|"
    r"resume)|which question(?: is it)?",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"(?:why(?: (?:that|this|do you ask))?|what for|huh|pardon|like what|for example"
    r"|such as|explain(?: (?:that|it|this))?|(?:an |some )?examples?(?: please)?"
    r"|(?:i )?(?:don['\u2019]?t|do not) (?:understand|get)(?: (?:it|that|this))?"
    r"|what do you (?:suggest|recommend|think|mean)(?: by (?:that|this|it))?)?[\s?!.]*",
    re.IGNORECASE,
)
_ASKS_BACK = re.compile(
    r"(?:what|which|how|who|whose|when|where|why|can|could|should|would|do|does|did|is|"
    r"are|am|will|may)\b.*\?",
    re.IGNORECASE | re.DOTALL,
)
_MEANT = re.compile(
    r"(?:(?:no|sorry|wait|oops|ah)[\s,.!]+)*"
    r"(?:i meant?(?: to say)?|correction|scratch that|rather)[\s,:]+(?P<value>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHANGE = re.compile(
    r"(?:please |let me |can we )?(?:change|correct|fix|edit|redo|update) "
    r"(?:my |the )?(?:answer (?:to|about|on|for) )?(?:the |my )?(?P<what>.{1,40}?)"
    r"(?:(?: to| into|:| =) (?P<value>\S.*))?",
    re.IGNORECASE | re.DOTALL,
)
_ACTUALLY = re.compile(
    r"(?:actually|no|wait|sorry|oops)[\s,:-]+(?:the |my |our )?"
    r"(?P<what>[\w' -]{1,40}?) (?:is|are|was|should be|:) (?P<value>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def heard(text: str, answered: Sequence[Question]) -> Heard | None:
    """What ``text`` is instead of an answer; None: it is one.

    ``answered`` are the questions that have an answer already, in order.
    """
    said = text.strip()
    bare = said.rstrip("?!. ")
    for aside, pattern in (
        (Aside.SKIP, _SKIP),
        (Aside.ENOUGH, _ENOUGH),
        (Aside.BACK, _BACK),
    ):
        if pattern.fullmatch(said):
            return Heard(aside)
    if _WHERE.fullmatch(bare):
        return Heard(Aside.WHERE)
    return _change(said, answered) or _question(said)


def is_way_out(text: str) -> bool:
    """Whether it can only be said to a question: "skip", "back", "that's all"."""
    return bool(_WAY_OUT.fullmatch(text.strip()))


def _change(said: str, answered: Sequence[Question]) -> Heard | None:
    if answered and (meant := _MEANT.fullmatch(said)):
        return Heard(Aside.CHANGE, answered[-1], meant["value"].strip())
    for pattern in (_CHANGE, _ACTUALLY):
        found = pattern.fullmatch(said)
        step = _named(found["what"], answered) if found else None
        if found and step:
            return Heard(Aside.CHANGE, step, (found["value"] or "").strip())
    return None


def _question(said: str) -> Heard | None:
    if len(said.split()) > MOST_WORDS:
        return None
    is_one = _WHY.fullmatch(said) or _ASKS_BACK.fullmatch(said)
    return Heard(Aside.WHY) if is_one else None


def _named(what: str, answered: Sequence[Question]) -> Question | None:
    """The one question that these words name, by number, by key, or in its words."""
    words = tokens(what)
    for at, nth in enumerate(_NTH):
        if {nth.encode(), str(at + 1).encode()} & set(words) and at < len(answered):
            return answered[at]
    by_key = [step for step in answered if set(tokens(step.key)) & set(words)]
    asked = [step for step in answered if set(words) <= set(tokens(step.question))]
    for found in (by_key, asked):
        if len(found) == 1:
            return found[0]
    return None
