"""Consents: a person's yes to one call, asked for on a card, used once.

The row is the truth. It is bound to the operation, the asker and the very parameters
(``gate.params_hash``); whoever decides first has decided; the gate uses a yes up in
the transaction of the call it was given for. Only people decide: see ``ensure_person``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Ctx, Role, Via
from agent.errors import Conflict, Forbidden, NeedsApproval, NotFound
from agent.gate import ensure_role
from agent.runs import consent_queries
from agent.runs.pause_schemas import DECIDE_WITHIN

PRESS_WITHIN = timedelta(days=1)
"""How long a person's own card may be pressed."""


class CallNotFound(NotFound):
    """No such card, or one that is put to somebody else."""

    code = "call_not_found"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "That card is not yours to press, or is no longer there.",
            hint="Whoever asked for it can.",
        )


class CallClosed(Conflict):
    """The card was decided, came too late, or is no longer asked about."""

    code = "call_closed"

    def __init__(self, row: Mapping[str, Any], who: str) -> None:
        """Say what became of it, and by whom where somebody decided."""
        said = {
            "approved": f"That was already approved by {who}.",
            "rejected": f"That was already turned down by {who}.",
            "revision_requested": f"{who.capitalize()} asked for a change already.",
            "cancelled": "That is no longer asked about.",
        }
        late = "That card is too old to be pressed."
        again = "" if row["status"] in {"approved", "rejected"} else "Ask for it anew."
        super().__init__(said.get(row["status"], late), hint=again)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for on a card."""

    summary: str = ""
    """The question in words, as the card has it."""
    run_id: UUID | None = None
    """The run whose model made the call; None: a person did."""
    pause: str = ""
    """The wait of that run which a decision ends: ``2:consent-1``."""
    by_press: bool = True
    """The press itself makes the call; False: whoever asked makes it once more."""


PRESSED = Asked()
REPEATED = Asked(by_press=False)
"""For callers who are not in a chat: they call again, with the card's id."""


async def ask(ctx: Ctx, needs: NeedsApproval, asked: Asked = PRESSED) -> UUID:
    """Ask for a yes to the call that the gate held back; the id of the card.

    While a card for this very call is open, that one is returned.
    """
    request = {
        "operation": needs.operation,
        "params": needs.params,
        "summary": asked.summary,
        "pause": asked.pause,
        "by_press": asked.by_press,
    }
    within = DECIDE_WITHIN if asked.run_id else PRESS_WITHIN
    return await consent_queries.ask(
        ctx.session,
        {
            "workspace_id": ctx.caller.workspace_id,
            "user_id": ctx.caller.user_id,
            "run_id": asked.run_id,
            "params_hash": bytes.fromhex(needs.params_hash),
            "role": needs.role,
            "request": json.dumps(request),
            "seconds": within.total_seconds(),
        },
    )


async def find(session: AsyncSession, call_id: UUID) -> RowMapping | None:
    """One card, if the caller can see it."""
    return await consent_queries.find(session, call_id)


async def open_one(ctx: Ctx, call_id: UUID) -> RowMapping:
    """The card, if this caller may decide about it.

    A person's own call is theirs alone; a model's is anybody's who can read the run
    and stands high enough.

    Raises:
        CallNotFound: There is none, or it is put to somebody else.
        CallClosed: It is decided, late or withdrawn.
        Forbidden: No person presses, or the call needs somebody higher.
    """
    ensure_person(ctx.caller)
    row = await consent_queries.find(ctx.session, call_id)
    is_mine = row is not None and row["requested_by_id"] == ctx.caller.user_id
    if row is None or not (row["run_id"] or is_mine):
        raise CallNotFound
    # What the asker may do is for the gate to say, when the call is made.
    if not is_mine:
        ensure_role(ctx.caller, Role[row["required_role"].upper()])
    if row["status"] != "pending" or row["is_late"]:
        raise closed(ctx.caller, dict(row))
    return row


async def decide(ctx: Ctx, call_id: UUID, status: str, *, feedback: str = "") -> None:
    """Keep the decision, with who, when and where.

    ``status``: ``approved``, ``rejected`` or ``revision_requested``.

    Raises:
        CallClosed: Somebody was quicker, or it is too late.
    """
    kept = {
        "id": call_id,
        "status": status,
        "user_id": ctx.caller.user_id,
        "channel": ctx.caller.channel,
        "feedback": feedback or None,
    }
    if not await consent_queries.decide(ctx.session, kept):
        row = await consent_queries.find(ctx.session, call_id)
        raise closed(ctx.caller, dict(row)) if row else CallNotFound


def closed(caller: Caller, row: Mapping[str, Any]) -> CallClosed:
    """What a card that is over tells this caller."""
    is_mine = row["decided_by_id"] == caller.user_id
    return CallClosed(row, "you" if is_mine else row["decided_by"] or "a colleague")


def ensure_person(caller: Caller) -> None:
    """Return when a person decides, in a chat or on a page of theirs.

    A program with a person's key could else approve what it asked for itself.

    Raises:
        Forbidden: A model, an API key or the operator's machine decides.
    """
    if caller.via is not Via.PERSON or caller.scopes is not None:
        raise Forbidden(
            "Only a person can approve that, with a press.",
            hint="Open the chat or the web page and press there.",
        )
