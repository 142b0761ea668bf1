"""Files that we share in a channel: uploaded first, seen when that is completed."""

from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import MaybeSent, NotSent, OutFile, Outgoing, Refused
from channels.ends import End
from channels.slack import render
from channels.slack.clients import Clients
from channels.slack.failures import explained
from channels.slack.markup import quiet

FILE = "file:"
ALT = 1000
"""Characters of a description of a picture that Slack takes."""
"""Begins the id of a message that Slack has not told us the place of."""


class Sharing:
    """The part of the door that sends files."""

    _clients: Clients

    async def _post(self, message: Outgoing) -> str:
        raise NotImplementedError

    async def _send_file(self, message: Outgoing, file: OutFile) -> str:
        """Share the file; buttons, which a file cannot carry, follow with the words."""
        client = await self._clients.of(message.account)
        file_id = await self._upload(client, file)
        comment = "" if message.buttons else render.text(message)
        with explained():
            answer = await client.files_completeUploadExternal(
                files=[{"id": file_id, "title": quiet(file.name)}],
                channel_id=message.chat,
                thread_ts=message.thread or None,
                initial_comment=comment or None,
            )
        if message.buttons:
            return await self._after_file(message)
        return _share(answer.get("files"), message.chat) or FILE + file_id

    async def _after_file(self, message: Outgoing) -> str:
        try:
            return await self._post(message)
        except (NotSent, Refused) as failure:
            why = f"the file is there, its text is not: {failure}"
            raise MaybeSent(End.UNANSWERED.because(why)) from None

    async def _upload(self, client: AsyncWebClient, file: OutFile) -> str:
        """Hand over the bytes, which nobody sees before the upload is completed.

        So every failure up to here is surely not sent, which ``files_upload_v2``, one
        call for all three steps, could not tell.
        """
        try:
            with explained():
                slot = await client.files_getUploadURLExternal(
                    filename=file.name,
                    length=len(file.body),
                    alt_txt=file.alt[:ALT] or None,
                )
                async with session_of(client).post(
                    str(slot["upload_url"]), data=file.body
                ) as answer:
                    answer.raise_for_status()
        except MaybeSent as failure:
            raise NotSent(str(failure)) from failure
        return str(slot["file_id"])


def session_of(client: AsyncWebClient) -> aiohttp.ClientSession:
    """The pool of connections that a client calls over."""
    session = client.session
    assert session is not None  # noqa: S101 - ``connect`` always gives one
    return session


def _share(files: Any, chat: str) -> str:
    """Return where the file was posted, which Slack often does not know yet."""
    for file in files or ():
        for places in (file.get("shares") or {}).values():
            for post in places.get(chat, ()):
                return str(post.get("ts", ""))
    return ""
