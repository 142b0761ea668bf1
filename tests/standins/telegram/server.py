"""The wire of the stand-in, and what people in it do and see."""

import asyncio
import json
import re
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, web

from tests.standins.telegram.api_error import ApiError
from tests.standins.telegram.checks import marks
from tests.standins.telegram.methods import act
from tests.standins.telegram.world import (
    BOT_ID,
    TOKEN,
    Call,
    Fault,
    Shown,
    World,
)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Telegram(World):
    """A Bot API server with people in it; listens while entered."""

    token = TOKEN
    bot_id = BOT_ID

    def __init__(
        self, *, username: str = "draper_bot", port: int = 0, retry_s: float = 0.2
    ) -> None:
        super().__init__(username)
        self.port = port
        self.retry_s = retry_s
        """Between tries to post an update to a webhook."""
        self._runner: web.AppRunner | None = None
        self._postman: asyncio.Task[None] | None = None

    @property
    def base_url(self) -> str:
        """For TELEGRAM_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> web.Application:
        """The wire, to which more routes may be added."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/documents/{file_id}", self._file)
        return app

    async def start(self, app: web.Application | None = None) -> None:
        self._runner = web.AppRunner(
            app or self.app(), access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._postman = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        if self._postman:
            self._postman.cancel()
        self.poll += 1
        self.ring()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    # What people do.

    def say(
        self,
        text: str = "",
        *,
        user: int = 42,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        **media: Any,
    ) -> int:
        """Write a message (with ``media`` parts, as the API names them); its id.

        A chat is made by writing in it: private without ``chat``, a group if negative.
        """
        place = self.join(user, chat)
        shown = Shown(
            message_id=self.number("message"),
            chat=place,
            sender=user,
            text=text,
            entities=marks(text),
            thread=thread,
            media=media,
        )
        if thread is not None:
            self.topics[place].add(thread)
        self.shown[shown.message_id] = shown
        written = self.as_json(shown)
        if reply_to is not None:
            written["reply_to_message"] = self.as_json(self.shown[reply_to])
        self.post("message", written)
        return shown.message_id

    def join(self, user: int = 42, chat: int | None = None) -> int:
        """Let the bot know the chat, without a word; the chat's id."""
        place = user if chat is None else chat
        self.person(user)
        private = {"id": place, "type": "private", "first_name": f"User {user}"}
        group = {"id": place, "type": "supergroup", "title": f"Group {-place}"}
        self.chats.setdefault(place, group if place < 0 else private)
        return place

    def edit(self, message_id: int, text: str) -> None:
        """Change one's own message."""
        shown = self.shown[message_id]
        shown.text, shown.entities = text, marks(text)
        shown.edits += 1
        changed = {**self.as_json(shown), "edit_date": int(time.time())}
        self.post("edited_message", changed)

    def press(self, message_id: int, button: str | int, *, user: int = 42) -> str:
        """Press a button by its label, or its number from 0; the callback's id.

        Raises:
            LookupError: There is no such button to be seen.
        """
        shown = self.shown[message_id]
        seen = [one for row in shown.buttons for one in row]
        numbered = seen[button] if isinstance(button, int) else None
        named = [one for one in seen if one["text"] == button]
        if not (numbered or named):
            raise LookupError(f"No button {button!r} among {shown.labels}")
        callback = str(self.number("callback"))
        self.presses[callback] = None
        content = {
            "id": callback,
            "from": self.person(user),
            "message": self.as_json(shown),
            "chat_instance": "1",
            "data": (numbered or named[0])["callback_data"],
        }
        self.post("callback_query", content)
        return callback

    def push(self, update: dict[str, Any]) -> int:
        """Queue any update at all; it gets an update_id if it has none."""
        whole = {"update_id": self.number("update"), **update}
        self.updates.append(whole)
        self.ring()
        return int(whole["update_id"])

    # What people see.

    def messages(self, chat: int = 42) -> list[Shown]:
        """The chat as it stands now, oldest first."""
        return [shown for shown in self.shown.values() if shown.chat == chat]

    def replies(self, chat: int = 42) -> list[Shown]:
        """The bot's messages among them."""
        return [shown for shown in self.messages(chat) if shown.from_bot]

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    # The wire.

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        refusal = self._known(request.match_info["token"])
        if refusal:
            return said(refusal)
        given = await parameters(request)
        self.calls.append(Call(method, given, time.monotonic()))
        fault = self._fault(method)
        if fault.drop == "before":
            return cut(request)
        answer = await self._acted(method, given, fault)
        await asyncio.sleep(fault.delay_s)
        return cut(request) if fault.drop == "after" else answer

    async def _acted(
        self, method: str, given: dict[str, Any], fault: Fault
    ) -> web.Response:
        if fault.status:
            told = {
                "retry_after": fault.retry_after,
                "migrate_to_chat_id": fault.migrate_to,
            }
            given_back = {name: of for name, of in told.items() if of is not None}
            return said(ApiError(fault.status, fault.description, **given_back))
        try:
            return web.json_response(
                {"ok": True, "result": await act(self, method, given)}
            )
        except ApiError as error:
            return said(error)
        except (TypeError, ValueError):
            return said(ApiError(400, "Bad Request: can't parse the parameters"))

    def _known(self, token: str) -> ApiError | None:
        if not re.fullmatch(r"\d+:[\w-]+", token):
            return ApiError(404, "Not Found")
        if self.revoked or token != self.token:
            return ApiError(401, "Unauthorized")
        return None

    def _fault(self, method: str) -> Fault:
        for fault in self.faults:
            if fault.times > 0 and fault.method in {"*", method}:
                fault.times -= 1
                return fault
        return Fault(times=0)

    async def _file(self, request: web.Request) -> web.Response:
        file_id = request.match_info["file_id"]
        body = None if file_id in self.lost_files else self.files.get(file_id)
        if request.match_info["token"] != self.token or body is None:
            return web.Response(status=404)
        return web.Response(body=body)

    async def _deliver(self) -> None:
        """Post updates to the webhook, in order, each until it is taken."""
        async with ClientSession() as session:
            while True:
                if not (self.webhook.get("url") and self.updates):
                    await self.change(60.0)
                elif not await self._posted(session, self.updates[0]):
                    await asyncio.sleep(self.retry_s)

    async def _posted(self, session: ClientSession, update: dict[str, Any]) -> bool:
        headers = {SECRET_HEADER: self.webhook["secret"]}
        try:
            answer = await session.post(
                self.webhook["url"], json=update, headers=headers
            )
        except ClientError as error:
            self.webhook["error"] = str(error)
            return False
        answer.release()
        if answer.status >= 300:
            self.webhook["error"] = f"Wrong response from the webhook: {answer.status}"
            return False
        self.updates = [one for one in self.updates if one is not update]
        self.ring()
        return True


async def parameters(request: web.Request) -> dict[str, Any]:
    """What was asked for, whichever of the API's four ways it came."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        return {**given, **json.loads(await request.read() or b"{}")}
    for name, part in (await request.post()).items():
        given[name] = part
        if isinstance(part, web.FileField):
            given[name] = (part.filename, part.file.read())
    return given


def said(error: ApiError) -> web.Response:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code)


def cut(request: web.Request) -> web.Response:
    """End the connection without a word."""
    if request.transport:
        request.transport.abort()
    return web.Response()
