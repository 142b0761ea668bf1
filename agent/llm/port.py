"""What the agent asks of a language model, whoever makes it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from agent.errors import AgentError, Unavailable
from agent.llm.script import Play


class Tier(StrEnum):
    """How much thought a piece of work deserves; settings map it to a model."""

    FAST = "fast"
    BALANCED = "balanced"
    DEEP = "deep"


class Stop(StrEnum):
    """Why the model stopped, across providers."""

    END = "end"
    LENGTH = "length"
    """Out of output tokens: the text is cut."""
    REFUSAL = "refusal"
    TOOL_USE = "tool_use"
    PAUSE = "pause"
    """The provider paused a long turn; send it back to go on."""
    CONTEXT = "context"
    """The prompt and answer filled the context window."""
    OTHER = "other"
    """A reason newer than this code; the text may be cut."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the system prompt; ``cache`` marks the end of a stable prefix."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture to look at; what is written in it instructs nobody."""

    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One side's words. Outside text inside them is already marked as data."""

    role: str
    """``user`` or ``assistant``; two in a row by one side are one message."""
    text: str
    cache: bool = False
    """Marks the end of a stable prefix, as on a Block."""
    tool_uses: tuple["ToolUse", ...] = ()
    """What the assistant asked for with these words."""
    tool_results: tuple["ToolResult", ...] = ()
    """What came of it, by the user's side; before the text, if there is any."""
    images: tuple[Image, ...] = ()
    """By the user's side, before the text. A provider that shows none says so."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something the model may ask for instead of, or after, words."""

    name: str
    description: str
    schema: Mapping[str, Any]
    """JSON Schema of its input, an object."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One request by the model; nothing has been done yet."""

    id: str
    """The provider's own, to answer it by."""
    name: str
    input: Mapping[str, Any]
    """As the model wrote it: check it before use."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of one ToolUse."""

    id: str
    """The ToolUse's."""
    content: str
    """For the model to read; outside text in it is already marked as data."""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """One call: the stable part first, what changes last."""

    tier: Tier
    system: tuple[Block, ...]
    turns: tuple[Turn, ...]
    max_tokens: int = 4096
    model: str = ""
    """A pinned model; empty follows the tier."""
    tools: tuple[Tool, ...] = ()
    """The cached prefix begins with them: equal tools, in any order, equal bytes."""
    may_use_tools: bool = True
    """False keeps the tools in the prefix but lets the model only write."""
    form: Mapping[str, Any] | None = None
    """JSON Schema that the answer is to fit, with our notes; None: it is words."""
    is_form_told: bool = False
    """The form is only told in words: this provider did not take it as one."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the rehearsal model may use to answer plausibly: ``skill``, ``client``,
    ``exchanged``, the number of turns since the brief, ``worked``, how many more of
    stages stand between, and ``asks``, empty where nobody is there to be asked."""
    play: Play | None = field(default=None, repr=False, compare=False)
    """What the rehearsal model plays; a real one never sees it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, in five disjoint counts."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer's text, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model is still thinking; ``text`` is its summary, possibly empty."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Calling:
    """The next piece of a tool's input, JSON that is not whole yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What the call has cost so far, so that a cancelled one can be paid for."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Completion:
    """The last item of every stream: the whole answer and what it took."""

    text: str
    usage: Usage
    stop: Stop
    provider: str
    model: str
    latency_ms: int
    first_token_ms: int | None = None
    tool_uses: tuple[ToolUse, ...] = ()
    fallback_from: str = ""
    """``<provider>/<model>`` that should have answered and could not. Set by whoever
    called, never by a provider."""


Piece = Delta | Thinking | Calling | Spent | Completion
"""What a stream yields."""


class ModelFailed(Unavailable):
    """The model failed for now; ``usage`` is what was already spent."""

    code = "model_failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        usage: Usage | None = None,
        retry_after_s: float | None = None,
        is_outage: bool = True,
    ) -> None:
        """Keep the spent ``usage`` and how long the provider asks us to wait.

        ``is_outage``: others would fare the same now. A rate limit is one key's own.
        """
        super().__init__(message, hint=hint)
        self.usage = usage or Usage()
        self.retry_after_s = retry_after_s
        self.is_outage = is_outage


class ModelRejected(AgentError):
    """The provider will not take this call however often it is made (400, 401, 403)."""

    code, status = "model_rejected", 502

    def __init__(
        self, message: str, *, hint: str = "", is_account: bool = False
    ) -> None:
        """Keep whether it is the key's fault: revoked, without credit, at its limit."""
        super().__init__(message, hint=hint)
        self.is_account = is_account


class Model(Protocol):
    """A provider of completions. Never retries by itself: the durable step does."""

    provider: str
    is_rehearsal: bool
    """True for the stand-in used without a key: labelled, free, not counted."""

    def model_for(self, prompt: Prompt) -> str:
        """The model that ``prompt`` will be answered by."""
        ...

    def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Answer piece by piece; the last item is the Completion.

        Raises:
            ModelFailed: Overloaded, rate-limited, timed out, or cut in mid-stream.
            ModelRejected: The call itself is refused.
        """
        ...


class Prices(Protocol):
    """The dated price list in force."""

    @property
    def version(self) -> str:
        """Names the list; kept with every cost computed from it."""
        ...

    def cost_usd(self, provider: str, model: str, usage: Usage) -> Decimal:
        """What ``usage`` costs, in US dollars, to six places."""
        ...

    def ceiling_usd(self, provider: str, model: str, prompt: Prompt) -> Decimal:
        """The most ``prompt`` can cost: no cache read, all tokens written."""
        ...
