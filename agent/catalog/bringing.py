"""An imported skill: a draft that nobody can call until an admin turns it on."""

from uuid import UUID

from agent.catalog import imports, keeping, own, own_queries
from agent.catalog.imports import Brought
from agent.catalog.reserved import RESERVED
from agent.catalog.unpack import Files
from agent.catalog.versions import held
from agent.ctx import Ctx, Role
from agent.gate import ensure_role
from agent.ports import Change

IMPORTED = "skill.imported"
"""In the audit."""


async def bring(ctx: Ctx, files: Files, called: str) -> Brought:
    """Keep the skill in ``files``, off, with what was found in it.

    Raises:
        Forbidden: The caller is no admin.
        NoSkillInside: Its SKILL.md cannot be used.
    """
    ensure_role(ctx.caller, Role.ADMIN)
    name = imports.name_of(files, called)
    found = await own_queries.find(ctx.session, name)
    version, free = "1.0.0", ""
    if found is not None and await _is_import(ctx, found["id"], found["origin"]):
        version = await keeping.next_number(ctx, found["id"])
    elif found is not None or name in RESERVED:
        free = own.suggestion(name, await own_queries.names(ctx.session))
    it = imports.brought(files, called, version, free)
    scan = [finding.row() for finding in it.findings]
    await keeping.draft(ctx, held(it.name, dict(it.texts)), "import", {"scan": scan})
    await _audited(ctx, it, version)
    return it


async def _audited(ctx: Ctx, it: Brought, version: str) -> None:
    # It comes with a message or a command, past the gate.
    found = [f"{one.verdict}: {one.path}" for one in it.findings]
    after = {"version": version, "status": "draft", "found": found}
    change = Change("skill", it.name, None, after, label=it.name)
    await ctx.audit.record(ctx.session, ctx.caller, action=IMPORTED, changes=[change])


async def _is_import(ctx: Ctx, skill_id: UUID, origin: str | None) -> bool:
    """Whether the skill there came the same way, so that this is its next version."""
    if origin is not None:
        return origin == "import"
    draft = await own_queries.draft(ctx.session, skill_id)
    return draft is not None and draft["origin"] == "import"
