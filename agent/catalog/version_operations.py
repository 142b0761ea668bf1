"""What can be seen of a skill's versions: listed, and two of them compared."""

from sqlalchemy import RowMapping

from agent.catalog import own_version_queries as queries
from agent.catalog import version_diff, version_reading
from agent.catalog.version_errors import NothingBefore
from agent.catalog.version_schemas import (
    CompareVersions,
    OneSkillsVersions,
    SkillVersions,
    VersionLine,
    VersionsCompared,
)
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation

SEEN = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
SKILL = r"(?:the )?(?:skill )?(?P<skill>[a-z0-9]+(?:[-_][a-z0-9]+)*)"
NUMBER = r"v?\d+(?:\.\d+){1,2}(?: (?:house|yours))?"
AND = r"(?:and|with|to)"
LONG = 3000
"""Characters of a comparison that come as a file besides."""


@operation(
    "catalog.versions",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=SEEN,
    command=Command(
        "versions",
        takes=("skill",),
        says=(rf"(?:show |list )?(?:me )?(?:the |all )?versions of {SKILL}",),
    ),
    example={"skill": "copywriting"},
)
async def list_versions(ctx: Ctx, p: OneSkillsVersions) -> SkillVersions:
    """List the versions of a skill: what changed, who made them, how people score them.

    Raises:
        NoSuchVersion: There is no such skill, or it has no version yet.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    now = await version_reading.standing(ctx.session, of)
    scores = await queries.scores(ctx.session, of["id"])
    pins = await queries.pins(ctx.session, of["id"])
    lines = []
    for row in await queries.released(ctx.session, of["id"]):
        score = scores.get(row["id"])
        line = VersionLine(
            version_id=row["id"],
            number=row["version"],
            is_own=row["is_own"],
            origin=row["origin"],
            changelog=row["changelog"] or "",
            made_by=row["made_by"],
            made_at=row["made_at"],
            n=score["n"] if score else 0,
            mean=score["mean"] if score else None,
            is_in_force=row["id"] == now["id"],
            pinned_for=[pin["name"] for pin in pins if pin["version_id"] == row["id"]],
        )
        lines.append(line)
    newer = await version_reading.newer(ctx.session, of, now)
    return SkillVersions(
        skill=of["name"],
        title=of["title"],
        lines=lines,
        newer=newer["version"] if newer else "",
        is_house=of["is_system"],
        may_change=ctx.caller.role >= Role.ADMIN,
    )


@operation(
    "catalog.diff",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=SEEN,
    command=Command(
        "diff",
        takes=("skill", "old", "new"),
        says=(
            rf"what(?:'s| has)? changed in (?:the )?skill {SKILL}",
            rf"(?:diff|compare) {SKILL} (?P<old>{NUMBER})(?: {AND} (?P<new>{NUMBER}))?",
        ),
    ),
    example={"skill": "copywriting", "old": "1.0.0", "new": "1.1.0"},
)
async def compare_versions(ctx: Ctx, p: CompareVersions) -> VersionsCompared:
    """Compare two versions of a skill: its rules one by one, then its words.

    Raises:
        NoSuchVersion: One of them is not there.
        NothingBefore: There is one version only.
        VersionGone: The files of one of them cannot be had any more.
    """
    of = await version_reading.skill(ctx.session, p.skill)
    old, new = await _pair(ctx, of, p)
    files = [
        await version_reading.file(ctx.objects, of["name"], row) for row in (old, new)
    ]
    changes = version_diff.differences(*files)
    text = version_diff.as_text(changes)
    key, body = "", text.encode()
    if len(text) > LONG:
        here = ctx.caller.workspace_id
        key = f"{here}/diffs/{old['id']}-{new['id']}.md"
        await ctx.objects.put(key, body, media_type="text/markdown")
    return VersionsCompared(
        skill=of["name"],
        title=of["title"],
        old=old["version"],
        new=new["version"],
        changes=changes,
        storage_key=key,
        size_bytes=len(body) if key else 0,
    )


async def _pair(
    ctx: Ctx, of: RowMapping, p: CompareVersions
) -> tuple[RowMapping, RowMapping]:
    if p.new:
        new = await version_reading.named(ctx.session, of, p.new)
    else:
        new = await version_reading.standing(ctx.session, of)
    if p.old:
        return await version_reading.named(ctx.session, of, p.old), new
    old = await version_reading.before(ctx.session, of, new)
    if old is None:
        raise NothingBefore(of["name"], new["version"])
    return old, new


OPERATIONS = (list_versions, compare_versions)
