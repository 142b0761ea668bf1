"""What can be asked about models: which there are, which answers, which stands in."""

from agent.catalog import model_choice, model_pricing
from agent.catalog import model_queries as queries
from agent.catalog.model_choice import OFF
from agent.catalog.model_pricing import DEFAULT, Target, answering, cost, providers_of
from agent.catalog.model_schemas import (
    ChoiceLine,
    Compared,
    FallbackSet,
    ModelKept,
    ModelLine,
    Models,
    ModelSet,
    PickModel,
    SetFallback,
)
from agent.catalog.scope import Scope
from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.gate import ensure_role
from agent.llm.port import Tier
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Nothing

PEOPLE = {Surface.CHAT, Surface.BUTTON}
MACHINES = {Surface.REST, Surface.MCP}

_WHICH = r"(?P<model>(?:a |the )?(?:cheaper|better|fast|usual) model)"


@operation(
    "catalog.models",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*PEOPLE, *MACHINES, Surface.TOOL},
    command=Command("models", says=("models", "which models (?:are there|do we use)")),
    example={},
)
async def list_models(ctx: Ctx, p: Nothing) -> Models:  # noqa: ARG001 - takes none
    """See which models there are, what they cost, and what this workspace chose."""
    providers = providers_of(ctx)
    own = await queries.own_providers(ctx.session)
    lines = []
    for ref in providers.listed():
        price = providers.prices.price(ref)
        known = model_pricing.priced(providers, ref, own)
        line = ModelLine(
            **known.model_dump(),
            tier=price.tier.value if price.tier else "",
            is_default=ref in providers.tiers.values(),
            is_deprecated=price.is_deprecated,
        )
        lines.append(line)
    instead = await model_choice.instead(
        ctx.session, providers, ctx.caller.workspace_id
    )
    return Models(
        lines=sorted(
            lines, key=lambda line: (line.model.split("/")[0], line.output_usd)
        ),
        choices=[
            ChoiceLine(
                skill=row["skill"],
                client=row["client"],
                chosen=row["model"] or row["model_tier"],
            )
            for row in await queries.choices(ctx.session)
        ],
        fallback=str(instead.model or ""),
        house_key=instead.house_key,
        prices_of=providers.prices.version,
    )


@operation(
    "catalog.compare_model",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*PEOPLE, Surface.TOOL, *MACHINES},
    command=Command(
        "model",
        takes=("skill", "model"),
        says=(
            rf"use {_WHICH} for (?P<skill>.+?)(?: for (?P<client>.+))?",
            rf"use {_WHICH}",
        ),
    ),
    example={"skill": "copywriting", "model": "fast"},
)
async def compare_model(ctx: Ctx, p: PickModel) -> Compared:
    """See what another model for a skill would cost, before it is used.

    Raises:
        NoSuchSkill, NearSkills: The skill's name fits none, or several.
        NoSuchClient, NearClients: The client's does.
        NoSuchModel: The model is unknown, retired, without a price, or without a key.
    """
    if not p.model:
        raise BadInput(
            "Which model?", hint="/model copywriting fast, or /models for the list."
        )
    at = await model_pricing.target(ctx, p)
    wanted = await model_pricing.wish(ctx, p.model, at)
    runs, before, after = await model_pricing.repriced(
        ctx, at.scope.skill_id, wanted.ref
    )
    return Compared(
        skill=at.skill,
        client=at.client,
        wanted=wanted.said,
        before=await cost(ctx, await answering(ctx, at)),
        after=await cost(ctx, wanted.ref),
        runs=runs,
        runs_before_usd=before,
        runs_after_usd=after,
    )


@operation(
    "catalog.use_model",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.TOOL, *MACHINES},
    example={"skill": "copywriting", "model": "fast"},
)
async def use_model(ctx: Ctx, p: PickModel) -> ModelSet:
    """Choose the model or tier for a skill, a client, or everything; default undoes it.

    For one skill of one client any member may; anything wider is for admins, because
    it changes what everybody's work costs.

    Raises:
        NoSuchSkill, NearSkills: The skill's name fits none, or several.
        NoSuchClient, NearClients: The client's does.
        NoSuchModel: The model is unknown, retired, without a price, or without a key.
    """
    at = await model_pricing.target(ctx, p)
    if at.scope.skill_id is None or at.scope.client_id is None:
        ensure_role(ctx.caller, Role.ADMIN)
    wanted = await model_pricing.wish(ctx, p.model or DEFAULT, at)
    row = await queries.choose(
        ctx.session, ctx.caller.workspace_id, at.scope, wanted.model, wanted.tier
    )
    before = {"model": row["model"], "tier": row["model_tier"]}
    after = {"model": wanted.model or None, "tier": wanted.tier or None}
    ctx.changed(Change("model", str(row["id"]), before, after, label=_label(at)))
    return ModelSet(
        skill=at.skill,
        client=at.client,
        chosen=wanted.said,
        answers=await cost(ctx, await answering(ctx, at)),
    )


@operation(
    "catalog.keep_model",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.BUTTON},
    example={"skill": "copywriting"},
)
async def keep_model(ctx: Ctx, p: PickModel) -> ModelKept:
    """Leave a skill's model as it is."""
    at = await model_pricing.target(ctx, p)
    return ModelKept(skill=at.skill, answers=await cost(ctx, await answering(ctx, at)))


@operation(
    "catalog.set_fallback",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={*PEOPLE, *MACHINES},
    command=Command(
        "fallback",
        takes=("model",),
        says=(r"use (?P<model>\S+/\S+) when (?:a|the) model fails",),
    ),
    example={"model": "anthropic/claude-haiku-5-5"},
)
async def set_fallback(ctx: Ctx, p: SetFallback) -> FallbackSet:
    """Choose which model answers when another one fails: a model, off, or default.

    Raises:
        NoSuchModel: The model is unknown, retired, without a price, or without a key.
    """
    patch: dict[str, object] = {}
    word = p.model.strip().casefold()
    if word in {OFF, DEFAULT}:
        patch["fallback"] = OFF if word == OFF else ""
    elif word:
        everything = Target(Scope(), "", "", Tier.BALANCED)
        patch["fallback"] = str(
            (await model_pricing.wish(ctx, p.model, everything)).ref
        )
    if p.house_key is not None:
        patch["house_key"] = p.house_key
    if patch:
        row = await queries.set_settings(ctx.session, ctx.caller.workspace_id, patch)
        subject = "workspace", str(ctx.caller.workspace_id)
        ctx.changed(Change(*subject, row["before"], row["after"], label="models"))
    found = await model_choice.instead(
        ctx.session, providers_of(ctx), ctx.caller.workspace_id
    )
    return FallbackSet(fallback=str(found.model or ""), house_key=found.house_key)


def _label(at: Target) -> str:
    return " for ".join(filter(None, (at.skill or "every skill", at.client)))


OPERATIONS = (list_models, compare_model, use_model, keep_model, set_fallback)
