"""The catalogue over HTTP: ``POST /v1/<operation>`` with JSON, GET for what only reads.

Each call authenticates, is counted, is read strictly against the operation's own
parameters, and passes the gate in one transaction. What is sent twice with one
``Idempotency-Key`` is done once.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hmac import digest
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from agent.ctx import Caller, Ctx, Via
from agent.errors import AgentError, Forbidden, NeedsApproval
from agent.gate import invoke, params_hash
from agent.identity import repeats
from agent.identity.keys import Left, Quotas
from agent.identity.repeats import Kept, Once
from agent.operation import Effect, Surface
from agent.registry import AnyOperation, on
from agent.shapes import Accepted
from bot import refusals
from bot.services import Services
from bot.surfaces import bearer, problems
from bot.surfaces.bearer import QUOTAS, Visit
from bot.surfaces.problems import (
    Answer,
    BadShape,
    Malformed,
    NoSuchOperation,
    TooLarge,
    WrongMethod,
    WrongType,
)
from bot.surfaces.waiting import Asks, Waits

PREFIX = "/v1/"
MOST_BYTES = 512 * 1024
SLOW_S = 1.0
_VISIBLE = re.compile(r"[!-~]+")
AGAIN = "Then send the same request again with Draper-Approval: {id}."

log = structlog.get_logger()

Fixed = Callable[[], Answer]


@dataclass(slots=True)
class Call:
    """One request under way."""

    scope: Scope
    receive: Receive
    headers: Headers
    seen: Visit
    request_id: str
    quotas: tuple[Left, ...] = ()
    caller: Caller | None = None
    more: dict[str, str] = field(default_factory=dict)
    """Headers of the answer that are known before it."""


class Rest:
    """ASGI application: everything below ``/v1/``."""

    def __init__(
        self,
        services: Services,
        fixed: dict[str, Fixed],
        asks: Asks,
        quotas: Quotas = QUOTAS,
    ) -> None:
        """Answer with ``services``.

        ``fixed``: documents by name, open to all. ``asks``: puts what waits for a yes
        before its person.
        """
        self._quotas = quotas
        self._waits = Waits(services, asks, AGAIN)
        self._services = services
        self._fixed = fixed
        self._operations = {op.name: op for op in on(Surface.REST)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        call = Call(
            scope,
            receive,
            headers,
            bearer.visit(scope, headers),
            str(self._services.ids.new()),
        )
        begun = time.perf_counter()
        answer = await refused(call.request_id, lambda: self._answer(call))
        _told(call, answer, time.perf_counter() - begun)
        more = call.more | bearer.quota_headers(call.quotas) if call.quotas else {}
        more["request-id"] = call.request_id
        await problems.send_answer(send, answer, more)

    async def _answer(self, call: Call) -> Answer:
        name = str(call.scope["path"])[len(PREFIX) :]
        method = str(call.scope["method"])
        if name in self._fixed:
            if method not in {"GET", "HEAD"}:
                raise WrongMethod(("GET", "HEAD"))
            return self._fixed[name]()
        op = self._operations.get(name)
        if op is None:
            raise NoSuchOperation(name)
        if method not in methods(op):
            raise WrongMethod(methods(op))
        holder = await bearer.admit(
            self._services, call.headers, call.seen, Via.PERSON, self._quotas
        )
        call.caller, call.quotas = holder.caller, holder.quotas
        bearer.ensure_quota(holder.quotas)
        params = _queried(op, call) if method == "GET" else await _posted(op, call)
        return await self._perform(call, op, params)

    async def _perform(self, call: Call, op: AnyOperation, params: BaseModel) -> Answer:
        assert call.caller is not None  # noqa: S101 - admitted before
        caller = replace(call.caller, approval_id=_approval(call.headers))
        once = _once(call.headers, caller, op, params, self._services.pepper)

        async def perform(ctx: Ctx) -> Answer:
            kept = await repeats.begin(ctx.session, once) if once else None
            if kept is not None:
                call.more["idempotency-replayed"] = "true"
                return Answer(kept.status, kept.body.encode())
            result = await invoke(op, ctx, params.model_dump(exclude_unset=True))
            answer = _done(result)
            if once:
                await repeats.finish(ctx.session, once, _kept(op, answer))
            return answer

        try:
            return await self._services.call(perform, caller)
        except NeedsApproval as needs:
            raise await self._waits.ask(caller, needs) from needs
        except Forbidden as forbidden:
            await refusals.told(self._services, caller, forbidden)
            raise


async def refused(request_id: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer, or the refusal that came instead; the edge of this surface."""
    try:
        return await work()
    except AgentError as error:
        return problems.answer(error, request_id)
    except DBAPIError as error:
        known = problems.expected(error)
        if known is None:
            log.exception("api.failed", error=type(error).__name__)
        return problems.answer(known or problems.Broken(), request_id)
    except Exception as error:
        log.exception("api.failed", error=type(error).__name__)
        return problems.answer(problems.Broken(), request_id)


def methods(op: AnyOperation) -> tuple[str, ...]:
    """How the operation may be asked for."""
    return ("GET", "POST") if op.effect is Effect.READ else ("POST",)


def holds_secret(result: type[BaseModel]) -> bool:
    """Whether a result shows something that is shown only once."""
    return any(not field.repr for field in result.model_fields.values())


def _queried(op: AnyOperation, call: Call) -> BaseModel:
    raw = call.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(
            raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict"
        )
    except ValueError as error:
        raise Malformed("The query cannot be read.", hint="Check it.") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise Malformed("A parameter comes twice.", hint="Send each once.")
    return _shaped(lambda: op.params.model_validate_strings(dict(pairs), strict=True))


async def _posted(op: AnyOperation, call: Call) -> BaseModel:
    body = await _body(call)
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        raise WrongType
    if not body.strip():
        body = b"{}"
    return _shaped(lambda: op.params.model_validate_json(body, strict=True))


def _shaped(read: Callable[[], BaseModel]) -> BaseModel:
    try:
        return read()
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] == "json_invalid":
            raise Malformed(
                "The body is no JSON that can be read.",
                hint="Send one JSON object in UTF-8.",
            ) from error
        raise BadShape(error) from error


async def _body(call: Call) -> bytes:
    declared = call.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise TooLarge(MOST_BYTES)
    parts, size, more = [], 0, True
    while more:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise Malformed("The body broke off.", hint="Send it again.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise TooLarge(MOST_BYTES)
        more = message.get("more_body", False)
    return b"".join(parts)


def _approval(headers: Headers) -> UUID | None:
    given = headers.get("draper-approval")
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Malformed(
            "Draper-Approval is no approval's id.",
            hint="Send approval_id as it came with the 409.",
        ) from error


def _once(
    headers: Headers, caller: Caller, op: AnyOperation, params: BaseModel, pepper: bytes
) -> Once | None:
    key = headers.get("idempotency-key")
    if key is None or op.effect is Effect.READ:
        return None
    if len(key) > repeats.LONGEST or not _VISIBLE.fullmatch(key):
        raise Malformed(
            "Idempotency-Key is empty, too long, or no plain word.",
            hint=f"Send up to {repeats.LONGEST} visible characters, such as a UUID.",
        )
    wanted = params_hash(op.name, caller.user_id, params) + _secrets(params)
    return Once(caller, key, op.name, digest(pepper, wanted.encode(), "sha256"))


def _secrets(params: BaseModel) -> str:
    """What a canonical form hides: another secret is another request."""
    given = (value for _, value in params)
    return "".join(
        f":{v.get_secret_value()}" for v in given if isinstance(v, SecretStr)
    )


def _done(result: BaseModel) -> Answer:
    body = result.__pydantic_serializer__.to_json(result)
    if isinstance(result, Accepted):
        where = {"location": f"{PREFIX}runs.show?run_id={result.run_id}"}
        return Answer(202, body, headers=where)
    return Answer(200, body)


def _kept(op: AnyOperation, answer: Answer) -> Kept | None:
    if holds_secret(op.result):
        return None
    return Kept(answer.status, answer.body.decode())


def _told(call: Call, answer: Answer, seconds: float) -> None:
    # Reads are many; what changes something, fails or is slow is worth a line.
    if answer.status == 200 and seconds < SLOW_S and call.scope["method"] == "GET":  # noqa: PLR2004
        return
    log.info(
        "api.answered",
        path=call.scope["path"][:80],
        status=answer.status,
        seconds=round(seconds, 3),
        request_id=call.request_id,
        workspace_id=str(call.caller.workspace_id) if call.caller else "",
    )
