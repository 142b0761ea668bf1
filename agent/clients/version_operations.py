"""What can be asked of a profile's versions: none is ever changed or lost."""

from uuid import UUID

from agent.clients import brands, editing, facts, version_queries, versions
from agent.clients.editing import Intent
from agent.clients.facts import BY_FIELD
from agent.clients.operations import EVERYWHERE, NAME, named
from agent.clients.schemas import OneClient
from agent.clients.version_schemas import (
    AskComparison,
    AskHistory,
    AskVersion,
    Comparison,
    Difference,
    OneVersion,
    VersionRestored,
    Versions,
)
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, operation
from agent.shapes import Order

NEWEST = Order("versions", int)


@operation(
    "clients.history",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "client history",
        takes=("name",),
        says=(r"(?:show )?(?:the )?history of client (?P<name>.+)",),
    ),
    example={"name": "Yaz Automate"},
)
async def client_history(ctx: Ctx, p: AskHistory) -> Versions:
    """List the versions of a client's profile: who changed what, and when.

    Raises:
        NoClientChosen, NoSuchClient, NearClients, ClientArchived: Whose is not clear.
        BadCursor: The cursor is not of this list.
    """
    client_id = await named(ctx, OneClient(name=p.name))
    brand = await brands.profile_of(ctx.session, client_id)
    before = NEWEST.after(p)
    found = await version_queries.page(
        ctx.session, client_id, before=before, n=p.limit + 1
    )
    rows, more = NEWEST.cut(found, p, lambda row: row["number"])
    return Versions(
        client_id=client_id,
        name=brand.name,
        current=brand.version,
        lines=[versions.line(row) for row in rows],
        next_cursor=more,
    )


@operation(
    "clients.version",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command("client version", takes=("when",)),
    example={"name": "Yaz Automate", "when": "yesterday"},
)
async def client_version(ctx: Ctx, p: AskVersion) -> OneVersion:
    """Show a client's profile as it stood: by a version's number, or by a day.

    Raises:
        NoClientChosen, NoSuchClient, NearClients, ClientArchived: Whose is not clear.
        NoSuchVersion, NoSuchDay: There is no such state.
    """
    client_id = await named(ctx, OneClient(name=p.name))
    brand = await brands.profile_of(ctx.session, client_id)
    number = await _number(ctx, client_id, p.when, brand.version)
    row = await editing.version(ctx.session, client_id, number)
    return OneVersion(
        client_id=client_id,
        name=brand.name,
        current=brand.version,
        version=versions.line(row),
        parts=versions.parts(row),
    )


@operation(
    "clients.compare",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command("client compare", takes=("old", "new")),
    example={"name": "Yaz Automate", "old": 1, "new": 2},
)
async def compare_versions(ctx: Ctx, p: AskComparison) -> Comparison:
    """Compare two versions of a client's profile, line by line.

    Raises:
        NoClientChosen, NoSuchClient, NearClients, ClientArchived: Whose is not clear.
        NoSuchVersion: One of them is not there.
    """
    client_id = await named(ctx, OneClient(name=p.name))
    brand = await brands.profile_of(ctx.session, client_id)
    old, new = p.old, p.new or brand.version
    before, after = await _told(ctx, client_id, old), await _told(ctx, client_id, new)
    lines = [
        Difference(
            label=fact.label, before=before.get(field, ""), after=after.get(field, "")
        )
        for field, fact in BY_FIELD.items()
        if before.get(field) != after.get(field)
    ]
    return Comparison(
        client_id=client_id, name=brand.name, old=old, new=new, lines=lines
    )


@operation(
    "clients.restore_version",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client rewind",
        takes=("when",),
        says=(
            rf"(?:rewind|restore) {NAME} to (?:version )?(?P<when>.{{1,40}})",
            r"(?:rewind to|restore) version (?P<when>\d+)(?: of (?P<name>.+))?",
        ),
    ),
    example={"name": "Yaz Automate", "when": "1"},
)
async def restore_version(ctx: Ctx, p: AskVersion) -> VersionRestored:
    """Bring back an earlier state of a client's profile, as a new version.

    Raises:
        NoClientChosen, NoSuchClient, NearClients, ClientArchived: Whose is not clear.
        NoSuchVersion, NoSuchDay: There is no such state.
    """
    client_id = await named(ctx, OneClient(name=p.name))
    brand = await brands.profile_of(ctx.session, client_id)
    number = await _number(ctx, client_id, p.when, brand.version - 1)
    then = facts.settled(await editing.version(ctx.session, client_id, number))
    intent = Intent(lambda _: then, "restore", f"Version {number} restored")
    done = await editing.change(ctx, client_id, intent)
    return VersionRestored(
        client_id=client_id,
        name=done.name,
        restored=number,
        version=done.version,
        is_new=done.version != brand.version,
    )


async def _number(ctx: Ctx, client_id: UUID, when: str, otherwise: int) -> int:
    if not when.strip():
        return otherwise
    return await versions.number_then(ctx, client_id, when)


async def _told(ctx: Ctx, client_id: UUID, number: int) -> dict[str, str]:
    if number == 0:
        return {}
    return facts.told(
        facts.settled(await editing.version(ctx.session, client_id, number))
    )


OPERATIONS = (client_history, client_version, compare_versions, restore_version)
