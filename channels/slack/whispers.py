"""Slack's words to one person alone: in the channel, by a hook, or directly."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from channels.contract import Outgoing, Refused
from channels.slack import render
from channels.slack.clients import Clients
from channels.slack.failures import Unrendered, explained, refusal
from channels.slack.sharing import session_of

HOOKS = "https://hooks.slack.com"
WHISPER = "whisper:"
"""Begins the id of what one person saw, and nobody can edit."""
ONLY = "only"
"""In ``Outgoing.extra``: the one person who is to see it."""
WHO = "who"
"""The one who gave a command, where the place it was given in is closed to us."""


class Whispers:
    """The part of the door that speaks to one person where others read along."""

    _clients: Clients

    async def _post(self, message: Outgoing) -> str:
        raise NotImplementedError

    async def _tell(self, message: Outgoing, user: str) -> str:
        """Say it to one person in the channel; if that cannot be, in another way."""
        try:
            return WHISPER + await self._post_ephemeral(message, user)
        except Refused as failure:
            return await self._otherwise(message, user, failure)

    async def _otherwise(self, message: Outgoing, user: str, why: Refused) -> str:
        """By the hook of what the person did, else in our conversation with them.

        Raises:
            Refused: As ``why`` says, or the hook: there is no other way.
        """
        url = message.extra.get("response_url", "")
        if self._is_slacks(url):
            try:
                await self._whisper(url, message)
            except Refused as spent:  # used five times, or older than half an hour
                why = spent
            else:
                return WHISPER + message.extra.get("trigger_id", "")
        if not user or user == message.chat:
            raise why
        try:
            said = await self._post(replace(message, chat=user, thread=""))
        except Refused:
            raise why from None
        return WHISPER + said  # in another place than the row says

    async def _post_ephemeral(self, message: Outgoing, user: str) -> str:
        *better, last = render.versions(message)
        for blocks in better:
            with suppress(Unrendered):
                return await self._ephemeral(message, user, blocks)
        return await self._ephemeral(message, user, last)

    async def _ephemeral(
        self, message: Outgoing, user: str, blocks: list[render.Block]
    ) -> str:
        client = await self._clients.of(message.account)
        with explained():
            answer = await client.chat_postEphemeral(
                channel=message.chat,
                user=user,
                thread_ts=message.thread or None,
                text=render.text(message),
                blocks=blocks,
                parse="none",
                link_names=False,
            )
        return str(answer["message_ts"])

    async def _whisper(self, url: str, message: Outgoing) -> None:
        blocks = render.plain(message)
        said = {"text": render.text(message), "blocks": blocks}
        await self._respond(message.account, url, said)

    async def _respond(
        self, account: str, url: str, content: Mapping[str, Any]
    ) -> None:
        """Post to a response URL, which takes no markdown block and gives no id."""
        note = {"response_type": "ephemeral", "replace_original": False, **content}
        client = await self._clients.of(account)
        with explained():
            async with session_of(client).post(url, json=note) as answer:
                if not answer.ok:
                    raise refusal(_why_spent(await answer.text()))

    def _is_slacks(self, url: str) -> bool:
        """Only Slack's own hooks are called, whatever a payload says."""
        ours = {_origin(HOOKS), _origin(self._clients.base_url)}
        return bool(url) and _origin(url) in ours


def _why_spent(answer: str) -> str:
    """Why a response URL was of no use: used five times, or older than 30 minutes."""
    return "used_url" if "used_url" in answer else "expired_url"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
