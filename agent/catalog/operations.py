"""What can be asked of the catalogue."""

from agent.catalog import queries
from agent.catalog.loaded_operations import OPERATIONS as LOADED
from agent.catalog.skill_operations import OPERATIONS as ONE
from agent.catalog.skill_schemas import SkillLine, SkillList, WhichSkills
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation

_CATEGORY = "content|analysis|outreach|optimization|meta"


@operation(
    "catalog.skills",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "skills",
        takes=("category",),
        in_menu=True,
        says=(
            r"(?:show |list )?(?:me )?(?:all )?(?:the |your )?skills",
            rf"skills (?:for )?(?P<category>{_CATEGORY})",
            rf"(?:show |list )?(?:me )?(?:the |your )?(?P<category>{_CATEGORY}) skills",
        ),
    ),
    example={"category": "content"},
)
async def list_skills(ctx: Ctx, p: WhichSkills) -> SkillList:
    """See what I can write."""
    rows = await queries.skills_here(ctx.session)
    asked = p.category.strip().casefold()
    category = asked if asked in {row["category"] for row in rows} else ""
    lines = [
        SkillLine(**{name: row[name] for name in SkillLine.model_fields})
        for row in rows
        if row["is_on"] and category in {"", row["category"]}
    ]
    is_admin = ctx.caller.role >= Role.ADMIN
    return SkillList(
        lines=lines,
        category=category,
        off=[row["name"] for row in rows if not row["is_on"]],
        problems=list(map(str, ctx.skills.problems)) if is_admin else [],
    )


OPERATIONS = (list_skills, *LOADED, *ONE)
