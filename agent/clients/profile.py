"""A profile: what is asked, its seven parts, and what every prompt gets. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.clients.facts import BY_FIELD, FACTS, PARTS, Part
from agent.clients.names import slug

__all__ = ["MOST_BYTES", "QUESTIONS", "Question", "next_question", "slug", "summary"]

MOST_BYTES = 12_000
"""Of a profile in a prompt: about 3,000 tokens of English. A usual one has 300."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing worth knowing about a brand."""

    field: str
    ask: str


QUESTIONS = (
    Question("about", "What is {name}, in a sentence?"),
    Question("offer", "What does {name} sell? One thing a line."),
    Question("audience", "Who buys it? The more precise, the better."),
    Question("edge", "Why do people choose {name} over the others?"),
    Question("voice", "How should {name} sound? Three words will do."),
    Question("avoid", "Is there anything {name} must never say?"),
    Question("proof", "What proves it? Numbers, customers, prizes: one a line."),
    Question("look", "How does {name} look? Colours, pictures, what is typical."),
)
"""The interview, in order; every one may be skipped."""

PRIORITY = (
    *("voice", "avoid", "always", "about", "offer", "audience", "edge", "price"),
    *("positioning", "messages", "proof", "differences", "manner", "features", "terms"),
    *("sample", "industry", "location", "look", "colours", "company"),
)
"""What a text cannot do without comes first; what does not fit is left out behind."""


def next_question(answers: Mapping[str, str]) -> Question | None:
    """The first one neither answered nor skipped; None when the interview is over."""
    return next((q for q in QUESTIONS if q.field not in answers), None)


def number(question: Question) -> int:
    """Its place in the interview, from 1."""
    return QUESTIONS.index(question) + 1


def parts(told: Mapping[str, str]) -> Iterator[tuple[Part, dict[str, str]]]:
    """The seven parts, each with what is known of it, by label."""
    for part in PARTS:
        yield (
            part,
            {
                fact.label: told[fact.field]
                for fact in FACTS
                if fact.part == part.name and fact.field in told
            },
        )


def summary(name: str, told: Mapping[str, str], *, most: int = MOST_BYTES) -> str:
    """The profile as the lines that a model reads, of at most ``most`` bytes.

    Lines are whole. What is left out is what matters least, and it is said that it was.
    """
    head = f"Brand: {name}"
    lines = {field: list(_lines(field, told[field])) for field in told}
    left = most - len(head.encode()) - len(_CUT.encode()) - 2
    kept: dict[str, list[str]] = {}
    is_cut = False
    for field in PRIORITY:
        for line in lines.get(field, ()):
            size = len(line.encode()) + 1
            if size > left:
                is_cut = True
                continue
            left -= size
            kept.setdefault(field, []).append(line)
    in_order = [line for fact in FACTS for line in kept.get(fact.field, ())]
    return "\n".join([head, *in_order, *([_CUT] if is_cut else [])])


_CUT = "[The profile is longer; the least important lines are left out.]"


def _lines(field: str, text: str) -> Iterator[str]:
    label = BY_FIELD[field].label
    for line in text.splitlines():
        if line.strip():
            yield f"{label}: {line.strip()}"
