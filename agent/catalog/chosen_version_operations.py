"""Choosing by which version of a skill work here goes."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import carrying, overtaken, own_versions, version_reading
from agent.catalog import own_version_queries as queries
from agent.catalog.version_errors import BothReworded, MovedOn, NothingBefore, UpToDate
from agent.catalog.version_operations import NUMBER, SKILL
from agent.catalog.version_schemas import (
    OneSkillsVersions,
    PinVersion,
    RollBack,
    RolledBack,
    UnpinVersion,
    VersionPinned,
    VersionTaken,
)
from agent.clients import brands
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change

CHOSEN = {Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP}
WHOSE = r"(?: for (?P<client>.{1,120}))?"


@operation(
    "catalog.pin",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=CHOSEN,
    command=Command(
        "pin",
        takes=("skill", "version", "client"),
        says=(rf"pin {SKILL} (?:to |at )?(?:version )?(?P<version>{NUMBER}){WHOSE}",),
    ),
    example={"skill": "copywriting", "version": "1.0.0", "client": "Acme"},
)
async def pin_version(ctx: Ctx, p: PinVersion) -> VersionPinned:
    """Have all work of a skill, or that for one client, go by a certain version.

    Raises:
        NoSuchVersion: It is not there.
        VersionGone: Its files cannot be had any more.
        NoSuchClient, NearClients, ClientArchived: Whose work is meant is not clear.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    row = await version_reading.named(ctx.session, of, p.version)
    whose = await _whose(ctx, p.client)
    was = await _number(ctx, of, whose)
    await _enforce(ctx, of, row, whose)
    over = await overtaken.ended(ctx, of["id"], "pin")
    return VersionPinned(
        skill=of["name"],
        title=of["title"],
        version=row["version"],
        is_own=row["is_own"],
        was=was,
        client=whose.name,
        follows=False,
        overtaken=over,
    )


@operation(
    "catalog.unpin",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=CHOSEN,
    command=Command(
        "unpin",
        takes=("skill", "client"),
        says=(rf"unpin {SKILL}{WHOSE}",),
    ),
    example={"skill": "copywriting", "client": "Acme"},
)
async def unpin_version(ctx: Ctx, p: UnpinVersion) -> VersionPinned:
    """Have work of a skill go by the default version again, and follow it.

    Raises:
        NoSuchVersion: There is no such skill.
        NoSuchClient, NearClients, ClientArchived: Whose work is meant is not clear.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    whose = await _whose(ctx, p.client)
    was = await _number(ctx, of, whose)
    here = ctx.caller.workspace_id
    await own_versions.follow(ctx.session, here, of["name"], whose.id)
    now = await _number(ctx, of, whose)
    _told(ctx, of, was, now, whose)
    over = await overtaken.ended(ctx, of["id"], "unpin")
    return VersionPinned(
        skill=of["name"],
        title=of["title"],
        version=now,
        is_own=False,
        was=was,
        client=whose.name,
        follows=True,
        overtaken=over,
    )


@operation(
    "catalog.roll_back",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=CHOSEN,
    command=Command(
        "rollback",
        takes=("skill", "to"),
        says=(rf"roll ?back {SKILL}(?: to (?:version )?(?P<to>{NUMBER}))?",),
    ),
    example={"skill": "copywriting"},
)
async def roll_back(ctx: Ctx, p: RollBack) -> RolledBack:
    """Let an earlier version of a skill be in force again; runs under way keep theirs.

    A test that compared with the version that is left is ended.

    Raises:
        NoSuchVersion: It is not there.
        NothingBefore: What is in force is the first.
        MovedOn: Another version is in force than the one that was to be left.
        VersionGone: Its files cannot be had any more.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    now = await version_reading.standing(ctx.session, of)
    if p.leaves and p.leaves != now["version"]:
        raise MovedOn(of["name"], now["version"])
    if p.to:
        row: RowMapping | None = await version_reading.named(ctx.session, of, p.to)
    else:
        row = await version_reading.before(ctx.session, of, now)
    if row is None:
        raise NothingBefore(of["name"], now["version"])
    await _enforce(ctx, of, row, _Whose())
    return RolledBack(
        skill=of["name"],
        title=of["title"],
        version=row["version"],
        was=now["version"],
        overtaken=await overtaken.ended(ctx, of["id"], "roll_back"),
    )


@operation(
    "catalog.take_version",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"skill": "copywriting"},
)
async def take_version(ctx: Ctx, p: OneSkillsVersions) -> VersionTaken:
    """Take the house's newer version of a skill, with your own rules carried over.

    Raises:
        NoSuchVersion: There is no such skill.
        UpToDate: There is no newer one.
        BothReworded: Both sides changed the method; yours stays.
        VersionGone: The files of one of them cannot be had any more.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    own = await version_reading.standing(ctx.session, of)
    house = await version_reading.newer(ctx.session, of, own)
    base = await version_reading.house_of(ctx.session, own)
    if house is None or base is None:
        raise UpToDate(of["name"], own["version"])
    files = [
        await version_reading.file(ctx.objects, of["name"], row)
        for row in (base, own, house)
    ]
    found = carrying.carried(*files)
    if found.is_apart:
        raise BothReworded(of["name"], own["version"], house["version"])
    number = await _taken(ctx, of, house, found)
    _told(ctx, of, own["version"], number, _Whose())
    return VersionTaken(
        skill=of["name"],
        title=of["title"],
        house=house["version"],
        version=number,
        was=own["version"],
        carried=list(found.carried),
        kept=list(found.kept),
        overtaken=await overtaken.ended(ctx, of["id"], "take_version"),
    )


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose work is meant; all of it, where no client is."""

    id: UUID | None = None
    name: str = ""


async def _whose(ctx: Ctx, said: str) -> _Whose:
    name = said.removeprefix("for ").strip()
    if not name:
        return _Whose()
    return _Whose(*await brands.pick(ctx.session, name))


async def _number(ctx: Ctx, of: RowMapping, whose: _Whose) -> str:
    found = await own_versions.in_force(ctx.session, of["id"], whose.id)
    row = await queries.version(ctx.session, found) if found else None
    return row["version"] if row else ""


async def _enforce(ctx: Ctx, of: RowMapping, row: RowMapping, whose: _Whose) -> None:
    was = await _number(ctx, of, whose)
    await own_versions.put_in_force(
        ctx.session,
        ctx.objects,
        ctx.caller.workspace_id,
        of["name"],
        row["id"],
        client_id=whose.id,
    )
    _told(ctx, of, was, row["version"], whose)


def _told(ctx: Ctx, of: RowMapping, was: str, now: str, whose: _Whose) -> None:
    for_whom = {"client": whose.name} if whose.name else {}
    before, after = {"version": was, **for_whom}, {"version": now, **for_whom}
    ctx.changed(Change("skill", of["name"], before, after))


async def _taken(
    ctx: Ctx, of: RowMapping, house: RowMapping, found: carrying.Carried
) -> str:
    """Put the newer version in force, one's own changes in it; its number."""
    here = ctx.caller.workspace_id
    if not found.carried:
        await own_versions.follow(ctx.session, here, of["name"], None)
        number: str = house["version"]
        return number
    made = await own_versions.make(
        ctx.session,
        ctx.objects,
        here,
        of["name"],
        found.texts,
        origin="user",
        changelog=f"{house['version']} with your {', '.join(found.carried)}",
        by=ctx.caller.user_id,
        parent_id=house["id"],
    )
    await own_versions.put_in_force(
        ctx.session, ctx.objects, here, of["name"], made.version_id
    )
    return made.version


OPERATIONS = (pin_version, unpin_version, roll_back, take_version)
