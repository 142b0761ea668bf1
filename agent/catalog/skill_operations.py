"""What can be asked about one skill: seen, switched, saved, renamed, deleted."""

from typing import Any

from sqlalchemy import RowMapping

from agent.catalog import keeping, own_queries, stock_queries
from agent.catalog.keeping import SkillNotThere
from agent.catalog.skill_schemas import (
    NewName,
    OneSkill,
    SkillCard,
    SkillDropped,
    SkillRenamed,
    SkillSaved,
    Switched,
)
from agent.catalog.skillfile import SkillFile
from agent.catalog.versions import Versions
from agent.ctx import Ctx, Role
from agent.errors import BadInput, Conflict
from agent.gate import ensure_role
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change

ANYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP}
SHOWN_CALLS = 4


class NothingToSave(Conflict):
    """There is no draft of that skill."""

    code = "nothing_to_save"

    def __init__(self, name: str) -> None:
        """Name it."""
        super().__init__(
            f"There is no draft of {name} any more.", hint="/new skill begins one."
        )


@operation(
    "catalog.skill",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*ANYWHERE, Surface.TOOL},
    command=Command(
        "skill",
        takes=("name",),
        says=(r"(?:show )?(?:the )?skill (?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)",),
    ),
    example={"name": "copywriting"},
)
async def show_skill(ctx: Ctx, p: OneSkill) -> SkillCard:
    """See what a skill delivers, asks and checks, and how people find its work.

    Raises:
        SkillNotThere: There is none of that name.
    """
    row = await _found(ctx, p.name)
    draft = await own_queries.draft(ctx.session, row["id"])
    shown = row if row["storage_key"] else draft
    file = await Versions(ctx.objects).plain(shown["storage_key"]) if shown else None
    n, mean = await own_queries.score(ctx.session, row["id"])
    return SkillCard(
        **_facts(row, file),
        may_change=ctx.caller.role >= _lowest(row),
        wish=dict(shown["llm_config"].get("wish", {})) if shown else {},
        n=n,
        mean=mean,
    )


@operation(
    "catalog.skill_off",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=ANYWHERE,
    command=Command(
        "skills off",
        takes=("name",),
        says=(r"(?:turn|switch) off (?:the )?skill (?P<name>[a-z0-9-]+)",),
    ),
    example={"name": "popup-cro"},
)
async def switch_off(ctx: Ctx, p: OneSkill) -> Switched:
    """Turn a skill off in this workspace; a built-in one takes an admin.

    Raises:
        SkillNotThere: There is none of that name.
        Forbidden: It is the house's, and the caller is no admin.
    """
    return await _switch(ctx, p.name, is_on=False)


@operation(
    "catalog.skill_on",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=ANYWHERE,
    command=Command(
        "skills on",
        takes=("name",),
        says=(r"(?:turn|switch) on (?:the )?skill (?P<name>[a-z0-9-]+)",),
    ),
    example={"name": "popup-cro"},
)
async def switch_on(ctx: Ctx, p: OneSkill) -> Switched:
    """Turn a skill on again in this workspace; a built-in one takes an admin.

    Raises:
        SkillNotThere: There is none of that name.
        NothingToSave: It was never saved.
        Forbidden: It is the house's or was imported, and the caller is no admin.
    """
    return await _switch(ctx, p.name, is_on=True)


@operation(
    "catalog.save_skill",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST},
    example={"name": "linkedin-hook"},
)
async def save_skill(ctx: Ctx, p: OneSkill) -> SkillSaved:
    """Put the newest draft of an own skill in force; an imported one only an admin.

    Raises:
        SkillNotThere, NothingToSave: There is nothing of that name to save.
        Forbidden: It was imported, and the caller is no admin.
    """
    row = await _found(ctx, p.name)
    draft = await own_queries.draft(ctx.session, row["id"])
    if draft is None:
        raise NothingToSave(p.name)
    _ensure_may(ctx, draft)
    file = await keeping.save(ctx, row["id"], draft)
    ctx.changed(Change("skill", file.name, None, {"version": file.version}))
    return SkillSaved(
        name=file.name,
        title=file.title,
        version=file.version,
        calls=list(file.triggers[:SHOWN_CALLS]),
    )


@operation(
    "catalog.drop_skill",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST},
    example={"name": "linkedin-hook"},
)
async def drop_skill(ctx: Ctx, p: OneSkill) -> SkillDropped:
    """Put away a draft that was not saved; what is in force stays.

    Raises:
        SkillNotThere: There is none of that name.
        Forbidden: It was imported, and the caller is no admin.
    """
    row = await _found(ctx, p.name)
    _ensure_own(row)
    _ensure_may(ctx, await own_queries.draft(ctx.session, row["id"]))
    is_whole = row["current_version"] is None
    if is_whole:
        await own_queries.delete(ctx.session, row["id"])
    else:
        await own_queries.retire_drafts(ctx.session, row["id"])
    return SkillDropped(name=row["name"], is_whole=is_whole)


@operation(
    "catalog.rename_skill",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=ANYWHERE,
    command=Command("skill rename", takes=("name", "to")),
    example={"name": "linkedin-hook", "to": "hooks"},
)
async def rename_skill(ctx: Ctx, p: NewName) -> SkillRenamed:
    """Give a skill of your own another name.

    Raises:
        SkillNotThere: There is none of that name.
        NothingToSave: It was never saved.
        Forbidden: It was imported, and the caller is no admin.
        NameTaken, BadInput: The new name cannot be had, or it is the house's.
    """
    row = await _found(ctx, p.name)
    _ensure_own(row)
    _ensure_may(ctx, row)
    if row["current_version"] is None:
        raise NothingToSave(p.name)
    await keeping.ensure_free(ctx, p.to)
    await keeping.rename(ctx, row, p.to)
    ctx.changed(Change("skill", p.to, {"name": row["name"]}, {"name": p.to}))
    return SkillRenamed(name=p.to, was=row["name"])


@operation(
    "catalog.delete_skill",
    effect=Effect.DESTROY,
    role=Role.ADMIN,
    on=ANYWHERE,
    command=Command("skill delete", takes=("name",)),
    example={"name": "linkedin-hook"},
)
async def delete_skill(ctx: Ctx, p: OneSkill) -> SkillDropped:
    """Delete a skill of the workspace's own, with all its versions.

    Raises:
        SkillNotThere: There is none of that name.
        Forbidden: It is the house's.
    """
    row = await _found(ctx, p.name)
    _ensure_own(row)
    await own_queries.delete(ctx.session, row["id"])
    await stock_queries.announce(ctx.session)
    before = {"version": row["current_version"]}
    ctx.changed(Change("skill", row["name"], before, None))
    return SkillDropped(name=row["name"], is_whole=True)


async def _switch(ctx: Ctx, name: str, *, is_on: bool) -> Switched:
    row = await _found(ctx, name)
    ensure_role(ctx.caller, _lowest(row))
    if row["is_system"]:
        here = ctx.caller.workspace_id
        await own_queries.set_here(ctx.session, here, row["id"], is_on=is_on)
    elif row["current_version"] is None:
        raise NothingToSave(name)
    else:
        await own_queries.set_active(ctx.session, row["id"], is_on=is_on)
    await stock_queries.announce(ctx.session)
    ctx.changed(Change("skill", row["name"], None, {"is_on": is_on}))
    return Switched(name=row["name"], title=row["title"], is_on=is_on)


async def _found(ctx: Ctx, name: str) -> RowMapping:
    slug = name.strip().lstrip("/").casefold().replace("_", "-").replace(" ", "-")
    row = await own_queries.find(ctx.session, slug)
    if row is None:
        raise SkillNotThere(name)
    return row


def _lowest(row: RowMapping) -> Role:
    """Who may switch it: what all rely on, or strangers wrote, is for admins."""
    is_trusted = not row["is_system"] and row["origin"] != "import"
    return Role.MEMBER if is_trusted else Role.ADMIN


def _ensure_may(ctx: Ctx, version: RowMapping | None) -> None:
    """Let nobody but an admin decide on what strangers wrote."""
    if version is not None and version["origin"] == "import":
        ensure_role(ctx.caller, Role.ADMIN)


def _ensure_own(row: RowMapping) -> None:
    if row["is_system"]:
        raise BadInput(
            f"{row['title']} came with this installation.",
            hint=f"/skills off {row['name']} does without it here.",
        )


def _facts(row: RowMapping, file: SkillFile | None) -> dict[str, Any]:
    is_on = row["is_on"] and row["is_active"]
    return {
        "name": row["name"],
        "title": row["title"],
        "description": row["description"],
        "category": row["category"],
        "version": row["current_version"] or "",
        "asks": [step.question for step in file.questions.steps] if file else [],
        "rules": len(file.rules) if file else 0,
        "calls": list(file.triggers[:SHOWN_CALLS]) if file else [],
        "related": list(row["related"]),
        "is_own": not row["is_system"],
        "is_beta": row["is_beta"],
        "is_on": is_on,
    }


OPERATIONS = (
    switch_off,
    switch_on,
    rename_skill,
    delete_skill,
    show_skill,
    save_skill,
    drop_skill,
)
