"""What became of an answer's messages, in words; and what can be done about it."""

from datetime import datetime

from sqlalchemy import RowMapping

from agent.mailroom import ends
from agent.mailroom.schemas import Choice, Message
from agent.runs.schemas import RunDetail, Shown

READY = {
    "completed": "The answer to run #{number} is ready",
    "waiting_input": "I have a question about run #{number}",
    "waiting_approval": "A draft of run #{number} waits for a yes",
}
WRITTEN = {
    "completed": "The answer is written",
    "waiting_input": "I have a question",
    "waiting_approval": "The draft is written",
}


def undelivered(run: RowMapping, lost: RowMapping) -> Message:
    """Tell a person, at another door, what did not get through at the first."""
    fate = ends.explained(lost["channel"], lost["error"])
    door = ends.DOORS.get(lost["channel"], lost["channel"])
    what = READY.get(run["status"], "Run #{number} has ended").format(**run)
    text = f"{what}, but {door} did not take it: {fate.said}."
    if lost["private_chat_id"] is not None:
        # What a group may read is not shown elsewhere, to nobody of it.
        again = f"Then `/run {run['number']}` shows it in that chat."
        return Message(f"{text} It is kept. {fate.helps} {again}", purpose="notice")
    return Message(
        f"{text} It is kept.\n\n{fate.helps}",
        choices=(_here(lost["id"]),),
        purpose="notice",
    )


def told(run: RunDetail) -> tuple[str, tuple[Choice, ...]]:
    """What /run says of the messages of its answer; nothing when all is well."""
    worst = min(run.shown, key=lambda one: _RANK[one.state], default=None)
    if worst is None:
        return "", ()
    match worst.state:
        case "failed":
            return _lost(run, worst), (_here(worst.delivery_id),)
        case "unsure":
            ref = {"delivery_id": str(worst.delivery_id)}
            text = f"A part of the answer may not have arrived: {worst.reason}."
            return text, (Choice("Send it again", "mailroom.resend", ref),)
        case "trying":
            return _trying(worst, run.read_at), ()
    return "", ()


MINUTE = 60
_RANK = {"failed": 0, "unsure": 1, "trying": 2, "waiting": 3, "shown": 4}


def _lost(run: RunDetail, shown: Shown) -> str:
    what = WRITTEN.get(run.status, "The last message about it is written")
    text = f"{what}, but {shown.door} did not take it: {shown.reason}."
    parts = sum(one.state == "failed" for one in run.shown)
    some = f" That is so of {parts} of its {len(run.shown)} messages."
    is_part = 1 <= parts < len(run.shown)
    return f"{text}{some if is_part else ''} It is kept. {shown.helps}"


def _trying(shown: Shown, now: datetime) -> str:
    often = "once" if shown.tries == 1 else f"{shown.tries} times"
    due = shown.next_try_at
    wait_s = max(round((due - now).total_seconds()), 1) if due else 0
    when = f"in {wait_s} s" if 0 < wait_s < MINUTE else "within minutes"
    return (
        f"It does not stand in {shown.door} yet: {shown.reason}. I tried {often}, and "
        f"try again {when}, for a day at most."
    )


def _here(delivery_id: object) -> Choice:
    return Choice("Show it here", "mailroom.resend", {"delivery_id": str(delivery_id)})
