"""The form of an answer on its way to each provider, and the answer held to it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent.llm.claude import Claude
from agent.llm.openai import OpenAI
from agent.llm.openai.request import request
from agent.llm.port import Tier
from agent.llm.wireform import wire_form
from tests.agent.llm.asking import ASK, completion
from tests.standins import forms
from tests.standins.anthropic import AnthropicStandIn, Reply
from tests.standins.openai import KEY, OpenAIStandIn, rules

SKILLS = Path(__file__).parents[3] / "skills"
FORM: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "x-rows": "days",
    "required": ["title", "days"],
    "properties": {
        "title": {"type": "string", "title": "Title"},
        "days": {
            "type": "array",
            "x-render": "table",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["x-day", "note"],
                "properties": {
                    "x-day": {"type": "integer"},
                    "note": {
                        "type": ["string", "null"],
                        "title": "Note",
                        "enum": ["a", None],
                    },
                },
            },
        },
    },
}
FORMED = replace(ASK, form=FORM)


@pytest.fixture
async def server() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as standin:
        yield standin


def test_notes_are_taken_out_but_a_property_of_that_name_stays() -> None:
    wire = wire_form(FORM)
    days = wire["properties"]["days"]
    assert "x-rows" not in wire
    assert "$schema" not in wire
    assert set(days) == {"type", "items"}
    assert set(days["items"]["properties"]) == {"x-day", "note"}
    assert days["items"]["properties"]["note"] == {
        "title": "Note",
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}],
    }


@pytest.mark.parametrize(
    "path", sorted(SKILLS.glob("*/output.schema.json")), ids=lambda one: one.parent.name
)
def test_every_skill_s_form_is_one_that_providers_take(path: Path) -> None:
    form = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(form)
    wire = wire_form(form)
    assert forms.wrong(wire) == ""
    assert not list(
        jsonschema.Draft202012Validator(form).iter_errors(forms.fitting(wire))
    )


async def test_claude_holds_its_answer_to_the_form(
    api: AnthropicStandIn, claude: Claude
) -> None:
    said = await completion(claude, FORMED)
    assert set(json.loads(said.text)) == {"title", "days"}
    told = api.requests[-1].body["output_config"]
    assert told["format"] == {"type": "json_schema", "schema": wire_form(FORM)}
    assert told["effort"] == "medium"


async def test_claude_refuses_a_form_that_is_open(
    api: AnthropicStandIn, claude: Claude
) -> None:
    open_form = {**FORM, "additionalProperties": True}
    with pytest.raises(Exception, match="additionalProperties"):
        await completion(claude, replace(ASK, form=open_form))
    api.script(Reply("Words.", formless=True))
    assert (await completion(claude, FORMED)).text == "Words."


async def test_openai_s_own_server_is_given_the_form_and_others_are_told_it(
    server: OpenAIStandIn,
) -> None:
    body = request(FORMED, "gpt-5-mini", is_openai=True)
    given = body["response_format"]["json_schema"]
    assert (given["strict"], given["schema"]) == (True, wire_form(FORM))
    assert rules.refusal(body) is None
    given["schema"] = FORM
    assert rules.refusal(body) is not None
    other = request(FORMED, "mistral", is_openai=False)
    assert "response_format" not in other
    assert '"x-day":{"type":"integer"}' in other["messages"][0]["content"]
    model = OpenAI(KEY, server.url, {Tier.BALANCED: "gpt-5-mini"}, timeout_s=5)
    pieces = [one async for one in model.stream(FORMED)]
    assert pieces
    await model.aclose()
