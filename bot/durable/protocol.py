"""The SDK's call protocol: what is posted to a function, and what its answer means.

Source: docs/SDK_SPEC.md of inngest/inngest, sections 4.4 (call request) and 4.5 (call
response), as spoken by the installed SDK.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.durable import expressions
from bot.durable.asgi import Answer
from bot.durable.expressions import Expression
from bot.durable.functions import Unsupported, duration

ANY_STEP = "step"
"""The step id of a call that is aimed at no step in particular."""
PARTIAL, OK = 206, 200
MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest result a step or a function may return, as JSON."""

LONGEST = timedelta(days=365)
"""How long an invocation may take that names no limit."""

SIDES = ("event", "async")
"""What the expression of a wait may name: the run's event, and the one that comes."""

HOPELESS = {"output_unserializable"}
"""Error codes that the same call would meet again, though the SDK does not say so."""

Error = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function, its payloads already JSON."""

    run_id: str
    function_id: str
    step_id: str
    attempt: int
    max_attempts: int
    event: str
    events: Sequence[str]
    memos: Mapping[str, str]
    racing: bool
    """Steps may be in flight besides this call: plan new ones, run none."""
    by_api: bool = False
    """It would be too large: the SDK is to fetch events and memos itself."""

    def query(self) -> dict[str, str]:
        """Return the address of the function and step."""
        return {"fnId": self.function_id, "stepId": self.step_id or ANY_STEP}

    def body(self) -> bytes:
        """Return the request's JSON."""
        ctx = {
            "attempt": self.attempt,
            "disable_immediate_execution": self.racing,
            "max_attempts": self.max_attempts,
            "run_id": self.run_id,
            "stack": {"stack": list(self.memos)},
        }
        memos = {} if self.by_api else self.memos
        steps = ",".join(f"{json.dumps(key)}:{memo}" for key, memo in memos.items())
        events = "" if self.by_api else ",".join(self.events)
        return (
            f'{{"ctx":{json.dumps(ctx)},"event":{self.event},"events":[{events}],'
            f'"steps":{{{steps}}},"use_api":{json.dumps(self.by_api)}}}'
        ).encode()


@dataclass(frozen=True, slots=True)
class Ran:
    """A step ran; ``memo`` is what later calls get for it."""

    step_id: str
    name: str
    memo: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A step wants a call of its own."""

    step_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Slept:
    """The run wants to sleep until an instant."""

    step_id: str
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Waited:
    """The run wants an event, or to know that none came in time."""

    step_id: str
    name: str
    event: str
    when: Expression | None
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class Invoked:
    """The run wants what another function returns."""

    step_id: str
    name: str
    function_id: str
    data: Mapping[str, Any]
    timeout: timedelta


Op = Ran | Planned | Slept | Waited | Invoked


@dataclass(frozen=True, slots=True)
class Progress:
    """The call got to these steps."""

    ops: tuple[Op, ...]
    racing: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The function returned; ``output`` is JSON."""

    output: str


@dataclass(frozen=True, slots=True)
class Errored:
    """The call failed."""

    error: Error
    retriable: bool = True
    retry_at: datetime | None = None
    step_id: str = ""
    """The step that failed; empty when the function did, outside of any step."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The call did not reach its function; no attempt was spent."""

    error: Error
    wait: timedelta | None = None
    """When to try again; None: soon."""


Outcome = Progress | Done | Errored | Undelivered


def error_of(name: str, message: str) -> Error:
    """Return an error of our own in the shape the SDK uses."""
    return {"name": name, "message": message, "stack": None}


def dump(value: Any) -> str:
    """Return JSON that the SDK can read back.

    Half a surrogate pair, which its parser refuses, becomes a question mark.

    Raises:
        TypeError, ValueError: JSON cannot hold it.
    """
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    return text.encode(errors="replace").decode()


def storable(text: str) -> str:
    """Return text that PostgreSQL takes: NUL and half surrogate pairs become ``?``."""
    return text.replace("\0", "?").encode(errors="replace").decode()


def read(answer: Answer) -> Outcome:
    """Return what the answer means for the run."""
    if len(answer.body) > MAX_BODY_BYTES:
        return Errored(_too_large(len(answer.body)), retriable=False)
    if answer.status == OK:
        return Done(answer.body.decode())
    final = answer.headers.get("x-inngest-no-retry") == "true"
    if answer.status == PARTIAL:
        return _progress(json.loads(answer.body), retriable=not final)
    error = _error(answer.body)
    return Errored(
        error,
        retriable=not final and error.get("code") not in HOPELESS,
        retry_at=_instant(answer.headers.get("retry-after")),
    )


def _progress(ops: list[dict[str, Any]], *, retriable: bool) -> Outcome:
    if len(ops) == 1 and ops[0]["op"] == "StepError" and retriable:
        step = ops[0]
        return Errored(step["error"], step_id=step["id"], name=step["displayName"])
    read_ops: list[Op] = []
    for op in ops:
        try:
            read_ops.append(_op(op))
        except Unsupported as error:
            said = f"Step {op['displayName']!r}: {error.said}"
            return Errored(error_of("Unsupported", said), retriable=False)
    racing = any((op.get("opts") or {}).get("parallelMode") == "race" for op in ops)
    return Progress(tuple(read_ops), racing)


def _op(op: dict[str, Any]) -> Op:
    step_id, name, opts = op["id"], op["displayName"], op.get("opts") or {}
    made: Op
    match op["op"]:
        case "StepRun":
            made = Ran(step_id, name, dump({"data": op.get("data")}))
        case "StepError" | "StepFailed":
            made = _failed(step_id, name, op["error"])
        case "StepPlanned":
            made = Planned(step_id, name)
        case "Sleep":
            made = Slept(step_id, name, _moment(op["name"]))
        case "WaitForEvent":
            made = _waited(step_id, name, op["name"], opts)
        case "InvokeFunction":
            made = _invoked(step_id, name, opts)
        case other:
            raise Unsupported(f"{other} is not supported by the embedded engine.")
    return made


def _failed(step_id: str, name: str, error: Error) -> Ran:
    memo = {key: error.get(key) for key in ("name", "message", "stack")}
    return Ran(step_id, name, dump({"error": memo}), failed=True)


def _waited(step_id: str, name: str, event: str, opts: dict[str, Any]) -> Waited:
    condition = opts.get("if")
    when = expressions.compile(condition, names=SIDES) if condition else None
    return Waited(step_id, name, event, when, duration(opts["timeout"]))


def _invoked(step_id: str, name: str, opts: dict[str, Any]) -> Invoked:
    payload = opts.get("payload") or {}
    timeout = duration(opts["timeout"]) if opts.get("timeout") else LONGEST
    data = payload.get("data") or {}
    return Invoked(step_id, name, opts["function_id"], data, timeout)


def answered(kind: str, step_id: str, name: str, answer: str | None) -> Ran:
    """Return the memo of a timer, a wait or an invocation whose time has come."""
    if kind == "invoke":
        return _returned(step_id, name, json.loads(answer)["data"] if answer else None)
    return Ran(step_id, name, f'{{"data":{answer}}}' if answer else "null")


def _returned(step_id: str, name: str, told: dict[str, Any] | None) -> Ran:
    if told is None:
        said = "Timed out waiting for invoked function to complete"
        told = {"error": error_of("InngestInvokeTimeoutError", said)}
    if told.get("error"):
        return _failed(step_id, name, told["error"])
    return Ran(step_id, name, dump({"data": told.get("result")}))


def _error(body: bytes) -> Error:
    try:
        error = json.loads(body)
    except ValueError:
        error = None
    if isinstance(error, dict) and "message" in error:
        kept = ("code", "name", "message", "stack")
        return {key: error[key] for key in kept if key in error}
    return error_of("BadAnswer", body[:500].decode(errors="replace"))


def _too_large(size: int) -> Error:
    return error_of(
        "OutputTooLarge",
        f"A step or function returned {size} bytes of JSON; {MAX_BODY_BYTES} are the "
        "most. Keep the data in the object store and return its key.",
    )


def _instant(given: str | None) -> datetime | None:
    return _moment(given) if given else None


def _moment(given: str) -> datetime:
    return datetime.fromisoformat(given)
