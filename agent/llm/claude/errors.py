"""The Anthropic API's refusals and failures, as the port's two errors.

Source: https://platform.claude.com/docs/en/api/errors, and the error classes of
``anthropic`` 2.11.
"""

from anthropic import APIConnectionError, APIStatusError, APITimeoutError

from agent.errors import AgentError
from agent.llm.port import ModelFailed, ModelRejected, Usage

_SPEND_LIMITS = {
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached",
}
_TRANSIENT = {408, 409, 429}
_SERVER_ERROR = 500
_NO_MODEL = 404
_LIMITED = 429
_ACCOUNT = {401, 402, 403}
_WORDS = 300

_RAISE_LIMIT = "Raise the limit in the Claude Console, or wait until it resets."
_SHORTEN = "Shorten the text, or start a new conversation."
_TRY_LATER = "Try again in a few minutes."

_REFUSED = {
    401: (
        "Anthropic does not accept the API key.",
        "Check ANTHROPIC_API_KEY: it may be mistyped or revoked.",
    ),
    402: (
        "Anthropic refuses for a billing reason.",
        "Check the billing page of the Claude Console.",
    ),
    403: (
        "The API key may not do this.",
        "Check the permissions of ANTHROPIC_API_KEY in the Claude Console.",
    ),
    404: (
        "Anthropic does not know this model.",
        "Check MODEL_FAST, MODEL_BALANCED and MODEL_DEEP, and ANTHROPIC_BASE_URL.",
    ),
    413: ("The message is too large for the model.", _SHORTEN),
}
_FAILED = {
    429: "The model's rate limit is reached.",
    529: "The model is overloaded.",
}


def translated(error: Exception, usage: Usage, *, streaming: bool) -> AgentError:
    """Return the port's error for ``error``; ``usage`` was spent until then.

    Once a stream has begun its status is 200 and the request was good, so whatever
    ends it counts as a failure that may pass.
    """
    if isinstance(error, APIStatusError):
        if streaming or not _is_final(error):
            return _failed(error, usage)
        return _rejected(error)
    if isinstance(error, TimeoutError | APITimeoutError):
        return ModelFailed("The model did not answer.", hint=_TRY_LATER, usage=usage)
    if isinstance(error, APIConnectionError) and not streaming:
        return ModelFailed(
            "The model cannot be reached.",
            hint="Check the network and ANTHROPIC_BASE_URL.",
            usage=usage,
        )
    if isinstance(error, ValueError) and not streaming:
        return ModelRejected(
            "The request cannot be sent.",
            hint="Remove characters that are no text, then try again.",
        )
    return cut(usage)


def cut(usage: Usage) -> ModelFailed:
    """Return the error for a stream that ended before its last event."""
    return ModelFailed(
        "The connection broke in the middle of the answer.",
        hint="Try again.",
        usage=usage,
    )


def _is_final(error: APIStatusError) -> bool:
    if error.error_code in _SPEND_LIMITS:
        return True
    if error.response.headers.get("x-should-retry") == "false":
        return True
    status = error.status_code
    return status < _SERVER_ERROR and status not in _TRANSIENT


def _failed(error: APIStatusError, usage: Usage) -> ModelFailed:
    overloaded = error.type == "overloaded_error"
    limited = error.type == "rate_limit_error"
    status = 529 if overloaded else _LIMITED if limited else error.status_code
    return ModelFailed(
        _FAILED.get(status, "The model's service has a problem."),
        hint=_TRY_LATER,
        usage=usage,
        retry_after_s=_retry_after(error),
        is_outage=status != _LIMITED,
    )


def _retry_after(error: APIStatusError) -> float | None:
    try:
        seconds = float(error.response.headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _rejected(error: APIStatusError) -> ModelRejected:
    said = (error.api_message or "").strip()[:_WORDS]
    if error.error_code in _SPEND_LIMITS or "usage limits" in said:
        return ModelRejected(
            "The spending limit at Anthropic is reached.",
            hint=_RAISE_LIMIT,
            is_account=True,
        )
    if "credit balance" in said:
        return _refused(402)
    if "prompt is too long" in said:
        return _refused(413)
    if error.status_code == _NO_MODEL and said.startswith("model:"):
        named = said.removeprefix("model:").strip()
        return ModelRejected(
            f'Anthropic does not know the model "{named}".',
            hint=_REFUSED[_NO_MODEL][1],
        )
    if error.status_code in _REFUSED:
        return _refused(error.status_code)
    return ModelRejected(
        f"The model refused the request: {said or error.status_code}",
        hint="This is a fault in Draper or in ANTHROPIC_BASE_URL; please report it.",
    )


def _refused(status: int) -> ModelRejected:
    message, hint = _REFUSED[status]
    return ModelRejected(message, hint=hint, is_account=status in _ACCOUNT)
