"""A prompt as the body of a chat completion: pure, so the same bytes each time.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from agent.errors import BadInput
from agent.llm.port import Image, Prompt, Tool, Turn
from agent.llm.wireform import NAME, told, wire_form

# What Mistral's, Gemini's and local servers take too; `max_completion_tokens` is for
# OpenAI itself, whose reasoning models refuse the older name.
_LIMIT = "max_completion_tokens"
_OLDER_LIMIT = "max_tokens"


def request(prompt: Prompt, model: str, *, is_openai: bool) -> dict[str, Any]:
    """Return the request's body; marks for a cache are dropped, it is automatic here.

    ``is_openai``: the address is OpenAI's own, which names the limit differently, holds
    an answer to its form, and whose models see; others refuse the whole call over a
    picture or a form, and are told the form in words.

    Raises:
        BadInput: The last turn is not the user's.
    """
    if not prompt.turns or prompt.turns[-1].role != "user":
        raise BadInput("The last turn must be the user's.")
    body: dict[str, Any] = {
        "model": model,
        "messages": list(_messages(prompt, is_openai=is_openai)),
        "stream": True,
        # Without it the stream ends without saying what it took.
        "stream_options": {"include_usage": True},
        (_LIMIT if is_openai else _OLDER_LIMIT): prompt.max_tokens,
    }
    if prompt.form is not None and is_openai and not prompt.is_form_told:
        schema = {"name": NAME, "strict": True, "schema": wire_form(prompt.form)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in sorted(prompt.tools, key=_name)]
        body["tool_choice"] = "auto" if prompt.may_use_tools else "none"
    return body


def _messages(prompt: Prompt, *, is_openai: bool) -> Iterator[dict[str, Any]]:
    texts = [block.text for block in prompt.system]
    if prompt.form is not None and (prompt.is_form_told or not is_openai):
        texts.append(told(prompt.form))
    if texts:
        yield {"role": "system", "content": "\n\n".join(texts)}
    said: list[dict[str, Any]] = []
    for turn in prompt.turns:
        for message in _turn(turn, sees=is_openai):
            if said and _joins(said[-1], message):
                said[-1]["content"] += f"\n\n{message['content']}"
            else:
                said.append(message)
    yield from said


def _joins(before: dict[str, Any], after: dict[str, Any]) -> bool:
    plain = {"role", "content"}
    are_texts = isinstance(before["content"], str) and isinstance(after["content"], str)
    is_one_side = before["role"] == after["role"] and are_texts
    return is_one_side and before.keys() == plain == after.keys()


def _turn(turn: Turn, *, sees: bool) -> Iterator[dict[str, Any]]:
    for came in turn.tool_results:
        content = f"Error: {came.content}" if came.is_error else came.content
        yield {"role": "tool", "tool_call_id": came.id, "content": content}
    if turn.tool_uses:
        calls = [
            {
                "id": use.id,
                "type": "function",
                "function": {
                    "name": use.name,
                    "arguments": json.dumps(dict(use.input)),
                },
            }
            for use in turn.tool_uses
        ]
        said = turn.text or None
        yield {"role": "assistant", "content": said, "tool_calls": calls}
    elif turn.images and sees:
        pictures = [_image(image) for image in turn.images]
        words = [{"type": "text", "text": turn.text}] if turn.text else []
        yield {"role": turn.role, "content": [*pictures, *words]}
    elif turn.text:
        yield {"role": turn.role, "content": turn.text}


def _image(image: Image) -> dict[str, Any]:
    data = base64.b64encode(image.body).decode()
    url = f"data:{image.media_type};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}}


def _name(tool: Tool) -> str:
    return tool.name


def _tool(tool: Tool) -> dict[str, Any]:
    declared = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.schema),
    }
    return {"type": "function", "function": declared}
