"""The refusals an operation may raise, sorted by what the asker can do about them.

A class fixes three facts that surfaces read: a stable ``code``, an HTTP ``status``, and
whether the same call may succeed later. Rooms subclass these; no surface ever names a
subclass.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar


class AgentError(Exception):
    """A refusal that is safe to show in full: what happened, and what to do next."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` (what happened) and ``hint`` (what to do next)."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def said(self) -> str:
        """The refusal as one sentence or two, for a person."""
        return f"{self.message} {self.hint}".strip()

    @property
    def facts(self) -> Mapping[str, Any]:
        """What programs may act on, as JSON values; money is text, never a float."""
        return {}


class BadInput(AgentError):
    """The input breaks the shape, or a rule of the room."""

    code, status = "bad_input", 422

    def __init__(self, message: str, *, hint: str = "", field: str = "") -> None:
        """Keep, besides, which parameter is meant, where it is a single one."""
        super().__init__(message, hint=hint)
        self.field = field


class NotFound(AgentError):
    """No such row here; also what row security hides."""

    code, status = "not_found", 404


class Forbidden(AgentError):
    """The caller's role is too low."""

    code, status = "forbidden", 403
    operation = ""
    """What was asked for; the gate says it, for the audit."""


class Conflict(AgentError):
    """The row has moved on since it was read."""

    code, status = "conflict", 409


class NeedsApproval(AgentError):
    """A person must press before this effect happens.

    The surface asks; the press becomes an approval of exactly this ``operation`` with
    this ``params_hash``; then the same call is made again with the approval's id.
    """

    code, status = "needs_approval", 409

    def __init__(
        self,
        operation: str,
        params_hash: str,
        params: Mapping[str, Any] | None = None,
        *,
        role: str = "member",
    ) -> None:
        """Name the call that waits: its parameters as JSON values, and whose yes."""
        super().__init__(f"{operation} waits for you.", hint="Press Approve to go on.")
        self.operation = operation
        self.params_hash = params_hash
        self.params = dict(params or {})
        self.role = role


class OverBudget(AgentError):
    """The call would pass a spending limit."""

    code, status = "over_budget", 402

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        needs_usd: Decimal = Decimal(0),
        left_usd: Decimal = Decimal(0),
        span: str = "",
    ) -> None:
        """Keep what the call may cost at most, and what is left until ``span`` ends."""
        super().__init__(message, hint=hint)
        self.needs_usd = needs_usd
        self.left_usd = left_usd
        self.span = span
        """``today`` or ``this month``."""
        self.cheaper = ""
        """``<provider>/<model>`` that fits into what is left; empty: none."""
        self.cheaper_usd = Decimal(0)
        """The most that one would cost."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Needs, has left, and what would fit."""
        told = {
            "needs_usd": str(self.needs_usd),
            "left_usd": str(self.left_usd),
            "span": self.span,
        }
        if self.cheaper:
            told |= {"cheaper": self.cheaper, "cheaper_usd": str(self.cheaper_usd)}
        return told


class Unavailable(AgentError):
    """Somebody else's service failed; the same call may succeed later."""

    code, status, retryable = "unavailable", 503, True
