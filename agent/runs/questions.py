"""What the model may ask the person while it writes: rarely, and with a default."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from agent.llm.port import Completion, ModelFailed, Tool, Turn
from agent.shapes import Frozen

MOST = 2
"""Questions in one attempt; after them it writes with what it has."""

CHOICES = 4

ASK = Tool(
    name="ask_person",
    description=(
        "Ask the person who made the request one question, instead of writing. Use it "
        "only when no useful piece can be written without the answer; where you can "
        "choose sensibly, choose, and say so under Assumptions. The answer may take a "
        "day. When none comes, you are told to go on with your default."
    ),
    schema={
        "type": "object",
        "properties": {
            "question": {
                "type": "string",
                "description": "One short question, in the language of the request.",
            },
            "choices": {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": CHOICES,
                "description": "Likely answers, a few words each; may be empty.",
            },
            "default": {
                "type": "string",
                "description": "What you go on with when nobody answers.",
            },
        },
        "required": ["question", "choices", "default"],
        "additionalProperties": False,
    },
)

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

JUDGEMENT = "Use your own judgement; no further answer will come."


class Question(Frozen):
    """One question to the person who asked for the piece."""

    question: Words = Field(description="What is asked")
    choices: list[Words] = Field(default=[], description="Likely answers")
    default: Words = Field(description="What happens without an answer")


def asked(completion: Completion) -> Question | None:
    """The question a completion asks, if it does not write.

    Raises:
        ModelFailed: It asks for something that is no question.
    """
    if not completion.tool_uses:
        return None
    use = completion.tool_uses[0]
    if use.name != ASK.name:
        raise _unreadable(completion)
    try:
        question = Question.model_validate(dict(use.input))
    except ValidationError as error:
        raise _unreadable(completion) from error
    return question.model_copy(update={"choices": question.choices[:CHOICES]})


def turns(given: Mapping[str, Any], came: Mapping[str, Any]) -> Sequence[Turn]:
    """A question and what came back, as the model is told it."""
    answer = came.get("answer") or f"{JUDGEMENT} Your default was: {given['default']}"
    return Turn("assistant", given["question"]), Turn("user", answer)


def unanswered(given: Mapping[str, Any], came: Mapping[str, Any]) -> str:
    """What must be said above a piece when nobody answered in time, else ""."""
    if came.get("how") != "timeout":
        return ""
    default = given["default"].rstrip(".")
    return f'Nobody answered "{given["question"]}", so I went on with: {default}.'


def _unreadable(completion: Completion) -> ModelFailed:
    return ModelFailed(
        "The model asked for something I cannot do.",
        hint="Try again.",
        usage=completion.usage,
    )
