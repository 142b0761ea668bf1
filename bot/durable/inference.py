"""Requests to AI providers that functions leave to the server (``step.ai.infer``).

Source: pkg/util/aigateway/request.go of github.com/inngest/inngest; docs/SDK_SPEC.md,
section 5.3.6
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from bot.durable.errors import Unsupported
from bot.durable.protocol import MAX_BODY_BYTES, error_of
from bot.durable.reach import Reach

GATEWAY = "AIGateway"
PATIENCE = timedelta(minutes=5)
CONNECT_S = 10.0
SAID = 500
"""How much of a provider's refusal is kept."""

Op = dict[str, Any]


class Inference:
    """Asks providers on behalf of functions; only those that the operator allows."""

    def __init__(self, reach: Reach, patience: timedelta = PATIENCE) -> None:
        """Ask where ``reach`` allows it, for as long as ``patience``."""
        self._reach = reach
        self._patience_s = patience.total_seconds()
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def fill(self, ops: Sequence[Op], *, is_last: bool) -> list[Op]:
        """Return the ops of a call, those for a provider as steps that ran or failed.

        ``is_last``: nothing is tried again, a failure is the step's result.
        """
        return list(
            await asyncio.gather(*(self._filled(op, is_last=is_last) for op in ops))
        )

    async def _filled(self, op: Op, *, is_last: bool) -> Op:
        if op.get("op") != GATEWAY:
            return op
        ran = {key: op[key] for key in ("id", "displayName")}
        try:
            async with asyncio.timeout(self._patience_s):
                return {**ran, "op": "StepRun", "data": await self._ask(op["opts"])}
        except Unsupported as refusal:
            error = error_of("AIGatewayError", refusal.said)
            return {**ran, "op": "StepFailed", "error": error}
        except (httpx.HTTPError, TimeoutError, ValueError) as failure:
            said = f"Error making AI request: {type(failure).__name__} {failure}"
            kind = "StepFailed" if is_last else "StepError"
            error = error_of("AIGatewayError", said.strip())
            return {**ran, "op": kind, "error": error}

    async def _ask(self, opts: Mapping[str, Any]) -> Any:
        url = str(opts.get("url"))
        self._reach.check(url)
        given = {**_authorization(opts), **opts.get("headers", {})}
        # Written as Inngest's server writes them, for who compares letters.
        headers = {str(name).title(): str(value) for name, value in given.items()}
        request = self._client.build_request(
            "POST", url, json=opts["body"], headers=headers
        )
        answer = await self._client.send(request, stream=True)
        try:
            body = await _body(answer)
        finally:
            await answer.aclose()
        if not answer.is_success:
            said = body[:SAID].decode(errors="replace")
            raise ValueError(f"unsuccessful status code: {answer.status_code} {said}")
        return json.loads(body)


def _authorization(opts: Mapping[str, Any]) -> dict[str, str]:
    key = opts.get("auth_key")
    match opts.get("format"):
        case "anthropic":
            return {"x-api-key": str(key)}
        case "gemini":  # its key is part of the address
            return {}
        case _:
            return {"authorization": f"Bearer {key}"} if key else {}


async def _body(answer: httpx.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.aiter_bytes():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise ValueError(f"the answer has more than {MAX_BODY_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
