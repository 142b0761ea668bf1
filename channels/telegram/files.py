"""Fetching the files that came with messages."""

import httpx
from telegram import Bot
from telegram.error import TelegramError

from channels.abilities import NotFetched


async def download(bot: Bot, file_id: str, at_most: int, timeout_s: float) -> bytes:
    """The file's bytes.

    Raises:
        NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
    """
    try:
        found = await bot.get_file(file_id)
        return await _stream(found.file_path or "", at_most, timeout_s)
    except TelegramError as error:
        raise NotFetched(f"Telegram did not hand it over: {error.message}") from None
    except httpx.HTTPError as error:
        # Its own text may hold the address, and with it the token.
        raise NotFetched(f"The download failed: {type(error).__name__}") from None


async def _stream(url: str, at_most: int, timeout_s: float) -> bytes:
    body = bytearray()
    client = httpx.AsyncClient(timeout=timeout_s)
    async with client, client.stream("GET", url) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > at_most:
                raise NotFetched(f"The file is larger than {at_most:,} bytes.")
    return bytes(body)
