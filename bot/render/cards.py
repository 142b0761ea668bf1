"""The question on a card: what would happen to what, in plain words.

What a person or a model wrote stands in it as a code span: nothing in there can look
like our own words, notify anybody, or hide an address behind a name.
"""

from collections.abc import Callable, Mapping
from typing import Any

from agent.mailroom.schemas import Message
from agent.operation import Effect, Operation
from agent.runs.consent_schemas import CallApproved, CallChanged, CallRefused
from bot.render.words import brief

AnyOperation = Operation[Any, Any]

LONGEST = 160
"""Characters of one value; what is done is done with the whole, so its length is told:
nobody takes the beginning of a long text for all of it."""
MOST = 8
"""Values that are listed."""

WARNINGS = {
    Effect.DESTROY: "This cannot be undone.",
    Effect.SEND: "It leaves at once, and cannot be called back.",
    Effect.PUBLISH: "Others will be able to see it.",
    Effect.SPEND: "It costs money.",
}

QUESTIONS: dict[str, str] = {
    "runs.start": "Start the skill {skill}?",
    "runs.retry": "Run number {number} again?",
    "identity.remove_member": "Remove {name} from this workspace?",
    "identity.leave": "Leave this workspace?",
    "identity.invite": "Invite {address} as {standing}?",
    "vault.remove": "Remove the {provider} key for good?",
}
"""Operation -> the question, with its parameters by name; others are asked by their
summary. One whose parameters are not all given is asked by its summary, too."""

VERBS = {"identity.remove_member": "Remove"}
"""Operation -> what the button says, where that is not the summary's first word."""

_SILENT = frozenset({"message_id", "request_id"})
"""Fields that say nothing to a person."""


def question(
    op: AnyOperation, params: Mapping[str, Any], names: Mapping[str, str]
) -> str:
    """The question in Markdown; ``names`` has what ids stand for, by field."""
    told = {**_defaults(op), **params}
    given = {
        field: plain(names.get(field, value))
        for field, value in told.items()
        if field not in _SILENT and value not in (None, "", 0, [], {})
    }
    asked, used = _asked(op, given)
    listed = [
        f"- {label(field)}: {value}"
        for field, value in given.items()
        if field not in used and told[field] != _defaults(op).get(field)
    ]
    if len(listed) > MOST:
        listed[MOST:] = [f"- and {len(listed) - MOST} more"]
    warning = WARNINGS.get(op.effect, "")
    return "\n\n".join(filter(None, [f"**{asked}**", "\n".join(listed), warning]))


def verb(op: AnyOperation) -> str:
    """What the button says that does it."""
    if op.name in VERBS:
        return VERBS[op.name]
    return op.summary.split(maxsplit=1)[0].strip(".,;:").capitalize()


def label(field: str) -> str:
    """A parameter's name for people: ``client_id`` is the client."""
    return field.removesuffix("_id").replace("_", " ").capitalize()


def plain(value: object) -> str:
    """A value as a code span, in one line; what is cut says how long it is."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    whole = str(value).replace("`", chr(39))
    more = f" ({len(whole):,} characters)" if len(whole) > LONGEST else ""
    return f"`{brief(whole, LONGEST) or ' '}`{more}"


def _asked(op: AnyOperation, given: Mapping[str, str]) -> tuple[str, set[str]]:
    try:
        worded = QUESTIONS[op.name].format_map(given)
    except KeyError:
        first = op.summary.partition("\n")[0].partition(". ")[0].partition(";")[0]
        return f"{first.rstrip('.')}?", set()
    return worded, {field for field in given if f"{{{field}}}" in QUESTIONS[op.name]}


def _defaults(op: AnyOperation) -> dict[str, Any]:
    fields = op.params.model_fields
    return {name: f.default for name, f in fields.items() if not f.is_required()}


WORDS: dict[type, Callable[[Any], Message]] = {
    CallApproved: lambda _: Message("Approved. It is done once."),
    CallRefused: lambda _: Message("All right, nothing is done."),
    CallChanged: lambda _: Message("All right, I plan it anew."),
}
