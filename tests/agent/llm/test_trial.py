"""Trying a key out: one cheap call, and what its answer means."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from agent.llm.trial import HttpTrials
from tests.standins.anthropic import AnthropicStandIn, Fault

MODEL = "claude-haiku-5-5"


@pytest_asyncio.fixture
async def claude() -> AsyncIterator[AnthropicStandIn]:
    async with AnthropicStandIn() as claude:
        yield claude


def trials(url: str, **given: float) -> HttpTrials:
    bases = dict.fromkeys(
        ("anthropic", "openai", "gemini", "mistral", "resend", "sendgrid"), url
    )
    return HttpTrials(MODEL, bases, **given)


async def test_a_good_key_costs_one_token(claude: AnthropicStandIn) -> None:
    assert await trials(claude.url).trial("anthropic", claude.key) == "ok"
    [asked] = claude.requests
    assert asked.body["max_tokens"] == 1


@pytest.mark.parametrize("key", ["sk-ant-wrong", "", "sk-ant-\u2014", "a\nb"])
async def test_a_bad_key_is_refused(claude: AnthropicStandIn, key: str) -> None:
    assert await trials(claude.url).trial("anthropic", key) == "refused"


@pytest.mark.parametrize(
    ("fault", "meant"),
    [
        (
            Fault(
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API.",
            ),
            "no_credit",
        ),
        (Fault(402, "billing_error", "Pay first."), "no_credit"),
        (Fault(403, "permission_error", "Not allowed."), "refused"),
        (Fault(429, "rate_limit_error", "Slow down."), "limited"),
        (Fault(500, "api_error", "Broken."), "unreachable"),
        (Fault(529, "overloaded_error", "Overloaded."), "unreachable"),
    ],
)
async def test_an_answer_means_what_it_means(
    claude: AnthropicStandIn, fault: Fault, meant: str
) -> None:
    claude.script(fault)
    assert await trials(claude.url).trial("anthropic", claude.key) == meant


async def test_nobody_there_or_nobody_known_is_said_so() -> None:
    nowhere = trials("http://127.0.0.1:9", timeout_s=0.5)
    assert await nowhere.trial("anthropic", "sk-ant-x") == "unreachable"
    assert await nowhere.trial("hubspot", "pat-x") == "untested"


@pytest.mark.parametrize(
    ("provider", "status", "body", "meant"),
    [
        ("openai", 200, {}, "ok"),
        ("openai", 401, {"error": {"code": "invalid_api_key"}}, "refused"),
        ("openai", 429, {"error": {"code": "insufficient_quota"}}, "no_credit"),
        ("gemini", 400, {"error": {"message": "API key not valid."}}, "refused"),
        ("mistral", 401, {}, "refused"),
        ("resend", 401, {"name": "restricted_api_key"}, "untested"),
        ("sendgrid", 503, {}, "unreachable"),
    ],
)
async def test_other_services_are_asked_in_their_own_way(
    provider: str, status: int, body: dict[str, object], meant: str
) -> None:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    assert await trials(url).trial(provider, "a-key") == meant
    [request] = asked
    carried = {*request.headers.values(), request.query_string}
    assert {"a-key", "Bearer a-key"} & carried
    assert "a-key" not in str(request.rel_url)
    await runner.cleanup()
