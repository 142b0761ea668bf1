"""The requests that the API refuses, each with the status it answers.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import re
from collections.abc import Callable
from typing import Any

from tests.standins import forms
from tests.standins.openai.replies import Fault

MODELS = ("gpt-5-nano", "gpt-5-mini", "gpt-5.2", "gpt-5.4")
KNOWN = {
    *("model", "messages", "stream", "stream_options", "tools", "tool_choice"),
    "max_completion_tokens",
    "max_tokens",
    "response_format",
}
ROLES = {"system", "user", "assistant", "tool"}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def refusal(body: dict[str, Any]) -> Fault | None:
    """Why the API would refuse this request; None when it would not."""
    for rule in (_known, _model, _limit, _streaming, _form, _tools, _messages):
        if said := rule(body):
            return said if isinstance(said, Fault) else _bad(said)
    return None


def _bad(said: str) -> Fault:
    return Fault(400, "invalid_request_error", None, said)


def _known(body: dict[str, Any]) -> str:
    unknown = sorted(set(body) - KNOWN)
    return f"Unrecognized request arguments: {unknown}" if unknown else ""


def _model(body: dict[str, Any]) -> Fault | None:
    if body.get("model") in MODELS:
        return None
    said = f"The model `{body.get('model')}` does not exist"
    return Fault(404, "invalid_request_error", "model_not_found", said)


def _limit(body: dict[str, Any]) -> str:
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        return "max tokens must be a positive integer"
    return (
        "both limits are set"
        if {"max_tokens", "max_completion_tokens"} <= {*body}
        else ""
    )


def _streaming(body: dict[str, Any]) -> str:
    if "stream_options" in body and not body.get("stream"):
        return "stream_options is only allowed when stream is true"
    return ""


def _form(body: dict[str, Any]) -> str:
    form = body.get("response_format")
    if form is None:
        return ""
    given = form.get("json_schema", {})
    if form.get("type") != "json_schema" or not NAME.fullmatch(given.get("name", "")):
        return "Missing required parameter: 'response_format.json_schema.name'"
    said = forms.wrong(given.get("schema")) if given.get("strict") else ""
    return f"Invalid schema for response_format: {said}" if said else ""


def _tools(body: dict[str, Any]) -> str:
    if "tools" not in body:
        return "tool_choice is only allowed with tools" if "tool_choice" in body else ""
    if not body["tools"]:
        return "[] is too short - 'tools'"
    for tool in body["tools"]:
        function = tool.get("function", {})
        if tool.get("type") != "function" or not NAME.fullmatch(function.get("name")):
            return "Invalid 'tools[].function.name'"
        if function.get("parameters", {}).get("type") != "object":
            return "schema must be of type object"
    return ""


def _messages(body: dict[str, Any]) -> str:
    if not body.get("messages"):
        return "messages is too short"
    open_calls: set[str] = set()
    for message in body["messages"]:
        if said := _message(message, open_calls):
            return said
    return "tool_call_ids without a response" if open_calls else ""


def _message(message: dict[str, Any], open_calls: set[str]) -> str:
    role = message.get("role")
    check: dict[str, Callable[[], str]] = {
        "tool": lambda: _answers(message, open_calls),
        "assistant": lambda: _asks(message, open_calls),
    }
    if role not in ROLES:
        return f"Invalid role {role!r}"
    if role in check:
        return check[role]()
    if open_calls:
        return "An assistant message with 'tool_calls' must be followed by responses"
    return "" if isinstance(message.get("content"), str) else "Invalid content"


def _answers(message: dict[str, Any], open_calls: set[str]) -> str:
    if message.get("tool_call_id") not in open_calls:
        return "messages with role 'tool' must be a response to a preceding call"
    open_calls.discard(message["tool_call_id"])
    return ""


def _asks(message: dict[str, Any], open_calls: set[str]) -> str:
    if open_calls:
        return "An assistant message with 'tool_calls' must be followed by responses"
    calls = message.get("tool_calls")
    if not calls:
        return "" if isinstance(message.get("content"), str) else "Invalid content"
    open_calls |= {call["id"] for call in calls}
    good = all(isinstance(call["function"]["arguments"], str) for call in calls)
    return "" if good else "arguments must be a string"
