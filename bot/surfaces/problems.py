"""Refusals as ``application/problem+json`` (RFC 9457).

The facts come from the error itself: its code, status and hint. What nobody expected is
told in one fixed sentence; the log has the reason.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.types import Send

from agent.errors import AgentError, BadInput, Conflict, NotFound, Unavailable

MEDIA = "application/problem+json"
PAGE = "/v1/"
MOST_ERRORS = 20

_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})
_DOWN = frozenset({"53300", "57P01", "57P02", "57P03"})
_DATA = "22"
"""SQLSTATE class of values that a column cannot hold."""


class Malformed(AgentError):
    """The request cannot be read at all."""

    code, status = "malformed", 400


class Unknown(AgentError):
    """No live key came with the request."""

    code, status = "unauthorized", 401

    def __init__(self) -> None:
        """Say where keys come from, and nothing of what was wrong with this one."""
        super().__init__(
            "This needs a live API key.",
            hint="Send Authorization: Bearer <key>; /key new <name> makes one.",
        )


class NoSuchOperation(NotFound):
    """The catalogue has no such operation on this surface."""

    code = "no_such_operation"

    def __init__(self, name: str) -> None:
        """Name it."""
        super().__init__(
            f"There is no operation {name[:64]!r} here.", hint=f"{PAGE} lists them all."
        )


class WrongMethod(AgentError):
    """The operation is not asked for in this way."""

    code, status = "wrong_method", 405

    def __init__(self, allowed: Iterable[str]) -> None:
        """Name the methods there are."""
        self.allowed = ", ".join(allowed)
        super().__init__("That method is not for this.", hint=f"Use {self.allowed}.")


class TooLarge(AgentError):
    """The body is longer than any call needs."""

    code, status = "too_large", 413

    def __init__(self, most: int) -> None:
        """Name the limit."""
        super().__init__(
            f"The body has more than {most:,} bytes.", hint="Send less at once."
        )


class WrongType(AgentError):
    """The body is not JSON."""

    code, status = "wrong_content_type", 415

    def __init__(self) -> None:
        """Name the type."""
        super().__init__(
            "The body is not JSON.", hint="Send Content-Type: application/json."
        )


class BadShape(BadInput):
    """The parameters do not fit the operation; each place is named."""

    code = "bad_shape"

    def __init__(self, error: ValidationError) -> None:
        """Keep the places and what is wrong there, never the values."""
        self.errors = [
            {"pointer": _pointer(one["loc"]), "detail": one["msg"]}
            for one in error.errors(
                include_url=False, include_input=False, include_context=False
            )[:MOST_ERRORS]
        ]
        first = self.errors[0]
        super().__init__(
            f"{first['pointer']}: {first['detail']}.",
            hint=f"{PAGE} tells what the operation takes.",
        )


class TooMany(AgentError):
    """A quota of requests is used up."""

    code, status, retryable = "too_many_requests", 429, True

    def __init__(self, window: str, retry_s: int) -> None:
        """Name the window, and when it is whole again."""
        self.window = window
        self.retry_s = retry_s
        super().__init__(
            f"Too many requests of this {window}.", hint=f"Wait {retry_s} s."
        )


class Broken(AgentError):
    """Something nobody expected."""

    code, status = "internal", 500

    def __init__(self) -> None:
        """Say nothing of it: the log has the reason."""
        super().__init__(
            "Something went wrong on our side.",
            hint="Try again; with the same Idempotency-Key nothing is done twice.",
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: bytes
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(error: AgentError, request_id: str) -> Answer:
    """The refusal as a problem document."""
    told: dict[str, Any] = {
        "type": f"{PAGE}#{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
        "retryable": error.retryable,
        "request_id": request_id,
    }
    told |= {
        name: found
        for name in ("errors", "approval_id", "operation")
        if (found := getattr(error, name, None))
    }
    return Answer(
        error.status, json.dumps(told, default=str).encode(), MEDIA, _headers(error)
    )


async def send_answer(
    send: Send, answer: Answer, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Send it, with ``more`` headers."""
    headers = {
        "content-type": answer.media,
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        **answer.headers,
        **more,
    }
    raw = [(name.encode(), told.encode("latin-1")) for name, told in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


def expected(error: DBAPIError) -> AgentError | None:
    """The refusal that a failure of the database stands for; None: a bug of ours."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state in _BUSY:
        return Conflict("Somebody else is changing that right now.", hint="Try again.")
    if state.startswith(_DATA):
        return BadInput("A value is too large or cannot be kept.")
    gone = error.connection_invalidated or isinstance(error, InterfaceError)
    if gone or (isinstance(error, OperationalError) and not state) or state in _DOWN:
        return Unavailable("The database does not answer.", hint="Try again soon.")
    return None


def _headers(error: AgentError) -> dict[str, str]:
    match error:
        case Unknown():
            return {"www-authenticate": 'Bearer realm="draper"'}
        case WrongMethod():
            return {"allow": error.allowed}
        case TooMany():
            return {"retry-after": str(error.retry_s)}
        case AgentError(retryable=True):
            return {"retry-after": "5"}
    return {}


def _pointer(place: tuple[int | str, ...]) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in escaped) or "/"
