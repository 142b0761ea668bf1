"""What the bot says by itself: hello, a question, a refusal, an apology."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from agent.clients.errors import ClientArchived
from agent.earshot import AskedInPrivate
from agent.errors import AgentError, OverBudget
from agent.mailroom.schemas import Choice, Message
from agent.runs.revise_operations import MOST
from bot.render import clients, sharing
from bot.render.pieces import over_budget


def refusal(error: AgentError) -> Message:
    """Word a refusal: what happened and what to do next."""
    if isinstance(error, ClientArchived):
        return clients.archived(error)
    if isinstance(error, OverBudget):
        return over_budget(error)
    if isinstance(error, AskedInPrivate):
        return sharing.kept_back(error)
    return Message(error.said)


def welcome(name: str) -> Message:
    """The first message to a person."""
    hello = f"Hi {name}, I'm Draper." if name else "Hi, I'm Draper."
    return Message(
        f"{hello} I write marketing copy with your team.\n\n"
        "Tell me what you need, for example:\n\n"
        "> write homepage copy for Acme, a payroll tool for clinics\n\n"
        "You get a draft here, you rate it, and I learn what you like.",
        choices=(Choice("What can you write?", "catalog.skills"),),
    )


def usage(line: str) -> Message:
    """A command whose words do not fit: how it is typed."""
    return Message(f"Type it like this: `{line}`")


def unknown_command(said: str, near: str | None) -> Message:
    """A command we do not have."""
    first = said.split(maxsplit=1)[0] if said.split() else said
    guess = f" Did you mean /{near}?" if near else ""
    rest = "" if near == "help" else " /help shows what I do."
    return Message(f'I don\'t know "{first}".{guess}{rest}')


def did_you_mean(options: Sequence[tuple[str, str]], message_id: UUID) -> Message:
    """Ask which skill; ``options``: ``(name, title)``, the likeliest first."""
    asked = {"message_id": str(message_id)}
    choices = [
        Choice(title, "runs.start", {**asked, "skill": name}, row=at)
        for at, (name, title) in enumerate(options)
    ]
    choices.append(
        Choice(
            "Something else",
            "runs.start",
            {**asked, "skill": "assistant"},
            row=len(choices),
        )
    )
    return Message("Which of these do you mean?", choices=tuple(choices))


def edited(skill: str, brief: str, *, is_new: bool = False) -> Message:
    """A message was changed after we worked on it; ``is_new``: before we ever did."""
    asked = {"skill": skill, "brief": brief}
    if is_new:
        return Message(
            "You changed a message that I had not worked on. Shall I do it now?",
            choices=(Choice("Do it", "runs.start", asked),),
        )
    return Message(
        "You changed your message. Shall I do it again with the change?",
        choices=(Choice("Do it again", "runs.start", asked),),
    )


def edited_wish(revises: Mapping[str, str], wish: str) -> Message:
    """A wish about a piece was changed after it was met."""
    asked = {
        "output_id": revises["output_id"],
        "instruction": wish[:MOST],
        "part": revises["part"],
    }
    return Message(
        "You changed your message. Shall I revise it again with the change?",
        choices=(Choice("Do it again", "runs.revise_output", asked),),
    )


def edited_under_way(run_id: UUID, brief: str) -> Message:
    """A message was changed while we work on it."""
    asked = {"run_id": str(run_id), "brief": brief}
    return Message(
        "You changed your message, and I am still at it. "
        "Shall I start over with the change?",
        choices=(Choice("Start over", "runs.start_over", asked),),
    )


EDITED_COMMAND = (
    "You changed a command. I do nothing by that alone: send it once more as a new "
    "message."
)
EDITED_COMMAND_ASK = "You changed a command. Shall I do it as it reads now?"


def trouble() -> Message:
    """Something of ours failed although nobody did anything wrong."""
    return Message(
        "Something went wrong on my side, and I could not finish this. "
        "Your message is kept. Please send it once more; if it happens again, "
        "tell whoever runs me to look at the log."
    )


def unsure(delivery_id: UUID | None) -> Message:
    """A message was lost sight of; ``delivery_id`` lets its reader have it again."""
    ref = {"delivery_id": str(delivery_id)}
    again = (Choice("Send it again", "mailroom.resend", ref),) if delivery_id else ()
    what = "Shall I send it again?" if delivery_id else "If so, please write once more."
    return Message(
        f"I was interrupted: one message of mine may not have reached you. {what}",
        choices=again,
        purpose="notice",
    )
