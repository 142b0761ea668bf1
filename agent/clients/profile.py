"""A brand's profile: what is asked, and the summary every run gets."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One thing worth knowing about a brand."""

    field: str
    label: str
    ask: str


QUESTIONS = (
    Question("offer", "What it sells", "What does {name} sell, in a sentence?"),
    Question("audience", "For whom", "Who buys it? The more precise, the better."),
    Question("edge", "Why them", "Why do people choose {name} over the others?"),
    Question("voice", "How it sounds", "How should {name} sound? Three words will do."),
    Question("avoid", "Never say", "Is there anything {name} must never say?"),
)
"""The short interview, in order; every one may be skipped."""

LABELS = {question.field: question.label for question in QUESTIONS}


def slug(name: str) -> str:
    """``Yaz Automate`` -> ``yaz-automate``; letters of any script are kept.

    So are vowel signs and the like, without which some scripts' words fall together. A
    name of signs alone is told by their numbers.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(sign if _is_of_word(sign) else "-" for sign in plain)
    told = re.sub("-+", "-", words).strip("-_")
    return told or "-".join(f"{ord(sign):x}" for sign in plain if not sign.isspace())


def _is_of_word(sign: str) -> bool:
    # Letters, their marks, numbers; and the joiners of Indic and Persian words.
    return unicodedata.category(sign)[0] in "LMN" or sign in "_\u200c\u200d"


def summary(name: str, answers: Mapping[str, str]) -> str:
    """The profile as the few lines a model reads."""
    lines = [f"Brand: {name}"]
    lines += [
        f"{question.label}: {answers[question.field]}"
        for question in QUESTIONS
        if answers.get(question.field)
    ]
    return "\n".join(lines)


def next_question(answers: Mapping[str, str]) -> Question | None:
    """The first one neither answered nor skipped; None when the interview is over."""
    return next((q for q in QUESTIONS if q.field not in answers), None)
