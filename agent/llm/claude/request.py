"""A prompt as the Messages API's request body: pure, so the same bytes each time."""

import base64
from typing import Any

from agent.errors import BadInput
from agent.llm.port import Image, Prompt, Tier, Tool, Turn
from agent.llm.wireform import told, wire_form

MAX_BREAKPOINTS = 4
"""Cache marks a request may bear."""

_EFFORT = {Tier.FAST: "low", Tier.BALANCED: "medium", Tier.DEEP: "high"}


def request(prompt: Prompt, model: str) -> dict[str, Any]:
    """Return the Messages API's request body for ``prompt``.

    Current models refuse sampling parameters, thinking budgets, a last turn by the
    assistant and a forced tool choice, so none is ever sent. Thinking is left to the
    model; its summary is asked for because a stream is silent without it.

    Raises:
        BadInput: No last turn by the user, or more cache marks than allowed.
    """
    marks = sum(block.cache for block in prompt.system)
    marks += sum(turn.cache for turn in prompt.turns)
    if marks > MAX_BREAKPOINTS:
        raise BadInput(f"{marks} cache marks; at most {MAX_BREAKPOINTS} are allowed.")
    if not prompt.turns or prompt.turns[-1].role != "user":
        raise BadInput("The last turn must be the user's.")
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": prompt.max_tokens,
        "messages": _messages(prompt.turns),
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": _EFFORT[prompt.tier]},
    }
    if prompt.form is not None and not prompt.is_form_told:
        schema = wire_form(prompt.form)
        body["output_config"]["format"] = {"type": "json_schema", "schema": schema}
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in sorted(prompt.tools, key=_name)]
        if not prompt.may_use_tools:
            body["tool_choice"] = {"type": "none"}
    system = [_text(part.text, cache=part.cache) for part in prompt.system]
    if prompt.form is not None and prompt.is_form_told:
        system.append(_text(told(prompt.form), cache=False))
    if system:
        body["system"] = system
    return body


def _name(tool: Tool) -> str:
    return tool.name


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.schema),
    }


def _messages(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for turn in turns:
        if not messages or messages[-1]["role"] != turn.role:
            messages.append({"role": turn.role, "content": []})
        messages[-1]["content"] += _blocks(turn)
    return messages


def _blocks(turn: Turn) -> list[dict[str, Any]]:
    """A turn's blocks in the one order the API takes: results, words, uses."""
    blocks = [
        {
            "type": "tool_result",
            "tool_use_id": result.id,
            "content": result.content or "(nothing)",
            "is_error": result.is_error,
        }
        for result in turn.tool_results
    ]
    blocks += [_image(image) for image in turn.images]
    if turn.text.strip():
        blocks.append(_text(turn.text, cache=turn.cache))
    blocks += [
        {"type": "tool_use", "id": use.id, "name": use.name, "input": dict(use.input)}
        for use in turn.tool_uses
    ]
    return blocks


def _image(image: Image) -> dict[str, Any]:
    data = base64.b64encode(image.body).decode()
    source = {"type": "base64", "media_type": image.media_type, "data": data}
    return {"type": "image", "source": source}


def _text(text: str, *, cache: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    if cache:
        block["cache_control"] = {"type": "ephemeral"}
    return block
