"""The console's own results in words: the way in, sessions, what was found."""

from collections.abc import Callable
from typing import Any

from agent.identity.console_operations import WayIn
from agent.identity.session_operations import Sessions, SessionsEnded
from agent.mailroom.schemas import Choice, Message
from agent.runs.search_operations import FoundOutputs, FoundRuns
from bot.render.words import STATUS_WORDS, brief

LISTED = 10
FADED = (
    "A sign-in link for the console stood here. It is not kept; write `console` for a "
    "new one."
)
LOCAL = (
    "I can be reached only from the machine I run on, so open the link there. Whoever "
    "runs me can set PUBLIC_URL to open the console from elsewhere."
)


def _way_in(value: WayIn) -> Message:
    if not value.minutes:
        return Message(f"You are signed in already: [open the console]({value.url}).")
    parts = [
        f"Here is your way into the console:\n\n{value.url}",
        f"It works once, for {value.minutes} minutes, and it signs in as you.",
    ]
    if value.is_local:
        parts.append(LOCAL)
    return Message("\n\n".join(parts), once=FADED)


def _sessions(value: Sessions) -> Message:
    if not value.lines:
        return Message("You are signed in nowhere. `console` gives you a link.")
    listed = "\n".join(
        f"- **{line.device}** from {line.address or 'an unknown address'}, "
        f"last used {line.last_seen_at:%d %b %H:%M} UTC"
        for line in value.lines[:LISTED]
    )
    choices = [
        Choice(
            f"Sign out {line.device}",
            "identity.end_session",
            {"session_id": str(line.session_id)},
            row=row,
        )
        for row, line in enumerate(value.lines[:3])
    ]
    everywhere = Choice("Sign out everywhere", "identity.end_session", row=len(choices))
    return Message(
        f"Where you are signed in:\n\n{listed}", choices=(*choices, everywhere)
    )


def _ended(value: SessionsEnded) -> Message:
    if not value.count:
        return Message("You were signed in nowhere.")
    where = "one browser" if value.count == 1 else f"{value.count} browsers"
    return Message(f"Done: {where} signed out. `console` gets you back in.")


def _runs(value: FoundRuns) -> Message:
    if not value.lines:
        return Message("No run fits that.")
    listed = "\n".join(
        f"- **#{line.number}** {line.title}, "
        f"{STATUS_WORDS.get(line.status, line.status)} - {brief(line.asked, 80)}"
        for line in value.lines
    )
    return Message(f"Runs that fit:\n\n{listed}")


def _outputs(value: FoundOutputs) -> Message:
    if not value.lines:
        return Message("No piece fits that.")
    listed = "\n".join(
        f"- **#{line.number}** {line.title}"
        + (f", rated {line.score:.1f}" if line.score is not None else "")
        for line in value.lines
    )
    return Message(f"Pieces that fit:\n\n{listed}")


WORDS: dict[type, Callable[[Any], Message]] = {
    FoundOutputs: _outputs,
    FoundRuns: _runs,
    Sessions: _sessions,
    SessionsEnded: _ended,
    WayIn: _way_in,
}
