"""From a wish to a draft: a skill that its workspace makes for itself."""

from collections.abc import Mapping

from agent.catalog import keeping, own, own_queries
from agent.catalog.keeping import Kept, SkillNotThere
from agent.catalog.own import Sharpened, Wish
from agent.catalog.versions import held
from agent.ctx import Ctx
from agent.errors import BadInput


async def ensure_new(ctx: Ctx, name: str) -> None:
    """Return when a skill may be made under this name; a draft of it may be there.

    Raises:
        NameTaken: A skill is called so; the hint has a name that is free.
        BadInput: It is no name that can be typed.
    """
    found = await own_queries.find(ctx.session, name)
    draft = None
    if found is not None and not found["is_system"] and not found["origin"]:
        draft = await own_queries.draft(ctx.session, found["id"])
    if draft is None or draft["origin"] == "import":
        await keeping.ensure_free(ctx, name)


async def wished(ctx: Ctx, name: str) -> Wish:
    """The answers that a skill of this workspace was made of.

    Raises:
        SkillNotThere: There is none of that name.
        BadInput: It came from elsewhere.
    """
    found = await own_queries.find(ctx.session, name)
    if found is None:
        raise SkillNotThere(name)
    draft = await own_queries.draft(ctx.session, found["id"])
    newest = draft or found
    said = (newest["llm_config"] or {}).get("wish")
    if said is None:
        raise BadInput(
            f"{found['title']} was not made here.",
            hint="/new skill makes one of your own.",
        )
    return Wish(found["name"], **said)


async def make(ctx: Ctx, wish: Wish, sharp: Sharpened) -> Kept:
    """A draft of what was wished for; it answers nobody until it is saved.

    Raises:
        BadInput: A gap in the words is filled by nothing, or there is too much of it.
    """
    taken = await own_queries.calls(ctx.session, wish.name)
    calls = own.phrases(wish, sharp.phrases, taken)
    found = await own_queries.find(ctx.session, wish.name)
    known = 0
    if found is not None and not found["is_system"]:
        known, _ = await own_queries.counts(ctx.session, found["id"])
    texts = own.texts(wish, calls, f"{keeping.DRAFT}{known + 1}", sharp)
    said = {**answers(wish)}
    more = {"llm_config": {"max_tokens": 4096, "approval": "", "wish": said}}
    return await keeping.draft(ctx, held(wish.name, texts), "user", more)


def answers(wish: Wish) -> Mapping[str, str]:
    """What was answered, as it is kept to be changed."""
    return {
        "about": wish.about,
        "delivers": wish.delivers,
        "knows": wish.knows,
        "never": wish.never,
    }
