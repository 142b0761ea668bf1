"""The API's refusals and failures, as the port's two errors.

Source: https://platform.openai.com/docs/guides/error-codes
"""

import json
from typing import Any

import httpx

from agent.llm.port import ModelFailed, ModelRejected, Usage

_TRY_LATER = "Try again in a few minutes."
_SERVER_ERROR = 500
_LIMITED = 429
_TRANSIENT = {408, 409, _LIMITED}
_WORDS = 300
_BILLING = "Check the billing page of the provider's console."
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached"}
_REFUSED = {
    401: (
        "The provider does not accept the API key.",
        "Check OPENAI_API_KEY: it may be mistyped or revoked.",
    ),
    402: ("The account at the provider is without credit.", _BILLING),
    403: (
        "The API key may not do this.",
        "Check the permissions of OPENAI_API_KEY in the provider's console.",
    ),
    413: (
        "The message is too large for the model.",
        "Shorten the text, or start a new conversation.",
    ),
}
_ACCOUNT = {401, 402, 403}
_NO_MODEL = 404


def refusal(response: httpx.Response, body: bytes) -> ModelFailed | ModelRejected:
    """Return the port's error for a response that is no stream."""
    status, said = response.status_code, _error(body)
    code = str(said.get("code") or said.get("type") or "")
    if code in _NO_CREDIT:
        return ModelRejected(*_REFUSED[402][:1], hint=_BILLING, is_account=True)
    if status in _TRANSIENT or status >= _SERVER_ERROR:
        return ModelFailed(
            "The model's rate limit is reached."
            if status == _LIMITED
            else "The model's service has a problem.",
            hint=_TRY_LATER,
            retry_after_s=_retry_after(response),
            is_outage=status != _LIMITED,
        )
    return _rejected(status, code, str(said.get("message") or ""))


def trouble(error: Exception, usage: Usage, *, streaming: bool) -> ModelFailed:
    """Return the port's error for what broke on the way."""
    if streaming:
        return cut(usage)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return ModelFailed("The model did not answer.", hint=_TRY_LATER, usage=usage)
    return ModelFailed(
        "The model cannot be reached.",
        hint="Check the network and OPENAI_BASE_URL.",
        usage=usage,
    )


def cut(usage: Usage) -> ModelFailed:
    """Return the error for a stream that ended before its last event."""
    return ModelFailed(
        "The connection broke in the middle of the answer.",
        hint="Try again.",
        usage=usage,
    )


def said_in_stream(error: dict[str, Any], usage: Usage) -> ModelFailed:
    """Return the error for one that came as an event: the request itself was good."""
    code = str(error.get("code") or error.get("type") or "")
    return ModelFailed(
        "The model's service has a problem.",
        hint=_TRY_LATER,
        usage=usage,
        is_outage=code != "rate_limit_exceeded",
    )


def _rejected(status: int, code: str, said: str) -> ModelRejected:
    if code == "context_length_exceeded":
        status = 413
    if status in _REFUSED:
        message, hint = _REFUSED[status]
        return ModelRejected(message, hint=hint, is_account=status in _ACCOUNT)
    if status == _NO_MODEL or code == "model_not_found":
        return ModelRejected(
            "The provider does not know this model.",
            hint="Choose another: /models lists them.",
        )
    return ModelRejected(
        f"The model refused the request: {said[:_WORDS] or status}",
        hint="This is a fault in Draper or in OPENAI_BASE_URL; please report it.",
    )


def _error(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    said = said[0] if isinstance(said, list) and said else said  # Gemini's shape
    inside = said.get("error", said) if isinstance(said, dict) else {}
    return inside if isinstance(inside, dict) else {"message": str(inside)}


def _retry_after(response: httpx.Response) -> float | None:
    try:
        seconds = float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None
