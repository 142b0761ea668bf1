"""Each direct message begins a thread, as Slack's agent view has it. Pure.

There a thread is a session: it has a title, a status, a Stop, and answers that stream.
Outside threads none of that can be had.
"""

from collections.abc import Sequence
from dataclasses import replace

from channels.contract import ChatKind, Keep, Kind, Received

WRITTEN = {Kind.MESSAGE, Kind.EDIT}


def threaded(keep: Keep) -> Keep:
    """Keep direct messages as the beginnings of threads."""

    async def keep_threaded(received: Sequence[Received]) -> None:
        await keep([in_thread(one) for one in received])

    return keep_threaded


def in_thread(received: Received) -> Received:
    """The same, answered in a thread under what was written to us directly."""
    seen = received.inbound
    if seen is None or seen.thread or seen.kind not in WRITTEN:
        return received
    if seen.chat_kind is not ChatKind.PRIVATE:
        return received
    return replace(received, inbound=replace(seen, thread=seen.message_id))
