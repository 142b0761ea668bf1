"""Calls functions that live behind a URL, in processes of their own.

Source: docs/SDK_SPEC.md, sections 4.1 and 4.4, of github.com/inngest/inngest
"""

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import httpx

from agent.ports import Clock
from bot.durable import protocol
from bot.durable.absences import Absences
from bot.durable.asgi import Answer
from bot.durable.errors import Unsupported
from bot.durable.functions import Plan
from bot.durable.host import Known, call_of
from bot.durable.inference import GATEWAY, Inference
from bot.durable.limits import Limits
from bot.durable.protocol import (
    MAX_BODY_BYTES,
    Errored,
    Outcome,
    Undelivered,
    error_of,
)
from bot.durable.queue import Job
from bot.durable.reach import Reach
from bot.durable.remote import signature
from bot.durable.remote.account import secret_of
from db import faultpoints

faultpoints.declare("engine.before_call", "engine.after_call")

CONNECT_S = 5.0
AWAY = "Away"
"""The name of the error of what could not be delivered."""
MAX_CALL_BYTES = 4 * 2**20
"""The largest call that carries events and memos itself, as on Inngest's server."""
CONNECTIONS = httpx.Limits(max_connections=200, max_keepalive_connections=50)
SDK = "x-inngest-sdk"
NOT_THERE = (404, 405, 503)
"""What proxies and other apps answer in place of one that is not there."""
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class OverHttp:
    """The functions of registered apps, each behind its URL."""

    app = ""
    configs: Sequence[Mapping[str, Any]] = ()

    def __init__(
        self,
        signing_keys: Sequence[str],
        reach: Reach,
        inference: Inference,
        clock: Clock,
        patience: timedelta = Limits().call,  # noqa: B008 - frozen
    ) -> None:
        """Know no function yet.

        Args:
            signing_keys: Calls are signed with the first, answers with any of them;
                none: a development server, which signs nothing.
            reach: Where apps may live.
            inference: Asks AI providers for functions that leave it to the server.
            clock: Dates the signatures.
            patience: A call longer than this counts as failed.
        """
        self._keys = tuple(signing_keys)
        self._reach = reach
        self._inference = inference
        self._clock = clock
        self._patience_s = patience.total_seconds()
        self._absences = Absences()
        self._known: Mapping[str, Known] = {}
        self._plans: Mapping[str, Plan] = {}
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_S, pool=CONNECT_S),
            limits=CONNECTIONS,
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The functions that have a URL which may be called."""
        return self._plans

    def learn(self, known: Mapping[str, Known]) -> None:
        """Take note of who lives where now."""
        self._known = {key: one for key, one in known.items() if self._may_call(one)}
        self._plans = {key: one.plan for key, one in self._known.items()}

    def welcome(self, url: str) -> None:
        """Take note that an app is there again."""
        self._absences.clear(url)

    async def call(self, job: Job) -> Outcome:
        """Return what came of it; whatever the app does, there is an outcome."""
        known = self._known.get(job.function_id)
        if known is None:
            said = f"Nobody serves {job.function_id!r} at the moment."
            return Undelivered(error_of(AWAY, said))
        if wait := self._absences.left(known.url):
            return Undelivered(error_of(AWAY, f"{known.url} did not answer."), wait)
        faultpoints.reach("engine.before_call")
        outcome = await self._call(known, job)
        faultpoints.reach("engine.after_call")
        if isinstance(outcome, Undelivered):
            why = outcome.error["message"]
            return replace(outcome, wait=self._absences.note(known.url, why))
        self._absences.clear(known.url)
        return outcome

    async def _call(self, known: Known, job: Job) -> Outcome:
        try:
            async with asyncio.timeout(self._patience_s):
                answer = await self._post(known, job)
                return self._refusal(answer, known.url) or await self._read(
                    answer, known, job
                )
        except NEVER_SENT as error:
            return Undelivered(error_of(AWAY, f"{known.url}: {_said(error)}"))
        except TimeoutError:
            said = f"The call took longer than {self._patience_s:.0f} s."
            return Errored(error_of("TimedOut", said))
        except Exception as error:  # noqa: BLE001 - the edge of foreign code
            return Errored(error_of("CallBroke", f"{known.url}: {_said(error)}"))

    def _may_call(self, one: Known) -> bool:
        try:
            self._reach.check(one.url)
        except Unsupported:
            return False
        return True

    async def _post(self, known: Known, job: Job) -> Answer:
        call = call_of(job, known.plan)
        body = call.body()
        if len(body) > MAX_CALL_BYTES:
            body = replace(call, by_api=True).body()
        request = self._client.build_request(
            "POST",
            known.url,
            params=call.query(),
            content=body,
            headers=self._headers(body),
        )
        answer = await self._client.send(request, stream=True)
        try:
            return Answer(answer.status_code, answer.headers, await _body(answer))
        finally:
            await answer.aclose()

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "x-inngest-server-kind": "cloud" if self._keys else "dev",
        }
        if self._keys:
            at = str(int(self._clock.now().timestamp()))
            sealed = signature.sign(body, self._keys[0], at)
            headers[signature.HEADER] = f"t={at}&s={sealed}"
        return headers

    def _refusal(self, answer: Answer, url: str) -> Outcome | None:
        """Return what an answer means that is not the app's, or not to us."""
        if SDK not in answer.headers:
            return _not_the_app(answer, url)
        if answer.status == httpx.codes.UNAUTHORIZED:
            said = f"{url} refuses our signature: INNGEST_SIGNING_KEY is another key."
            return Undelivered(error_of("SignatureRefused", said))
        if answer.status == httpx.codes.CREATED:
            said = (
                f"{url} streams its answers, unsigned; unset INNGEST_STREAMING there."
            )
            return Errored(error_of("Streamed", said), retriable=False)
        if len(answer.body) > MAX_BODY_BYTES:
            return protocol.read(answer)  # cut off, so its signature cannot hold
        if self._keys and not self._is_signed(answer):
            said = f"The answer of {url} is not signed with our key."
            return Errored(error_of("UnsignedAnswer", said))
        return None

    async def _read(self, answer: Answer, known: Known, job: Job) -> Outcome:
        try:
            if answer.status == protocol.PARTIAL and GATEWAY.encode() in answer.body:
                answer = await self._inferred(answer, known, job)
            return _checked(answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            said = f"{known.url} answers what no SDK does: {_said(error)}"
            return Errored(error_of("BadAnswer", said))

    async def _inferred(self, answer: Answer, known: Known, job: Job) -> Answer:
        """Return the answer with what it leaves to the server done."""
        is_last = job.attempt + 1 >= known.plan.max_attempts
        ops = await self._inference.fill(json.loads(answer.body), is_last=is_last)
        return replace(answer, body=json.dumps(ops).encode())

    def _is_signed(self, answer: Answer) -> bool:
        parts = parse_qs(answer.headers.get(signature.HEADER, ""))
        at, given = parts.get("t", [""])[0], parts.get("s", [""])[0]
        return any(
            hmac.compare_digest(_seal(answer.body, key, at), given.encode())
            for key in self._keys
        )


async def _body(answer: httpx.Response) -> bytes:
    """Return the body; of one that is too large no more than shows it."""
    chunks, size = [], 0
    async for chunk in answer.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            break
    return b"".join(chunks)


def _seal(body: bytes, key: str, at: str) -> bytes:
    # Unlike a call's, an answer's body is signed as it is, not in canonical form.
    return hmac.new(secret_of(key), body + at.encode(), sha256).hexdigest().encode()


def _not_the_app(answer: Answer, url: str) -> Outcome:
    said = f"{url} answers {answer.status}, and not as an SDK does."
    if answer.status in NOT_THERE:
        return Undelivered(error_of(AWAY, said))
    return Errored(error_of("BadAnswer", said))


def _checked(answer: Answer) -> Outcome:
    if answer.status in (protocol.OK, protocol.PARTIAL):
        made = json.loads(answer.body, parse_constant=_no_constant)
        if answer.status == protocol.PARTIAL and not isinstance(made, list):
            raise ValueError("no list of steps")
    return protocol.read(answer)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
