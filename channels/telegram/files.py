"""Fetching the files that came with messages.

Source: https://core.telegram.org/bots/api#getfile
"""

import asyncio

import httpx
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from channels.abilities import NotFetched, too_big

MOST_BYTES = 20_000_000
"""What Telegram hands over to bots."""
GONE = "Telegram no longer has it. Please send it again."
TROUBLE = "Telegram did not hand it over."
FOUND_S = 30.0
"""For the whole download, whose pieces may each come just in time."""


async def download(bot: Bot, file_id: str, at_most: int, timeout_s: float) -> bytes:
    """The file's bytes.

    Raises:
        NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
    """
    try:
        async with asyncio.timeout(max(FOUND_S, timeout_s)):
            found = await bot.get_file(file_id)
            if (found.file_size or 0) > at_most:
                raise too_big(at_most)
            return await _stream(found.file_path or "", at_most, timeout_s)
    except BadRequest as error:
        is_big = "too big" in error.message.casefold()
        raise (too_big(MOST_BYTES) if is_big else NotFetched(GONE)) from None
    except (TelegramError, TimeoutError, httpx.HTTPError):
        # Their own texts may hold the address, and with it the token.
        raise NotFetched(TROUBLE, may_work=True) from None


async def _stream(url: str, at_most: int, timeout_s: float) -> bytes:
    body = bytearray()
    client = httpx.AsyncClient(timeout=timeout_s)
    async with client, client.stream("GET", url) as answer:
        if answer.is_client_error:
            raise NotFetched(GONE)
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > at_most:
                raise too_big(at_most)
    return bytes(body)
