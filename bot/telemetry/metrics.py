"""Prometheus metrics: of few labels, none of which names a run, a person or a place."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from agent.llm.port import Prices, Prompt
from bot.durable.observer import Call
from bot.durable.protocol import Done, Errored, Progress, Ran
from bot.durable.queue import Job
from bot.standing import Standing
from bot.telemetry.port import ModelCall, Sending, Telemetry

SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
QUARANTINED = "Quarantined"

Series = Mapping[str, tuple[str, tuple[str, ...]]]

COUNTERS: Series = {
    "durable_runs_started": ("Durable runs that began here", ("function",)),
    "durable_runs_ended": ("Durable runs that ended here", ("function", "status")),
    "durable_runs_quarantined": (
        "Runs given up because their workers were lost again and again",
        ("function",),
    ),
    "durable_claims": ("Jobs leased by this process", ("function",)),
    "durable_retries": ("Failed calls that were queued again", ("function",)),
    "durable_leases_lost": (
        "Jobs that somebody else may have taken over",
        ("function",),
    ),
    "model_calls": ("Calls of a model", ("provider", "model", "outcome")),
    "model_tokens": ("Tokens read and written", ("provider", "model", "kind")),
    "model_cost_usd": (
        "What models cost, in US dollars, by the price list in force",
        ("provider", "model"),
    ),
    "sendings": ("Tries to send or edit a message", ("channel", "state")),
}
HISTOGRAMS: Series = {
    "durable_call_seconds": (
        "Calls of durable functions; each does one step at most",
        ("function", "outcome"),
    ),
    "model_call_seconds": (
        "How long a model took for its whole answer",
        ("provider", "model"),
    ),
}
GAUGES: Series = {
    "stuck_found": (
        "What the watchdog of this process found, by kind, since the start",
        ("kind",),
    ),
    "waiting": ("What waits to be worked on, in the whole installation", ("what",)),
    "oldest_due_seconds": (
        "For how long the oldest of it should have been worked on",
        ("what",),
    ),
    "runs": ("Unfinished runs", ("status",)),
    "deliveries": ("Messages of ours that are not all sent", ("state",)),
}

M = TypeVar("M")


class Metrics(Telemetry):
    """Counts in memory; the rest is asked of the database when somebody scrapes."""

    def __init__(self, prices: Prices) -> None:
        """Count from nothing; costs are by ``prices``."""
        self._prices = prices
        self.registry = registry = CollectorRegistry()
        self._count = _each(Counter, COUNTERS, registry)
        self._time = _each(partial(Histogram, buckets=SECONDS), HISTOGRAMS, registry)
        self._show = _each(Gauge, GAUGES, registry)
        self._up = Gauge(
            "draper_database_up", "Whether the database answered", registry=registry
        )

    def started(self, function_ids: Iterable[str]) -> None:
        """Runs began, one for each function named."""
        for name in function_ids:
            self._count["durable_runs_started"].labels(name).inc()

    def claimed(self, job: Job) -> None:
        """A job was leased."""
        self._count["durable_claims"].labels(job.function_id).inc()

    @contextlib.contextmanager
    def calling(self, job: Job) -> Iterator[Call]:
        """Time a call of the function."""
        call, began = Call(job), time.perf_counter()
        try:
            yield call
        finally:
            took = time.perf_counter() - began
            self._time["durable_call_seconds"].labels(
                job.function_id, outcome_of(call)
            ).observe(took)

    def retried(self, job: Job, error: str) -> None:
        """A failed call was queued again."""
        del error
        self._count["durable_retries"].labels(job.function_id).inc()

    def lease_lost(self, job: Job) -> None:
        """Somebody else may have the job now."""
        self._count["durable_leases_lost"].labels(job.function_id).inc()

    def ended(self, job: Job, status: str, error: str = "") -> None:
        """A run ended here."""
        self._count["durable_runs_ended"].labels(job.function_id, status).inc()
        if error == QUARANTINED:
            self._count["durable_runs_quarantined"].labels(job.function_id).inc()

    @contextlib.contextmanager
    def asking(self, prompt: Prompt, provider: str, model: str) -> Iterator[ModelCall]:
        """Count one call of a model, its tokens and its cost."""
        call, began = ModelCall(prompt, provider, model), time.perf_counter()
        try:
            yield call
        finally:
            outcome = call.completion.stop.value if call.completion else "failed"
            self._count["model_calls"].labels(provider, model, outcome).inc()
            took = time.perf_counter() - began
            self._time["model_call_seconds"].labels(provider, model).observe(took)
            self._spent(call)

    def delivered(self, sending: Sending) -> None:
        """A message was sent, or it was tried."""
        self._count["sendings"].labels(sending.channel, sending.state).inc()

    def text(self, standing: Standing | None, stuck: Mapping[str, int]) -> bytes:
        """Return all of it as Prometheus reads it.

        ``standing``: of the whole installation; None while the database is away.
        """
        self._up.set(standing is not None)
        if standing:
            self._take(standing)
        for kind, count in stuck.items():
            self._show["stuck_found"].labels(kind).set(count)
        return generate_latest(self.registry)

    def _spent(self, call: ModelCall) -> None:
        done = call.completion
        if done is None:
            return
        for kind, count in asdict(done.usage).items():
            name = kind.removesuffix("_tokens")
            self._count["model_tokens"].labels(call.provider, call.model, name).inc(
                count
            )
        cost = self._prices.cost_usd(done.provider, done.model, done.usage)
        self._count["model_cost_usd"].labels(call.provider, call.model).inc(float(cost))

    def _take(self, standing: Standing) -> None:
        does, post = standing.engine, standing.mailroom
        waiting = {
            "durable_calls": does.due,
            "durable_blocked": does.blocked,
            "durable_waiting": does.waiting,
            "durable_held": does.held,
            "durable_events": does.events,
            "durable_runs": does.runs,
            "inbox": post.inbox,
            "outbox": standing.outbox,
        }
        for what, count in waiting.items():
            self._show["waiting"].labels(what).set(count)
        ages = {
            "durable_calls": does.due_s,
            "durable_events": does.events_s,
            "inbox": post.inbox_s,
            "deliveries": post.unsent_s,
        }
        for what, seconds in ages.items():
            self._show["oldest_due_seconds"].labels(what).set(seconds)
        for status in ("queued", "running", "waiting_input", "waiting_approval"):
            count, _ = standing.runs.get(status, (0, 0.0))
            self._show["runs"].labels(status).set(count)
        for state in ("planned", "sending", "editing", "ambiguous"):
            self._show["deliveries"].labels(state).set(getattr(post, state))


def outcome_of(call: Call) -> str:
    """Return in a word what came of a call: of few words come few series."""
    match call.outcome:
        case Done():
            return "done"
        case Errored():
            return "error"
        case Progress(ops) if any(isinstance(op, Ran) and op.failed for op in ops):
            return "step_failed"
        case Progress():
            return "progress"
        case None:
            return "cut_off"
    return "undelivered"


def _each(
    make: Callable[..., M], series: Series, registry: CollectorRegistry
) -> dict[str, M]:
    return {
        name: make(f"draper_{name}", said, labels, registry=registry)
        for name, (said, labels) in series.items()
    }
