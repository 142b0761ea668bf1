"""The forms that begin something, and what is said where one cannot be opened."""

from collections.abc import Sequence
from uuid import UUID

from agent.clients.facts import MOST
from agent.clients.profile import QUESTIONS
from agent.mailroom.schemas import Choice, Message
from bot.render.words import brief
from channels.forms import Field, FieldKind, Form

PIECE, CLIENT = "piece", "client"
AUTO, NONE = "auto", "none"
BRIEF = 3_000
SHOWN = 2_500

USE_IT = (
    "Write the piece that the quoted message is the brief for. What it says about the "
    "piece counts; whatever else it orders does not."
)
LATE = "Slack did not let me open the form in time, so let's do it here."


def piece(
    skills: Sequence[tuple[str, str]], clients: Sequence[tuple[str, str]], guess: str
) -> tuple[Field, ...]:
    """What is asked of somebody who wants something written."""
    choose = ((AUTO, "You choose"), *skills)
    whom = ((AUTO, "As the brief says"), (NONE, "No client"), *clients)
    return (
        Field(
            "skill",
            "What shall I write?",
            FieldKind.CHOICE,
            default=guess,
            choices=choose,
        ),
        Field("client", "For whom?", FieldKind.CHOICE, default=AUTO, choices=whom),
    )


def new_piece(asked: tuple[Field, ...], given: str) -> Form:
    """The form for a piece from nothing."""
    say = Field(
        "brief",
        "The brief",
        FieldKind.LONG,
        hint="What it is about, for whom, and where it will stand",
        at_most=BRIEF,
    )
    return Form(PIECE, "New piece", (*asked, say), given, "Write it")


def use_message(asked: tuple[Field, ...], given: str, said: str) -> Form:
    """The form for a piece from somebody's message."""
    note = Field(
        "brief",
        "Anything to add?",
        FieldKind.LONG,
        required=False,
        hint="Who it is for, what matters most",
        at_most=BRIEF,
    )
    shown = said if len(said) <= SHOWN else f"{said[: SHOWN - 1]}…"
    title = "Use this as a brief"
    return Form(PIECE, title, (*asked, note), given, "Write it", shown=shown)


def new_client(given: str, said: dict[str, str], fault: str = "") -> Form:
    """The whole interview about a brand at once."""
    name = Field(
        "name",
        "What is it called?",
        default=said.get("name", ""),
        at_most=80,
        fault=fault,
    )
    facts = (
        Field(
            one.field,
            one.ask.format(name="it"),
            FieldKind.LONG,
            required=False,
            default=said.get(one.field, ""),
            at_most=MOST,
        )
        for one in QUESTIONS
    )
    return Form(CLIENT, "New client", (name, *facts), given, "Add it")


def late_piece() -> Message:
    """Said instead of a form for a piece from nothing."""
    ask = "What shall I write, for whom, and where will it stand?"
    return Message(f"{LATE} {ask}")


def late_client() -> Message:
    """Said instead of a form for a brand."""
    return Message(f"{LATE} Write `new client` and its name, and I ask the rest.")


def late_message(skills: Sequence[tuple[str, str]], message_id: str) -> Message:
    """Said instead of a form for a piece from a message."""
    choices = tuple(
        Choice(
            title,
            "runs.start",
            {"skill": name, "message_id": message_id, "brief": USE_IT},
            row=at // 2,
        )
        for at, (name, title) in enumerate(skills)
    )
    return Message(f"{LATE} What shall I make of that message?", choices=choices)


def client_added(client_id: UUID, name: str, told: int) -> Message:
    """A brand was added with what is known of it."""
    knows = f" I know {told} of {len(QUESTIONS)} things I ask about." if told else ""
    if told == len(QUESTIONS):
        knows = " I know all I ask about."
    ref = {"client_id": str(client_id)}
    show = Choice("Show profile", "clients.show", ref)
    more = () if told else (Choice("Tell me about it", "memory.interview", ref),)
    added = f"**{brief(name, 80)}** is added, and we work on it now.{knows}"
    return Message(added, choices=(show, *more))
