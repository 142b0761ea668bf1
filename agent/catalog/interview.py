"""A request with the answers to a skill's questions: as one text, and taken apart.

The text is what the model reads and what the run keeps, so that it alone tells what was
asked and answered, whichever version of the skill asked.
"""

from collections.abc import Mapping, Sequence

from agent.catalog.sidecars import Question


def compose(words: str, answers: Mapping[str, str], steps: Sequence[Question]) -> str:
    """The request, below it each question with its answer or default."""
    told = ((step, answers.get(step.key) or step.default) for step in steps)
    lines = [words, *(f"{step.question}\n{said}" for step, said in told if said)]
    return "\n\n".join(filter(None, lines))


def apart(text: str, steps: Sequence[Question]) -> tuple[str, dict[str, str]]:
    """The request's own words, and the answers in it by the question's key."""
    found = _places(text, steps)
    ends = [*(at for at, _ in found[1:]), len(text)]
    answers = {
        step.key: text[at + len(step.question) : end].strip()
        for (at, step), end in zip(found, ends, strict=False)
    }
    words = text[: found[0][0]] if found else text
    return words.strip(), answers


def _places(text: str, steps: Sequence[Question]) -> list[tuple[int, Question]]:
    """Where questions stand on lines of their own, in the order of the text."""
    lined = f"\n{text}"
    found = [
        (at, step) for step in steps if (at := lined.find(f"\n{step.question}\n")) >= 0
    ]
    return sorted(found, key=lambda one: one[0])
