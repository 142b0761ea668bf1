"""Money under control, as people meet it: limits, usage, model choice, a stand-in."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.settings import Models, OpenAI
from db.server_bootstrap import Urls
from tests.conftest import copied
from tests.fakes.plots import Sketches
from tests.scenarios.house import House, Outside, opened, surroundings
from tests.standins.anthropic import Fault
from tests.standins.openai import KEY, OpenAIStandIn

ASK = "write homepage copy for Acme, a payroll tool for clinics"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two(
    server: Urls, bare_template: Urls, home: Path
) -> AsyncIterator[tuple[House, OpenAIStandIn]]:
    """An app with two providers, of which the second stands in for the first."""
    async with (
        surroundings() as outside,
        OpenAIStandIn() as openai,
        copied(server, template=bare_template) as urls,
        with_both(urls, home, outside, openai) as house,
    ):
        # Loading the SDK takes seconds on a busy machine, which is no part of this.
        providers = house.made.core.services.providers
        assert providers
        await providers.warm()
        yield house, openai


def with_both(
    urls: Urls, home: Path, outside: Outside, openai: OpenAIStandIn
) -> AbstractAsyncContextManager[House]:
    given = OpenAI(_env_file=None, api_key=SecretStr(KEY), base_url=openai.url)
    models = Models(_env_file=None, fallback="openai/gpt-5-mini")
    return opened(urls, home, outside, openai=given, models=models)


@pytest_asyncio.fixture(loop_scope="session")
async def here(
    two: tuple[House, OpenAIStandIn],
) -> AsyncIterator[tuple[House, OpenAIStandIn]]:
    """The same, calm."""
    two[0].outside.calm()
    yield two
    await two[0].rests()


async def test_the_second_provider_writes_and_the_person_is_told(
    here: tuple[House, OpenAIStandIn],
) -> None:
    house, openai = here
    ana = await house.member("telegram")
    house.claude.script(Fault.overloaded())
    openai.script("A homepage, by the other one.")
    await ana.writes(ASK)
    piece = await ana.sees("A homepage, by the other one", buttons=("5",))
    assert piece.has("Claude Sonnet 5.5 is failing; GPT 5 Mini wrote this.")
    await house.rests()
    run = await house.run()
    assert (run.provider, run.fallback_from) == (
        "openai",
        "anthropic/claude-sonnet-5-5",
    )
    assert house.claude.calls == 1
    await ana.writes(f"what did #{run.number} cost?")
    told = await ana.sees("It cost $0.0", "GPT 5 Mini in place of Claude Sonnet 5.5")
    assert told.has("tokens", " s,")


async def test_a_cheaper_model_is_shown_with_its_price_and_then_used(
    here: tuple[House, OpenAIStandIn],
) -> None:
    house, _ = here
    ana = await house.member("web")
    await ana.writes("use a cheaper model for copywriting")
    card = await ana.sees("Claude Haiku 5.5 instead of Claude Sonnet 5.5?")
    assert card.has("$2.00 / $10.00 now, $0.10 / $0.50 then")
    assert card.buttons == ["Use it", "Keep"]
    await ana.presses("Use it", card)
    await ana.sees("Copywriting", "writes it from now on")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    assert house.claude.requests[-1].body["model"] == "claude-haiku-5-5"
    await ana.commands("model copywriting openai/gpt-5.4")
    await ana.presses("Keep", await ana.sees("GPT 5.4 instead of Claude Haiku 5.5?"))
    await ana.sees("it stays: Copywriting is written by Claude Haiku 5.5")


async def test_over_budget_a_cheaper_model_writes_at_a_press(
    here: tuple[House, OpenAIStandIn],
) -> None:
    house, _ = here
    ana = await house.member("slack")
    await ana.commands("limit day 0.04")
    await ana.sees("The limit for everybody is $0.04 a day now")
    await ana.writes(ASK)
    refused = await ana.sees("Needs about $0.0", "$0.04 left today")
    cheaper = next(one for one in refused.buttons if one.startswith("Cheaper model"))
    assert refused.buttons[:2] == ["Try again", "Top up"]
    await ana.presses(cheaper, refused)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert house.claude.requests[-1].body["model"] == "claude-haiku-5-5"
    run = await house.run()
    assert (run.status, run.attempt, run.metadata["model"]) == (
        "completed",
        2,
        "anthropic/claude-haiku-5-5",
    )


async def test_top_up_offers_limits_to_who_may_and_asks_for_who_may_not(
    here: tuple[House, OpenAIStandIn],
) -> None:
    house, _ = here
    owner = await house.enrol()
    ana, bob = house.stranger("telegram"), house.stranger("telegram")
    await house.introduce(ana, owner)
    member = await house.enrol(role="member", workspace=owner.workspace_id)
    await house.introduce(bob, member)
    await ana.commands("limit month 0.01")
    await ana.sees("$0.01 a month")
    await bob.writes(ASK)
    await bob.presses("Top up", await bob.sees("left this month"))
    await bob.sees("I asked", "Try again once the limit is raised")
    asked = await ana.sees("asks for more budget this month")
    await ana.presses("Raise the limit", asked)
    offered = await ana.sees("What should it be?")
    await ana.presses(offered.buttons[0], offered)
    await ana.sees("a month now. Before, it was $0.01.")


async def test_usage_comes_with_a_picture(here: tuple[House, OpenAIStandIn]) -> None:
    house, _ = here
    services = house.made.core.services
    services.plots = Sketches()
    ana = await house.member("web")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    await ana.writes("usage")
    seen = await ana.sees("This month: $0.0", "By skill", "Copywriting")
    assert seen.has("At the pace of the last", "the month comes to")
    payload = await house.asks(
        "SELECT payload FROM deliveries WHERE payload ->> 'text' LIKE '%By skill%' "
        "ORDER BY id DESC LIMIT 1"
    )
    [file] = payload["files"]
    assert file["media_type"] == "image/png"
    drawn = await services.objects.get(file["storage_key"])
    cost = (await house.run()).cost_usd
    assert f", {cost:.6f}, 1000" in drawn.decode()
    assert len(drawn) == file["size_bytes"]
