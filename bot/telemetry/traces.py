"""One OpenTelemetry trace a run, whose id is the run's: from the message to the reply.

Ids of the spans that others hang on are derived from the run's id, so that processes
need to tell each other nothing, and a run's trace is found by the id that people have.
Only names, ids, numbers and outcomes are kept: never a text, nor an error's message,
which may quote one.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from hashlib import sha256
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags
from structlog.contextvars import get_contextvars

from agent.llm.port import Prices, Prompt
from bot.durable.observer import Call
from bot.durable.protocol import Errored, Progress, Undelivered
from bot.durable.queue import Job
from bot.telemetry.metrics import outcome_of
from bot.telemetry.port import ModelCall, Sending, Telemetry

FLUSH_MS = 3000
_received: ContextVar[int] = ContextVar("received", default=0)
_given: ContextVar[tuple[int, int] | None] = ContextVar("given", default=None)


class _Ids(RandomIdGenerator):
    """Ids at random, unless the span that begins now has ids of its own."""

    def generate_trace_id(self) -> int:
        given = _given.get()
        return given[0] if given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        given = _given.get()
        return given[1] if given else super().generate_span_id()


class Traces(Telemetry):
    """Spans of what happens, handed to a processor."""

    def __init__(self, processor: SpanProcessor, service: str, prices: Prices) -> None:
        """Hand spans to ``processor``, in the name of ``service``."""
        resource = Resource.create({"service.name": service})
        # All of them: a collector can choose, with the whole trace before it.
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=resource,
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("draper")
        self._prices = prices

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Note when the work on a message began."""
        token = _received.set(time.time_ns())
        try:
            yield
        finally:
            _received.reset(token)

    def requested(self, run_id: UUID, attempt: int) -> None:
        """Begin a run's trace; a later attempt is a span of the same."""
        began = _received.get() or time.time_ns()
        said = {"draper.run_id": str(run_id), "draper.attempt": attempt}
        if attempt == 1:
            with _with_ids(run_id, root_of(run_id)):
                span = self._start("message", Context(), said, began=began)
        else:
            above = _under(run_id, root_of(run_id))
            span = self._start("retry", above, said, began=began)
        span.end()

    @contextlib.contextmanager
    def calling(self, job: Job) -> Iterator[Call]:
        """One call of a function; what is done in it hangs below."""
        call = Call(job)
        above = _under(_trace_of(job), durable_of(job.run_id))
        said = {**_about(job), "draper.try": job.attempt, "draper.losses": job.losses}
        span = self._start(f"call {job.function_id}", above, said)
        try:
            with trace.use_span(span, record_exception=False):
                yield call
        finally:
            _conclude(span, call)
            span.end()

    def ended(self, job: Job, status: str, error: str = "") -> None:
        """A durable run, from its event to its end."""
        run_id = _run_of(job)
        above = _under(run_id, root_of(run_id)) if run_id else Context()
        said = {**_about(job), "draper.status": status}
        began = int(job.facts["ts"]) * 1_000_000
        with _with_ids(_trace_of(job), durable_of(job.run_id)):
            span = self._start(f"run {job.function_id}", above, said, began=began)
        if error:
            span.set_attribute("error.type", error)
            span.set_status(StatusCode.ERROR)
        span.end()

    @contextlib.contextmanager
    def asking(self, prompt: Prompt, provider: str, model: str) -> Iterator[ModelCall]:
        """One call of a model, with its tokens and cost.

        Source: OpenTelemetry's semantic conventions for generative AI clients
        """
        call = ModelCall(prompt, provider, model)
        said = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.request.max_tokens": prompt.max_tokens,
        }
        span = self._start(f"chat {model}", _here(), said, kind=SpanKind.CLIENT)
        try:
            yield call
        finally:
            self._answered(span, call)
            span.end()

    def delivered(self, sending: Sending) -> None:
        """One message on its way to a messenger."""
        run_id = sending.run_id
        span = self._start(
            f"{'edit' if sending.is_edit else 'send'} {sending.channel}",
            _under(run_id, root_of(run_id)) if run_id else Context(),
            {"draper.channel": sending.channel, "draper.state": sending.state},
            kind=SpanKind.CLIENT,
            began=sending.began_ns,
        )
        if sending.state in ("failed", "ambiguous"):
            span.set_status(StatusCode.ERROR)
        span.end()

    def close(self) -> None:
        """Hand over what is still to be told, if that takes no longer than moments."""
        self._provider.force_flush(FLUSH_MS)
        self._provider.shutdown()

    def _start(
        self,
        name: str,
        above: Context,
        said: Mapping[str, Any],
        *,
        began: int | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> trace.Span:
        return self._tracer.start_span(
            name, above, kind, attributes=dict(said), start_time=began
        )

    def _answered(self, span: trace.Span, call: ModelCall) -> None:
        done = call.completion
        if done is None:
            span.set_status(StatusCode.ERROR)
            return
        used = done.usage
        cached = used.cache_read_tokens
        written = used.cache_write_5m_tokens + used.cache_write_1h_tokens
        cost = self._prices.cost_usd(done.provider, done.model, used)
        span.set_attributes(
            {
                "gen_ai.response.model": done.model,
                "gen_ai.response.finish_reasons": (done.stop.value,),
                "gen_ai.usage.input_tokens": used.input_tokens + cached + written,
                "gen_ai.usage.output_tokens": used.output_tokens,
                "gen_ai.usage.cache_read.input_tokens": cached,
                "gen_ai.usage.cache_creation.input_tokens": written,
                "draper.cost_usd": float(cost),
            }
        )


@contextlib.contextmanager
def _with_ids(trace_id: UUID, span_id: int) -> Iterator[None]:
    token = _given.set((trace_id.int, span_id))
    try:
        yield
    finally:
        _given.reset(token)


def root_of(run_id: UUID) -> int:
    """Return the id of the span that a run's trace begins with."""
    return _derived(run_id, b"message")


def durable_of(run_id: UUID) -> int:
    """Return the id of the span of a durable run, by that run's id."""
    return _derived(run_id, b"durable")


def _derived(run_id: UUID, what: bytes) -> int:
    return int.from_bytes(sha256(run_id.bytes + what).digest()[:8])


def _under(trace_id: UUID, span_id: int) -> Context:
    parent = SpanContext(
        trace_id.int, span_id, is_remote=True, trace_flags=TraceFlags(1)
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


def _here() -> Context:
    """Below the call that this is done in; where that is elsewhere, below the run."""
    span = trace.get_current_span()
    if span.get_span_context().is_valid:
        return trace.set_span_in_context(span, Context())
    run_id = _id(get_contextvars().get("run_id"))
    return _under(run_id, root_of(run_id)) if run_id else Context()


def _run_of(job: Job) -> UUID | None:
    """The run that a durable run works on, or whose failure it handles."""
    data = job.facts["data"]
    cause = data.get("event")
    if isinstance(cause, dict):
        data = cause.get("data") or {}
    return _id(data.get("run_id"))


def _trace_of(job: Job) -> UUID:
    return _run_of(job) or job.run_id


def _id(given: object) -> UUID | None:
    try:
        return UUID(str(given))
    except ValueError:
        return None


def _about(job: Job) -> dict[str, Any]:
    return {"draper.function": job.function_id, "draper.durable_run": str(job.run_id)}


def _conclude(span: trace.Span, call: Call) -> None:
    """Name the span for the step that was done, and say how it went."""
    outcome = call.outcome
    span.set_attribute("draper.outcome", outcome_of(call))
    if isinstance(outcome, Progress) and len(outcome.ops) == 1:
        [op] = outcome.ops
        step = op.name or op.step_id  # the id is a hash
        span.update_name(f"step {step}")
        span.set_attribute("draper.step", step)
    if isinstance(outcome, Errored | Undelivered):
        span.set_attribute("error.type", str(outcome.error.get("name")))
    if outcome is None or outcome_of(call) in ("error", "step_failed", "undelivered"):
        span.set_status(StatusCode.ERROR)
