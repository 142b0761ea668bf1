"""Changing a profile: every change is the next version, and none is lost or hidden.

The brand's stream decides who comes first. Who comes second reads the new state and
does it again; only where both told the same thing anew, and the second had looked at
the older version, are they asked what they want.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import facts, profile, queries, version_queries
from agent.clients.errors import ClientArchived, ClientGone, NoSuchVersion, StaleEdit
from agent.clients.facts import BY_FIELD, COLUMNS, EMPTY, Columns, Row
from agent.ctx import Caller, Ctx, Via
from agent.identity import streams
from agent.identity.streams import Fact, Stream
from agent.ports import Change

Edit = Callable[[Columns], Columns]


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants to be changed."""

    edit: Edit
    origin: str
    """``interview``, ``edit``, ``restore``"""
    changelog: str = ""
    """A line for the history; empty: the fields that were changed."""
    fields: frozenset[str] = frozenset()
    """What it is about, to tell whether a later version crossed it."""
    expected: int | None = None
    """The version that they had looked at; None: whichever is in force."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of it."""

    client_id: UUID
    name: str
    version: int
    before: dict[str, str]
    """The changed fields, as they were."""
    after: dict[str, str]
    """The changed fields as they are; empty with ``before``: nothing was new."""


async def change(ctx: Ctx, client_id: UUID, intent: Intent) -> Edited:
    """Make the next version; where nothing is new, the present one stays.

    Raises:
        ClientGone, ClientArchived: There is nothing to change.
        StaleEdit: The same was told anew since the version that was looked at.
        Stale: Too many others change it at this moment.
    """
    return await streams.retried(lambda: _change(ctx, client_id, intent))


async def _change(ctx: Ctx, client_id: UUID, intent: Intent) -> Edited:
    row = await in_use(ctx.session, client_id)
    await _ensure_fresh(ctx, row, intent)
    old = facts.settled(row)
    new = intent.edit(old)
    before, after = _differing(facts.told(old), facts.told(new))
    edited = Edited(client_id, row["name"], row["version"], before, after)
    if not (before or after):
        return edited
    number = await _freeze(ctx, row, new, intent, [*before, *after])
    ctx.changed(
        Change(
            "client",
            str(client_id),
            before={_as_key(field): text for field, text in before.items()},
            after={_as_key(field): text for field, text in after.items()},
            label=row["name"],
        )
    )
    return Edited(client_id, row["name"], number, before, after)


async def in_use(session: AsyncSession, client_id: UUID) -> Row:
    """A brand with its profile.

    Raises:
        ClientGone: It is not in this workspace.
        ClientArchived: It was put away.
    """
    row = await queries.current(session, client_id)
    if row is None:
        raise ClientGone
    if row["archived_at"] is not None:
        raise ClientArchived(row["name"])
    return row


async def renamed(ctx: Ctx, client_id: UUID, before: str) -> int:
    """Freeze the profile under the brand's new name; the version's number."""

    async def once() -> int:
        now = await in_use(ctx.session, client_id)
        intent = Intent(lambda same: same, "edit", f"Renamed from {before}")
        return await _freeze(ctx, now, facts.settled(now), intent, [])

    return await streams.retried(once)


async def version(session: AsyncSession, client_id: UUID, number: int) -> Row:
    """One frozen version.

    Raises:
        NoSuchVersion: There is none of that number.
    """
    row = await version_queries.one(session, client_id, number)
    if row is None:
        raise NoSuchVersion(number)
    return row


async def replayed(
    session: AsyncSession, client_id: UUID, until: int | None = None
) -> Columns:
    """The profile as the stream's facts make it, up to a number; for comparison."""
    return await streams.replay(session, stream(client_id), fold, EMPTY, until=until)


def fold(columns: Columns, fact: Fact) -> Columns:
    """The state after one more fact."""
    return dict(columns) | dict(fact.data["changed"])


def stream(client_id: UUID) -> Stream:
    """The history of a brand's profile."""
    return Stream("client", str(client_id))


async def _freeze(
    ctx: Ctx, row: Row, new: Columns, intent: Intent, fields: list[str]
) -> int:
    old = facts.columns(row)
    labels = dict.fromkeys(BY_FIELD[field].label for field in fields)
    said = intent.changelog or f"{', '.join(labels)} changed"
    if row["version"]:
        begun = Fact("client.found", {"changed": old})
        its = stream(row["id"])
        await streams.begin(ctx.session, ctx.caller, its, begun, at=row["version"])
    told = {name: new[name] for name in COLUMNS if new[name] != old[name]}
    fact = Fact(f"client.{PAST[intent.origin]}", {"changed": told, "changelog": said})
    number = await streams.append(
        ctx.session, ctx.caller, stream(row["id"]), fact, expected=row["version"]
    )
    values = {
        **new,
        **_signed(ctx.caller, intent),
        "client_id": row["id"],
        "number": number,
        "changelog": said,
        "summary": profile.summary(row["name"], facts.told(new)),
    }
    await version_queries.insert(ctx.session, values)
    await queries.advance(ctx.session, row["id"], number)
    return number


PAST = {"interview": "told", "edit": "edited", "restore": "restored"}


def _signed(caller: Caller, intent: Intent) -> dict[str, Any]:
    return {
        "workspace_id": caller.workspace_id,
        "author_id": caller.user_id,
        "origin": intent.origin,
    }


async def _ensure_fresh(ctx: Ctx, row: Row, intent: Intent) -> None:
    if intent.expected is None or intent.expected == row["version"]:
        return
    seen = facts.settled(await _seen(ctx.session, row, intent.expected))
    before, after = _differing(facts.told(seen), facts.told(facts.settled(row)))
    crossed = sorted({*before, *after} & intent.fields)
    # A person means the part they named. A model may have reasoned from all of them.
    if crossed or ctx.caller.via is not Via.PERSON:
        latest = await version(ctx.session, row["id"], row["version"])
        raise StaleEdit(row["name"], latest, intent.expected)


async def _seen(session: AsyncSession, row: Row, number: int) -> Row:
    if number == 0:
        return dict(EMPTY)
    return await version(session, row["id"], number)


def _differing(
    old: dict[str, str], new: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    fields = [field for field in BY_FIELD if old.get(field) != new.get(field)]
    before = {field: old[field] for field in fields if field in old}
    return before, {field: new[field] for field in fields if field in new}


def _as_key(field: str) -> str:
    part = BY_FIELD[field].part
    return field if field == part else f"{part}.{field}"
