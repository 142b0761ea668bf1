"""What Slack shows beside messages: modals, the Home tab, prompts, titles."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.abilities import Home, Prompt
from channels.contract import Attachment, Outgoing, Refused, SendError
from channels.forms import Form
from channels.slack import files, forms, home, prompts
from channels.slack.clients import Clients
from channels.slack.failures import explained

TRIGGER_S = 3.0
"""How long after a command or a press Slack lets a modal be opened."""

log = structlog.get_logger()


class Surfaces:
    """The part of the door that is no message."""

    _clients: Clients

    async def fetch(self, account: str, file: Attachment, *, at_most: int) -> bytes:
        """The bytes of a file that was shared.

        Raises:
            NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
        """
        return await files.download(self._clients, account, file, at_most)

    async def open_form(self, form: Form, at: Outgoing) -> bool:
        """Show the form as a modal; False when the trigger is too old, or it won't fit.

        A trigger is good once and for 3 s after the command or the press.
        """
        trigger, shown = at.extra.get("trigger_id", ""), forms.view(form, at)
        if not trigger or shown is None:
            return False
        try:
            async with asyncio.timeout(TRIGGER_S):
                with explained():
                    await (await self._clients.of(at.account)).views_open(
                        trigger_id=trigger, view=shown
                    )
        except (SendError, TimeoutError) as failure:
            log.info("slack.form_not_opened", reason=str(failure))
            return False
        return True

    async def show_home(self, account: str, user: str, page: Home) -> None:
        """Show the page in the person's Home tab.

        Raises:
            NotSent, MaybeSent, Refused: See each; showing it again does no harm.
        """
        client = await self._clients.of(account)
        with explained():
            await client.views_publish(user_id=user, view=home.view(page))

    async def suggest(
        self, account: str, chat: str, thread: str, offered: Sequence[Prompt]
    ) -> bool:
        """Offer up to four prompts; True when they are there. It never raises.

        Only the older assistant view names a thread: with one, the agent view shows
        none, and says nothing about it.
        """
        try:
            client = await self._clients.of(account)
            with explained():
                await client.assistant_threads_setSuggestedPrompts(
                    channel_id=chat,
                    thread_ts=thread or None,
                    title=prompts.TITLE,
                    prompts=prompts.listed(offered),
                )
        except SendError as failure:
            log.info("slack.prompts_not_set", reason=str(failure))
            return False
        return True

    async def entitle(self, account: str, chat: str, thread: str, title: str) -> bool:
        """Begin an agent session under that title; True when it has it.

        It never raises. A workspace without sessions has threads with titles.
        """
        told = {"channel_id": chat, "thread_ts": thread, "title": prompts.name(title)}
        for way in (_session, _thread):
            try:
                async with asyncio.timeout(TRIGGER_S):
                    with explained():
                        await way(await self._clients.of(account), told)
            except Refused as failure:
                log.info("slack.title_not_set", reason=str(failure))
            except (SendError, TimeoutError) as failure:
                log.info("slack.title_not_set", reason=str(failure))
                return False
            else:
                return True
        return False

    async def direct(self, account: str, user: str) -> str:
        """The id of our conversation with a person; empty when out of reach."""
        try:
            client = await self._clients.of(account)
            with explained():
                answer = await client.conversations_open(users=[user])
        except SendError as failure:
            log.info("slack.not_reached", reason=str(failure))
            return ""
        return str((answer.get("channel") or {}).get("id", ""))


async def _session(client: AsyncWebClient, told: Mapping[str, str]) -> None:
    await client.agents_sessions_setStatus(status="active", **told)


async def _thread(client: AsyncWebClient, told: Mapping[str, str]) -> None:
    await client.assistant_threads_setTitle(**told)
