"""Fetching the files that people share on Slack.

The bot's token goes to Slack's own hosts only. Where it does not count, Slack answers
with its page for signing in, which is no file: see ``_is_login``.

Source: docs.slack.dev/reference/objects/file-object, /reference/methods/files.info
"""

import asyncio
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from channels.abilities import NotFetched, too_big
from channels.contract import Attachment, SendError
from channels.slack.clients import Clients

DOWNLOAD_S = 30.0
SLACKS = ("slack.com", "slack-files.com")
GONE = "Slack no longer has it. Please share it again."
ELSEWHERE = "it only links to another service. Please download it and share the file."
LOCKED = "Slack does not let me open it. Please add me to the channel, or ask an admin."
UNSCOPED = "I may not read files here yet. An admin can allow it by installing me anew."
TROUBLE = "Slack did not hand it over."
_GONE = {"file_not_found", "file_deleted", "tombstone", "hidden_by_limit"}


async def download(
    clients: Clients, account: str, file: Attachment, at_most: int
) -> bytes:
    """The file's bytes.

    Raises:
        NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
    """
    try:
        client = await clients.of(account)
        async with asyncio.timeout(DOWNLOAD_S):
            url = _address(await _info(client, file.file_id), at_most)
            _ensure_slacks(url, clients.base_url)
            return await _stream(client, url, at_most)
    except (aiohttp.ClientError, TimeoutError, OSError, SendError, ValueError):
        raise NotFetched(TROUBLE, may_work=True) from None


async def _info(client: AsyncWebClient, file_id: str) -> dict[str, Any]:
    """What Slack knows of the file. The SDK would log the names that people give."""
    url, headers = f"{client.base_url}files.info", _bearer(client)
    async with _session(client).get(
        url, params={"file": file_id}, headers=headers
    ) as answer:
        answer.raise_for_status()
        found = await answer.json()
    if found.get("ok") is not True:
        raise _refused(str(found.get("error", "")))
    return dict(found.get("file") or {})


def _bearer(client: AsyncWebClient) -> dict[str, str]:
    return {"authorization": f"Bearer {client.token}"}


def _session(client: AsyncWebClient) -> aiohttp.ClientSession:
    session = client.session
    assert session is not None  # noqa: S101 - ``connect`` always gives one
    return session


def _address(file: dict[str, Any], at_most: int) -> str:
    if file.get("mode") in _GONE:
        raise NotFetched(GONE)
    if file.get("is_external") or file.get("mode") == "external":
        raise NotFetched(ELSEWHERE)
    if isinstance(size := file.get("size"), int) and size > at_most:
        raise too_big(at_most)
    url = file.get("url_private_download") or file.get("url_private")
    if not isinstance(url, str) or not url:
        raise NotFetched(GONE)
    return url


def _ensure_slacks(url: str, base_url: str) -> None:
    """Refuse to show our token to anybody else."""
    parts, ours = urlsplit(url), urlsplit(base_url)
    host = parts.hostname or ""
    is_slacks = parts.scheme == "https" and any(
        host == name or host.endswith(f".{name}") for name in SLACKS
    )
    if not is_slacks and (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
        raise NotFetched(ELSEWHERE)


async def _stream(client: AsyncWebClient, url: str, at_most: int) -> bytes:
    session, headers, body = _session(client), _bearer(client), bytearray()
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        _ensure_file(answer)
        async for chunk in answer.content.iter_chunked(1 << 16):
            body += chunk
            if len(body) > at_most:
                raise too_big(at_most)
    if _is_login(answer, body):
        raise NotFetched(LOCKED)
    return bytes(body)


def _ensure_file(answer: aiohttp.ClientResponse) -> None:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
        answer.status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        raise NotFetched(TROUBLE, may_work=True)
    if answer.status != HTTPStatus.OK:
        # To the page for signing in: the token does not open this file.
        is_elsewhere = answer.status < HTTPStatus.BAD_REQUEST
        raise NotFetched(LOCKED if is_elsewhere else GONE)


def _is_login(answer: aiohttp.ClientResponse, body: bytearray) -> bool:
    """Whether it is Slack's page for signing in; one that people share has a name."""
    is_page = answer.content_type == "text/html"
    return is_page and "content-disposition" not in answer.headers and b"slack" in body


def _refused(code: str) -> NotFetched:
    if code in _GONE:
        return NotFetched(GONE)
    if code == "missing_scope":
        return NotFetched(UNSCOPED)
    if code in {"access_denied", "not_allowed", "no_permission", "channel_not_found"}:
        return NotFetched(LOCKED)
    return NotFetched(TROUBLE, may_work=True)
