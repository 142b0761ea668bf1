"""Asking the history: who changed what, and who saw my data."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent.ctx import Ctx, Role
from agent.identity import audit_queries, days
from agent.identity.audit_schemas import (
    AskAudit,
    AskPrivacy,
    AuditLine,
    AuditLog,
    Change,
)
from agent.identity.history import OPERATORS
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Order, Paged

NEWEST = Order("audit", UUID)
EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}

OPEN = frozenset(
    {
        *("client", "workspace", "member", "invitation", "chat", "connection"),
        *("api_key", "workspace_key", "budget", "limit", "model", "skill"),
        *("rule", "test", "refusal", "operation"),
    }
)
"""Kinds of things whose values the whole team may see. All others may hold words that
somebody said in private, so only who changed them sees the values."""

SHOWN = 500
"""Characters of one value in a line."""


@operation(
    "identity.audit",
    effect=Effect.READ,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "audit",
        takes=("about",),
        in_menu=True,
        says=(
            r"who (?:has )?changed (?:our|my|the) (?P<about>[\w -]+)",
            r"who (?:has )?changed (?P<name>.+?)['\u2019]s? (?P<about>[\w -]+)",
            r"(?:show (?:me )?)?(?:the )?audit(?: log)?(?: since (?P<since>.+))?",
            r"what did (?P<who>[\w .-]+?) change(?: since (?P<since>.+))?",
        ),
    ),
    example={"about": "price"},
    personal=True,
)
async def show_audit(ctx: Ctx, p: AskAudit) -> AuditLog:
    """See who changed what: when, from what to what, and from where.

    Owners and admins see everything, members what concerns themselves and the clients.

    Raises:
        NoSuchDay: ``since`` names no day.
        BadCursor: The cursor is not of this list.
    """
    current = ctx.caller.client_id
    asked = _asked(ctx, p) | {
        "sees_all": ctx.caller.role >= Role.ADMIN,
        "about": _stem(p.about),
        "label": " ".join(p.name.casefold().split()),
        "who": p.who.strip().casefold(),
        "client_id": str(current) if current and p.about and not p.name else None,
        "since": _since(ctx, p.since),
    }
    rows = await audit_queries.audit(ctx.session, asked)
    about = " ".join(filter(None, (p.name and f"{p.name}'s", p.about)))
    return _log(ctx, p, rows, about)


@operation(
    "identity.privacy",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "privacy",
        says=(r"who (?:has )?(?:saw|seen|looked at) my data", r"my privacy log"),
    ),
    example={"limit": 20},
    personal=True,
)
async def show_privacy(ctx: Ctx, p: AskPrivacy) -> AuditLog:
    """See who saw, shared or took out data of yours.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    asked = _asked(ctx, p) | {"since": None}
    rows = await audit_queries.privacy(ctx.session, asked)
    return _log(ctx, p, rows, "your data")


def _asked(ctx: Ctx, p: Paged) -> dict[str, Any]:
    return {
        "workspace_id": ctx.caller.workspace_id,
        "user_id": ctx.caller.user_id,
        "me": str(ctx.caller.user_id),
        "before": NEWEST.after(p),
        "n": p.limit + 1,
    }


def _since(ctx: Ctx, words: str) -> Any:
    if not words.strip():
        return None
    return days.begins(words, ctx.clock.now(), ctx.caller.timezone)


def _stem(about: str) -> str:
    # "prices" and "price" are one; fields are written in lower case.
    word = "_".join(about.casefold().split())
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _log(ctx: Ctx, p: Paged, found: list[RowMapping], about: str) -> AuditLog:
    rows, more = NEWEST.cut(found, p, lambda row: row["id"])
    lines = [_line(ctx, row) for row in rows]
    return AuditLog(about=about, lines=lines, next_cursor=more)


def _line(ctx: Ctx, row: RowMapping) -> AuditLine:
    is_mine = row["actor_id"] == ctx.caller.user_id
    is_open = row["stream_type"] in OPEN or is_mine
    sees_where = is_mine or ctx.caller.role >= Role.ADMIN
    return AuditLine(
        event_id=row["id"],
        at=row["occurred_at"],
        who=_who(row, is_mine=is_mine),
        action=_action(row),
        subject=row["stream_type"],
        label=row["label"] if is_open else "",
        changes=_changes(row, is_open=is_open),
        is_private=not is_open,
        channel=row["channel"],
        address=(row["address"] or "") if sees_where else "",
    )


def _who(row: RowMapping, *, is_mine: bool) -> str:
    name = "you" if is_mine else row["actor"] or "somebody who left"
    match row["actor_type"]:
        case "agent":
            return f"the assistant, for {name}"
        case "system" if row["channel"] == OPERATORS:
            return "whoever runs this installation"
        case "system":
            return "I myself"
        case _:
            return name


def _action(row: RowMapping) -> str:
    if row["stream_type"] == "refusal":
        return f"refused: {row['data'].get('operation', '')}"
    return str(row["type"])


def _changes(row: RowMapping, *, is_open: bool) -> list[Change]:
    before, after = row["before"] or {}, row["after"] or {}
    return [
        Change(
            field=field,
            before=_value(before.get(field)) if is_open else None,
            after=_value(after.get(field)) if is_open else None,
        )
        for field in {**before, **after}
    ]


def _value(value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return told if len(told) <= SHOWN else f"{told[: SHOWN - 1]}…"


OPERATIONS = (show_audit, show_privacy)
