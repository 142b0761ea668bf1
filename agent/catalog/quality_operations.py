"""How good the skills are: what people gave their pieces, and how sure that is."""

from agent import earshot
from agent.catalog import proposal_queries
from agent.catalog import quality_shown as shown
from agent.catalog.quality_schemas import Qualities, QualityOf, Unhappy
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Nothing

USUAL = 3
"""Like complaints that a rule is proposed from, where nothing else is said."""
EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
_PEOPLE = "(?:people|we|they|users|customers|the team|my team|everybody)"


@operation(
    "catalog.quality",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "quality",
        takes=("skill",),
        says=(
            r"how good (?:is|are) (?:the |your )?(?P<skill>[a-z0-9-]+)(?: skill)?\??",
            r"how is (?:the |your )?(?P<skill>[a-z0-9-]+)(?: skill)? rated\??",
        ),
    ),
    example={"skill": "copywriting"},
)
async def show_quality(ctx: Ctx, p: QualityOf) -> Qualities:
    """See how people rate what each skill writes, and how sure that is.

    With a skill: by dimension, week, version and model, what people find wrong, which
    rules its pieces break, and what people do with them.

    Raises:
        NoSuchSkill, NearSkills: The name fits none, or several.
    """
    asked = "" if p.skill.casefold() in {"skills", "all"} else p.skill
    if not asked:
        return await shown.everything(ctx.session, ctx.clock.now())
    found = await shown.of_one(ctx.session, asked, ctx.clock.now())
    is_chat = ctx.origin is not None
    return await shown.plotted(ctx, found) if is_chat and p.picture else found


@operation(
    "catalog.unhappy",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "unhappy",
        says=(
            rf"what (?:are|is) {_PEOPLE} (?:un|not )happy (?:with|about)\??",
            rf"what (?:do|does) {_PEOPLE} (?:complain about|dislike|not like)\??",
            r"(?:show )?(?:the )?(?:top )?(?:issues|complaints)",
        ),
    ),
)
async def show_unhappy(ctx: Ctx, p: Nothing) -> Unhappy:  # noqa: ARG001 - takes none
    """See what people found wrong with pieces lately, of all skills together."""
    overheard = await earshot.is_overheard(ctx)
    own = await proposal_queries.after(ctx.session, ctx.caller.workspace_id)
    least = own or (ctx.house.propose_after if ctx.house else USUAL)
    now = ctx.clock.now()
    return await shown.unhappy(ctx.session, now, least, overheard=overheard)


OPERATIONS = (show_quality, show_unhappy)
