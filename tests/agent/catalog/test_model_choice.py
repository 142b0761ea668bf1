"""Which model answers: the most specific choice; what it would cost; who may choose."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from agent.billing import budgets
from agent.billing.budgets import Call, Spent
from agent.catalog import model_choice, model_queries
from agent.catalog.model_errors import NearSkills, NoSuchModel, NoSuchSkill
from agent.catalog.model_operations import (
    compare_model,
    list_models,
    set_fallback,
    use_model,
)
from agent.catalog.model_schemas import PickModel
from agent.catalog.scope import Scope
from agent.catalog.skillfile import load_all
from agent.catalog.stock import stock
from agent.clients.operations import new_client
from agent.errors import Forbidden
from agent.llm.choice import ModelRef
from agent.llm.port import Tier
from agent.llm.providers import Account
from bot.render import result
from db.tenancy import system
from tests.agent.runs.voices import (
    GPT,
    HAIKU,
    OPUS,
    PRICES,
    SONNET,
    WORDS,
    Desk,
    providers,
)
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import run

SKILLS = Path(__file__).parents[3] / "skills"


@pytest.fixture
async def stocked(world: World) -> World:
    """A world with our skills, two providers, and a client Acme."""
    files, _ = load_all(SKILLS)
    async with system(world.system, "worker") as session:
        await stock(session, files)
    world.models = providers(Desk())
    await world.call(new_client, AS_ANA, name="Acme")
    return world


async def skill(world: World, name: str) -> UUID:
    [row] = await run(world.owner, "SELECT id FROM skills WHERE name = :n", n=name)
    found: UUID = row.id
    return found


async def answers(world: World, scope: Scope, tier: Tier = Tier.BALANCED) -> ModelRef:
    assert world.models
    async with world.tenant(AS_ANA) as session:
        return await model_choice.choose(session, world.models, scope, tier)


async def use(world: World, said: str, **more: Any) -> Any:
    return await world.call(use_model, AS_ANA, model=said, **more)


async def test_the_most_specific_choice_wins(stocked: World) -> None:
    copy = await skill(stocked, "copywriting")
    [acme] = await run(stocked.owner, "SELECT id FROM clients")
    both, of_skill = Scope(copy, acme.id), Scope(copy, None)
    other_skill = Scope(await skill(stocked, "positioning"), None)
    assert await answers(stocked, both) == SONNET, "the skill's own tier"
    await use(stocked, "deep")
    assert await answers(stocked, both) == OPUS
    await use(stocked, "openai/gpt-5-mini", client="Acme")
    assert await answers(stocked, both) == GPT
    assert await answers(stocked, of_skill) == OPUS
    await use(stocked, "fast", skill="copywriting")
    assert await answers(stocked, both) == HAIKU
    assert await answers(stocked, Scope(other_skill.skill_id, acme.id)) == GPT
    await use(stocked, "balanced", skill="copywriting", client="Acme")
    assert await answers(stocked, both) == SONNET
    assert await answers(stocked, of_skill) == HAIKU
    assert await answers(stocked, other_skill) == OPUS


async def test_default_takes_a_choice_back(stocked: World) -> None:
    await use(stocked, "deep", skill="copywriting")
    taken = await use(stocked, "default", skill="copywriting")
    assert (taken.chosen, taken.answers.model) == ("default", str(SONNET))
    scope = Scope(await skill(stocked, "copywriting"), None)
    assert await answers(stocked, scope) == SONNET


async def test_a_choice_is_of_one_workspace(stocked: World) -> None:
    await use(stocked, "deep", skill="copywriting")
    async with stocked.tenant(AS_EVE) as session:
        assert await model_queries.choices(session) == []


async def test_a_choice_whose_price_is_gone_counts_as_none(stocked: World) -> None:
    await use(stocked, str(GPT), skill="copywriting")
    await run(stocked.owner, "UPDATE skill_settings SET model = 'openai/gone'")
    scope = Scope(await skill(stocked, "copywriting"), None)
    assert await answers(stocked, scope) == SONNET


async def spend(world: World, skill_id: UUID, number: int, usd: str) -> None:
    """A run's call is in the ledger."""
    tokens = {name: getattr(WORDS, name) for name in WORDS.__dataclass_fields__}
    of = Call(AS_ANA.workspace_id, AS_ANA.user_id, UUID(int=number), str(number))
    of = Call(of.workspace_id, of.user_id, of.run_id, of.key, str(SONNET), skill_id)
    price = Spent("anthropic", SONNET.name, tokens, Decimal(usd), "2026-11")
    async with world.tenant(AS_ANA) as session:
        await world.budgets.reserve(session, of, Decimal(1))
        await budgets.settle(session, of, price)


async def test_the_card_shows_prices_and_what_the_last_five_runs_would_have_cost(
    stocked: World,
) -> None:
    copy = await skill(stocked, "copywriting")
    for number in range(1, 8):
        await spend(stocked, copy, number, "0.007")
    await spend(stocked, await skill(stocked, "positioning"), 9, "0.5")
    card = await stocked.call(
        compare_model, AS_ANA, skill="copywriting", model="a cheaper model"
    )
    assert (card.before.model, card.after.model) == (str(SONNET), str(HAIKU))
    assert (card.runs, card.runs_before_usd) == (5, Decimal("0.035"))
    anew = PRICES.cost_usd("anthropic", HAIKU.name, WORDS) * 5
    assert card.runs_after_usd == anew == Decimal("0.00175")
    shown = result(card)
    assert "Claude Haiku 5.5 instead of Claude Sonnet 5.5?" in shown.text
    assert "$2.00 / $10.00 now, $0.10 / $0.50 then" in shown.text
    assert "the last 5 runs: $0.035 as they were, about $0.0018 with it" in shown.text
    assert [choice.label for choice in shown.choices] == ["Use it", "Keep"]
    pressed = await stocked.call(use_model, AS_ANA, **shown.choices[0].params)
    assert (pressed.skill, pressed.answers.model) == ("Copywriting", str(HAIKU))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"skill": "fast"}, ("", "fast", "")),
        ({"skill": "copywriting", "model": "fast"}, ("copywriting", "fast", "")),
        (
            {"skill": "copywriting", "model": "anthropic/claude-haiku-5-5 for Acme"},
            ("copywriting", "anthropic/claude-haiku-5-5", "Acme"),
        ),
        ({"skill": "deep", "model": "for Acme Corp"}, ("", "deep", "Acme Corp")),
        ({"model": "a cheaper model", "skill": "blog"}, ("blog", "cheaper", "")),
        (
            {"skill": "email", "model": "sequence fast"},
            ("email sequence", "fast", ""),
        ),
        ({}, ("", "", "")),
    ],
)
def test_what_is_typed_after_model_is_taken_apart(
    typed: dict[str, str], read: tuple[str, str, str]
) -> None:
    found = PickModel.model_validate(typed)
    assert (found.skill, found.model, found.client) == read


REFUSED = [
    ("anthropic/claude-7", "it has no price"),
    ("claude-opus-5", "being retired"),
    ("groq/llama", "I know no provider groq"),
    ("rehearsal/rehearsal", "I know no provider rehearsal"),
    ("better", "the better end already"),
]


@pytest.mark.parametrize(("said", "why"), REFUSED)
async def test_a_model_that_cannot_be_called_is_refused_with_the_reason(
    stocked: World, said: str, why: str
) -> None:
    await use(stocked, "deep", skill="copywriting")
    with pytest.raises(NoSuchModel, match=why):
        await use(stocked, said, skill="copywriting")


async def test_a_provider_that_nobody_has_a_key_for_is_refused(stocked: World) -> None:
    accounts = {"anthropic": Account("a", "key"), "openai": Account("o")}
    stocked.models = providers(Desk(), accounts=accounts)
    with pytest.raises(NoSuchModel, match="nobody has a key for openai"):
        await use(stocked, str(GPT))
    listed = await stocked.call(list_models, AS_ANA)
    payers = {line.model: line.pays for line in listed.lines}
    assert (payers[str(GPT)], payers[str(HAIKU)]) == ("nobody", "installation")
    assert "more would need a key of your own" in result(listed).text


async def test_skills_are_found_by_what_people_call_them(stocked: World) -> None:
    card = await stocked.call(compare_model, AS_ANA, skill="blog", model="fast")
    assert card.skill == "Blog strategy"
    with pytest.raises(NearSkills, match="may be"):
        await stocked.call(compare_model, AS_ANA, skill="copy", model="fast")
    with pytest.raises(NoSuchSkill, match="I know no skill called 'plumbing'"):
        await stocked.call(compare_model, AS_ANA, skill="plumbing", model="fast")


async def test_what_changes_everybody_s_costs_is_for_admins(stocked: World) -> None:
    for given in ({}, {"skill": "copywriting"}, {"client": "Acme"}):
        with pytest.raises(Forbidden):
            await stocked.call(use_model, AS_BOB, model="fast", **given)
    both = {"skill": "copywriting", "client": "Acme"}
    assert (
        await stocked.call(use_model, AS_BOB, model="fast", **both)
    ).chosen == "fast"


async def test_who_chose_what_is_kept(stocked: World) -> None:
    await use(stocked, "fast", skill="copywriting")
    await use(stocked, str(GPT), skill="copywriting")
    rows = await run(
        stocked.owner,
        "SELECT before, after, actor_id FROM events WHERE type = 'catalog.use_model' "
        "ORDER BY version",
    )
    assert [(row.before, row.after) for row in rows] == [
        ({"model": None, "tier": None}, {"model": None, "tier": "fast"}),
        ({"model": None, "tier": "fast"}, {"model": str(GPT), "tier": None}),
    ]
    assert {row.actor_id for row in rows} == {AS_ANA.user_id}


async def test_the_fallback_is_chosen_switched_off_and_given_back(
    stocked: World,
) -> None:
    stocked.models = providers(Desk(), fallback=HAIKU)
    assert (await stocked.call(set_fallback, AS_ANA)).fallback == str(HAIKU)
    done = await stocked.call(set_fallback, AS_ANA, model=str(GPT), house_key=True)
    assert (done.fallback, done.house_key) == (str(GPT), True)
    off = await stocked.call(set_fallback, AS_ANA, model="off")
    assert (off.fallback, off.house_key) == ("", True)
    back = await stocked.call(set_fallback, AS_ANA, model="default")
    assert back.fallback == str(HAIKU)
    with pytest.raises(Forbidden):
        await stocked.call(set_fallback, AS_BOB, model="off")
    with pytest.raises(NoSuchModel):
        await stocked.call(set_fallback, AS_ANA, model="anthropic/claude-7")


async def test_a_fallback_keeps_the_workspace_s_other_settings(stocked: World) -> None:
    await run(
        stocked.owner, """UPDATE workspaces SET settings = '{"mode": "simple"}'"""
    )
    await stocked.call(set_fallback, AS_ANA, model=str(GPT))
    rows = await run(stocked.owner, "SELECT settings FROM workspaces")
    assert {"mode": "simple", "models": {"fallback": str(GPT)}} in [
        row.settings for row in rows
    ]


async def test_the_list_says_prices_tiers_and_what_was_chosen(stocked: World) -> None:
    await use(stocked, "fast", skill="copywriting", client="Acme")
    listed = await stocked.call(list_models, AS_ANA)
    text = result(listed).text
    haiku = "**Claude Haiku 5.5** (`anthropic/claude-haiku-5-5`): $0.10 / $0.50"
    assert f"{haiku}, fast, the usual one" in text
    assert "- Copywriting for Acme: fast" in text
    assert "none stands in" in text
    assert "Claude Opus 5** (`anthropic/claude-opus-5`)" in text
    assert "being retired" in text
