"""What arrived in several messages and is one: an album, a long paste, a comment.

The inbox claims the parts together (``claim_inbox``); here they become one inbound
again, in order, with nothing of any of them left out.
"""

from collections.abc import Sequence
from dataclasses import replace

from agent.mailroom.schemas import Claimed
from channels.contract import Inbound

FORWARDED = "forwarded"
"""In ``Inbound.extra``: somebody else said it first."""


def inbound_of(item: Claimed) -> Inbound:
    """What was done, whole."""
    return joined([_read(row) for row in item.rows])


def joined(parts: Sequence[Inbound]) -> Inbound:
    """The first part with the words, files and quotes of all."""
    first, *rest = parts
    if not rest:
        return first
    return replace(
        first,
        text=_text(parts),
        attachments=tuple(file for part in parts for file in part.attachments),
        quoted=tuple(quote for part in parts for quote in part.quoted),
        addressed=any(part.addressed for part in parts),
        extra={**_passed_on(parts), **first.extra},
    )


def _passed_on(parts: Sequence[Inbound]) -> dict[str, str]:
    # What is heard in one of several recordings may be somebody else's words.
    return {FORWARDED: "yes"} if any(FORWARDED in part.extra for part in parts) else {}


def _read(row: Claimed) -> Inbound:
    return Inbound.from_payload({k: v for k, v in row.payload.items() if k != "team"})


def _text(parts: Sequence[Inbound]) -> str:
    told = [part for part in parts if part.text]
    pieces = []
    for part in told:
        # A paste was cut at a line's end or a blank, which went with the cut.
        pieces += [part.text, "\n" if "long" in part.extra else "\n\n"]
    return "".join(pieces[:-1])
