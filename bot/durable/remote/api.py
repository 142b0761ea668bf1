"""Requests to an Inngest server, and what its answers mean.

Source: pkg/api and pkg/api/apiv1 of github.com/inngest/inngest; docs/SDK_SPEC.md there.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from httpx import Response

from bot.durable.remote.account import Account, bearer_of
from bot.durable.remote.errors import Away, Denied, Rejected

PATIENCE = httpx.Timeout(10, connect=5)
REGISTER_PATIENCE = httpx.Timeout(30, connect=5)
"""A server calls back, or stores every function, before it answers."""
PAUSES_S = (0.2, 0.8)
"""Between an operator's tries; the relay has a longer breath of its own."""
SEED = "x-inngest-event-id-seed"
KEYS = (401, 403)
ELSEWHERE = (301, 302, 303, 307, 308, 404, 405, 410)
PASSING = (408, 425, 429)

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Met:
    """What a round trip tells."""

    functions: tuple[str, ...]
    at: datetime | None
    """By the server's clock, to the second."""


class Api:
    """One server's doors; connections are kept until ``aclose``."""

    def __init__(self, account: Account) -> None:
        """Talk to the server of ``account``."""
        self.account = account
        self._client = httpx.AsyncClient(timeout=PATIENCE)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def post(self, events: Sequence[Json], seed: str) -> list[str]:
        """Hand events over; return the server's own ids of them, in order.

        ``seed``: ``<milliseconds>,<10 bytes in base64>``; the same seed makes the same
        ids. A server that does not tell its ids gives an empty list.

        Raises:
            Away, Denied, Rejected: They may not have been taken, or not all.
        """
        key = quote(self.account.event_key, safe="")
        url = f"{self.account.events}/e/{key}"
        try:
            answer = await self._client.post(
                url, json=list(events), headers={**self._headers(), SEED: seed}
            )
        except httpx.HTTPError as error:
            raise _away(error) from error
        _check(answer, "INNGEST_EVENT_KEY")
        ids = _object(answer).get("ids")
        if not isinstance(ids, list) or len(ids) != len(events):
            return []
        return [str(each) for each in ids]

    async def register(self, body: Json) -> bool:
        """Tell the server what functions we have; whether that was news to it."""
        answer = await self._ask(
            "POST", "/fn/register", json=body, timeout=REGISTER_PATIENCE
        )
        told = _object(answer)
        if told.get("error"):
            raise Rejected(f"Inngest does not take our functions: {told['error']}")
        return bool(told.get("modified"))

    async def run(self, run_id: str) -> Json | None:
        """One run, as the server shows it; None when it knows none."""
        found: Json | None = await self._look(f"/v1/runs/{quote(run_id, safe='')}")
        return found

    async def event(self, internal_id: str) -> Json | None:
        """One event, as the server shows it, by the server's own id."""
        path = f"/v1/events/{quote(internal_id, safe='')}"
        found: Json | None = await self._look(path)
        return found

    async def runs_of(self, internal_id: str) -> list[Json]:
        """The runs that an event started, by the server's own id of it."""
        return await self._look(f"/v1/events/{quote(internal_id, safe='')}/runs") or []

    async def meet(self, app: str) -> Met:
        """What the server knows of an app, and what time it is there."""
        path = f"/v1/apps/{quote(app, safe='')}/functions"
        answer = await insist(lambda: self._ask("GET", path))
        told = _json(answer)
        known = [str(each.get("id")) for each in told] if _is_list(told) else []
        date = answer.headers.get("date")
        return Met(tuple(known), parsedate_to_datetime(date) if date else None)

    async def cancel(self, run_id: str) -> None:
        """Stop a run that has not ended."""
        path = f"/v1/runs/{quote(run_id, safe='')}"
        await insist(lambda: self._ask("DELETE", path))

    async def _look(self, path: str) -> Any:
        try:
            answer = await insist(lambda: self._ask("GET", path))
        except Rejected:
            return None
        return _object(answer).get("data")

    async def _ask(self, method: str, path: str, **given: Any) -> Response:
        answer = None
        for key in self.account.signing_keys or ("",):
            headers = {**self._headers(), **_authorization(key)}
            try:
                answer = await self._client.request(
                    method, self.account.api + path, headers=headers, **given
                )
            except httpx.HTTPError as error:
                raise _away(error) from error
            if answer.status_code not in KEYS:
                break
        assert answer is not None  # noqa: S101 - there is always one key, if only ""
        if answer.status_code == httpx.codes.NOT_FOUND and method != "POST":
            raise Rejected("Inngest knows nothing of that.")
        _check(answer, "INNGEST_SIGNING_KEY")
        return answer

    def _headers(self) -> dict[str, str]:
        return {"x-inngest-env": self.account.env} if self.account.env else {}


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
    """Return what ``ask`` returns; what may pass by itself is tried three times.

    Raises:
        Away, Denied, Rejected: As the last try ended.
    """
    for pause_s in PAUSES_S:
        try:
            return await ask()
        except Away:
            await asyncio.sleep(pause_s * (0.5 + secrets.randbelow(1000) / 1000))
    return await ask()


def _authorization(key: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {bearer_of(key)}"} if key else {}


def _away(error: httpx.HTTPError) -> Away:
    what = str(error).partition("\n")[0]
    return Away(f"Inngest does not answer: {type(error).__name__} {what}".strip())


def _check(answer: Response, key: str) -> None:
    status = answer.status_code
    if status < httpx.codes.MULTIPLE_CHOICES:
        return
    said = f"Inngest answers {status}: {_said(answer)}".rstrip(": ")
    if status in KEYS:
        raise Denied(said, hint=f"Set {key} to the key that the server has.")
    if status in ELSEWHERE:
        raise Denied(said, hint="Correct INNGEST_BASE_URL: Inngest is not there.")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in PASSING:
        raise Away(said, wait_s=_wait_s(answer))
    raise Rejected(said)


def _said(answer: Response) -> str:
    told = _object(answer).get("error") or _object(answer).get("message") or ""
    return str(told)[:200]


def _object(answer: Response) -> Json:
    told = _json(answer)
    return told if isinstance(told, dict) else {}


def _json(answer: Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _is_list(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(each, dict) for each in told)


def _wait_s(answer: Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isdigit() else 0
