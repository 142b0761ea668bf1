"""Results as messages: the bot's own voice, in one place.

Short, plain, warm: what was done, and what can be done next. ``RENDER`` names, for each
result type of the catalogue, the function that words it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from agent.catalog.operations import SkillList
from agent.clients.schemas import Chosen, Clients, Profile
from agent.errors import AgentError
from agent.mailroom.operations import Resent
from agent.mailroom.schemas import Choice, Message, StoredFile
from agent.memory.operations import Answered, Left
from agent.runs.outputs import Output
from agent.runs.schemas import (
    Ended,
    Explained,
    Outputs,
    RunDetail,
    RunLine,
    Runs,
    Scored,
    Started,
    Status,
)
from bot.surfaces import chat

LOW_SCORE = 3
"""At or below it we ask what was off."""

REASONS = ("Too long", "Too generic", "Off-brand", "Wrong facts", "Not what I asked")

LISTED = 25
"""Names in one list; more would be scrolled past."""

STATUS_WORDS = {
    "queued": "waiting",
    "running": "being written",
    "waiting_approval": "waiting for approval",
    "waiting_input": "waiting for your answer",
    "completed": "done",
    "failed": "failed",
    "timeout": "timed out",
    "cancelled": "stopped",
}


def result(value: BaseModel) -> Message:
    """Word a result.

    Raises:
        KeyError: The type has no wording; a test visits the whole catalogue.
    """
    return RENDER[type(value)](value)


def refusal(error: AgentError) -> Message:
    """Word a refusal: what happened and what to do next."""
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


def help_text(channel: str) -> Message:
    """All commands, as they are typed at this door."""
    prefix = f"/{chat.PREFIX} " if channel in chat.ONE_COMMAND else "/"
    listed = "\n".join(f"- `{line.usage}` - {line.summary}" for line in chat.lines())
    return Message(
        "Just write what you need, or use a command:\n\n"
        f"{listed}\n\n"
        f"`{prefix}copywriting <brief>` calls a skill by name.",
        choices=(Choice("What can you write?", "catalog.skills"),),
    )


def usage(line: str) -> Message:
    """A command whose words do not fit: how it is typed."""
    return Message(f"Type it like this: `{line}`")


def unknown_command(said: str, near: str | None) -> Message:
    """A command we do not have."""
    first = said.split(maxsplit=1)[0] if said.split() else said
    guess = f" Did you mean /{near}?" if near else ""
    return Message(f"I don't know /{first}.{guess} /help shows what I do.")


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


def edited(skill: str, brief: str) -> Message:
    """A message was changed after we worked on it."""
    return Message(
        "You changed your message. Shall I do it again with the change?",
        choices=(
            Choice("Do it again", "runs.start", {"skill": skill, "brief": brief}),
        ),
    )


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


PAGES_SHOWN = 4
"""A longer piece is shown in part; its file has all of it."""


WHOLE = "The whole piece."

_NOTE_ROOM = "x" * 320
"""As long as any note that may come to stand under a piece."""


def paged(text: str, pages: Callable[[str], list[str]], *, is_filed: bool) -> list[str]:
    """``text`` in messages, with room for notes under the one that will bear them.

    That is the last; or the first, where a file has the rest of a long one.
    """
    *full, last = pages(f"{text}\n\n{_NOTE_ROOM}")
    fitting = [*full, last.removesuffix(_NOTE_ROOM).rstrip()]
    if is_filed and len(fitting) > PAGES_SHOWN:
        fitting[0] = _opening(fitting[0], pages)
    return fitting


def _opening(page: str, pages: Callable[[str], list[str]]) -> str:
    if len(pages(f"{page}\n\n{_NOTE_ROOM}")) == 1:
        return page
    words, *_ = page[: -len(_NOTE_ROOM)].rsplit(maxsplit=1)
    return f"{words} …"


FILE_FROM_BYTES = 1200
"""A piece this long is worth having as a file too."""


def finished(
    pages: Sequence[str], output: Output | None, notice: str, link: str = ""
) -> tuple[Message, ...]:
    """The finished piece: its pages, its rating buttons, and a file when it is long."""
    is_cut = output is not None and len(pages) > PAGES_SHOWN
    shown = pages[:1] if is_cut else pages
    lines = [notice]
    if is_cut:
        lines.append("This is how it begins; the file has all of it.")
    if output is not None:
        lines.append("How good is it? 1 is useless, 5 is used as is.")
    last = Message(
        shown[-1],
        choices=rating(output.id) if output else (),
        note="\n\n".join(filter(None, lines)),
    )
    messages = (*map(Message, shown[:-1]), last)
    if output is None or output.size_bytes < FILE_FROM_BYTES:
        return messages
    whole = f"The whole piece. [Open it]({link}), for a week." if link else WHOLE
    return (*messages, Message(whole, files=(_stored(output),)))


def rating(output_id: UUID, mine: int = 0) -> tuple[Choice, ...]:
    """The five buttons; the one pressed last is marked."""
    return tuple(
        Choice(
            f"• {score} •" if score == mine else str(score),
            "runs.score",
            {"output_id": str(output_id), "score": score},
        )
        for score in range(1, 6)
    )


def _stored(output: Output) -> StoredFile:
    return StoredFile(
        name=output.file_name,
        media_type="text/markdown",
        storage_key=output.storage_key,
        size_bytes=output.size_bytes,
    )


def failed(error: str, run_id: UUID) -> Message:
    """A run ended without a piece."""
    return Message(
        error,
        choices=(Choice("Try again", "runs.retry", {"run_id": str(run_id)}),),
    )


def scored(value: Scored, shown: Mapping[str, Any]) -> Message:
    """The rated message: thanks in place, and a question when the score is low."""
    chips: tuple[Choice, ...] = ()
    note = f"Thanks! You gave this {value.score} of 5."
    if value.votes > 1:
        note += f" {value.votes} people so far, {value.mean:.1f} on average."
    if value.score <= LOW_SCORE:
        note += " What was off? Tap one, or write it in your own words."
        params = {"output_id": str(value.output_id)}
        chips = tuple(
            Choice(why, "runs.explain", {**params, "reason": why}, row=1 + at // 2)
            for at, why in enumerate(REASONS)
        )
    buttons = (*rating(value.output_id, value.score), *chips)
    return Message(shown["text"], choices=buttons, note=note)


def explained(value: Explained, shown: Mapping[str, Any]) -> Message:
    """The rated message again, with thanks for the reason and the chips gone."""
    note = f'Thanks, noted: "{_brief(value.reason, 200)}". It will shape the next ones.'
    buttons = rating(value.output_id, value.score)
    return Message(shown["text"], choices=buttons, note=note)


def _started(value: Started) -> Message:
    return Message(f"On it. This is run #{value.number}.")


def _ended(value: Ended) -> Message:
    if value.status == "cancelled":
        return Message(f"Run #{value.number} is stopped.")
    return Message(f"Run #{value.number} starts again.")


def _explained(value: Explained) -> Message:
    return Message(f'Thanks, noted: "{_brief(value.reason, 200)}".')


def _brief(text: str, longest: int) -> str:
    """``text`` in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _line(line: RunLine) -> str:
    words = STATUS_WORDS.get(line.status, line.status)
    asked = f" - {_brief(line.asked, 80)}" if line.asked else ""
    return f"- **#{line.number}** {line.title}, {words}{asked}"


def _runs(value: Runs) -> Message:
    if not value.lines:
        return Message("No runs yet. Tell me what to write.")
    listed = "\n".join(map(_line, value.lines))
    return Message(f"The latest runs:\n\n{listed}\n\n`/run <number>` shows one.")


def _status(value: Status) -> Message:
    lines = [f"Workspace: **{value.workspace}**"]
    if value.client:
        lines[0] += f", client: **{value.client}**"
    if value.working:
        lines.append("Working on:\n\n" + "\n".join(map(_line, value.working)))
    else:
        lines.append("Nothing is being written right now.")
    spent = f"Spent today: ${value.spent_today_usd:.2f}"
    if value.left_today_usd is not None:
        spent += f", ${max(value.left_today_usd, 0):.2f} left"
    lines.append(spent + ".")
    if value.unsure:
        lines.append(
            f"{value.unsure} message(s) of the last day may not have arrived; "
            "`/outputs` has every piece."
        )
    choices = [
        Choice(f"Stop #{line.number}", "runs.cancel", {"number": line.number})
        for line in value.working[:3]
    ]
    return Message("\n\n".join(lines), choices=tuple(choices))


def _run(value: RunDetail) -> Message:
    words = STATUS_WORDS.get(value.status, value.status)
    lines = [f"**Run #{value.number}**: {value.title}, {words}"]
    if value.asked:
        lines.append(f"> {_brief(value.asked, 300)}")
    facts = [f"client {value.client}"] if value.client else []
    facts += [f"attempt {value.attempt}"] if value.attempt > 1 else []
    facts += [f"{value.seconds:.1f} s"] if value.seconds is not None else []
    facts.append(f"{value.tokens:,} tokens")
    facts.append(f"${value.cost_usd:.4f}")
    facts += [value.model] if value.model else []
    lines.append(", ".join(facts))
    steps = [
        f"- {step.name}: {STATUS_WORDS.get(step.status, step.status)}"
        + (f", {step.seconds:.1f} s" if step.seconds is not None else "")
        + (f" ({_brief(step.error, 200)})" if step.error else "")
        for step in value.steps
    ]
    lines += ["\n".join(steps)] if steps else []
    lines += [f"Why this skill: {'; '.join(value.reasons)}"] if value.reasons else []
    if value.error:
        lines.append(f"What went wrong: {_brief(value.error, 500)}")
    return Message("\n\n".join(lines), choices=_next_steps(value))


def _next_steps(value: RunDetail) -> tuple[Choice, ...]:
    ref = {"run_id": str(value.run_id)}
    if value.status in {"failed", "timeout", "cancelled"}:
        return (Choice("Try again", "runs.retry", ref),)
    if value.status == "completed":
        return (Choice("Once more", "runs.retry", ref),)
    return (Choice("Stop", "runs.cancel", ref),)


def _outputs(value: Outputs) -> Message:
    if not value.lines:
        return Message("No pieces yet. Tell me what to write.")
    listed = "\n".join(
        f"- **#{line.number}** {line.title}"
        + (f", rated {line.score:.1f}" if line.score is not None else "")
        for line in value.lines
    )
    return Message(f"The latest pieces:\n\n{listed}\n\n`/run <number>` shows one.")


def _skills(value: SkillList) -> Message:
    groups: dict[str, list[str]] = {}
    for line in value.lines:
        first, _, _ = line.description.partition(". ")
        groups.setdefault(line.category, []).append(
            f"- **{line.title}** (`/{line.name}`): {first.rstrip('.')}."
        )
    listed = "\n\n".join(
        f"**{category.capitalize()}**\n\n" + "\n".join(lines)
        for category, lines in groups.items()
    )
    return Message(f"What I can write:\n\n{listed}\n\nJust say what you need.")


def _chosen(value: Chosen) -> Message:
    if value.created:
        return Message(f"**{value.name}** is added, and we are working on it now.")
    return Message(
        f"From now on this chat is about **{value.name}**.",
        choices=(Choice("Show profile", "clients.show", {"name": value.name}),),
    )


def _clients(value: Clients) -> Message:
    if not value.names:
        return Message("No clients yet. `/client new <name>` adds one.")
    listed = "\n".join(
        f"- **{name}** (current)" if name == value.current else f"- {name}"
        for name in value.names[:LISTED]
    )
    if len(value.names) > LISTED:
        more = len(value.names) - LISTED
        listed += f"\n\nAnd {more} more; `/client use <name>` finds any."
    others = [name for name in value.names if name != value.current][:4]
    choices = [
        Choice(f"Use {name}", "memory.focus", {"name": name}, row=at // 2)
        for at, name in enumerate(others)
    ]
    return Message(f"Your clients:\n\n{listed}", choices=tuple(choices))


def _profile(value: Profile) -> Message:
    known = "\n".join(
        f"- {label}: {_brief(text, 500)}" for label, text in value.fields.items()
    )
    parts = [f"**{value.name}**, profile version {value.version}", known]
    if value.missing:
        parts.append(f"Still empty: {', '.join(value.missing).lower()}.")
    return Message(
        "\n\n".join(filter(None, parts)),
        choices=(
            (
                Choice(
                    "Fill in the rest",
                    "memory.interview",
                    {"client_id": str(value.client_id)},
                ),
            )
            if value.missing
            else ()
        ),
    )


def _answered(value: Answered) -> Message:
    return Message("Skipped." if value.skipped else "Noted.")


def _left(_: Left) -> Message:
    return Message("All right, we leave it there. Just write what you need.")


RENDER: dict[type, Callable[[Any], Message]] = {
    Answered: _answered,
    Chosen: _chosen,
    Clients: _clients,
    Ended: _ended,
    Explained: _explained,
    Left: _left,
    Outputs: _outputs,
    Profile: _profile,
    Resent: lambda _: Message("Sent again."),
    RunDetail: _run,
    Runs: _runs,
    Scored: lambda value: Message(f"Thanks! You gave this {value.score} of 5."),
    SkillList: _skills,
    Started: _started,
    Status: _status,
}
