"""People at the web chat: a browser's requests, and its live stream."""

import asyncio
import contextlib
import json
import re
from html import unescape
from typing import Any

import httpx
import uuid_utils.compat as uuids

from channels.web.verify import csrf_token
from tests.scenarios.people import Person, Seen, until


class OnWeb(Person):
    """Somebody with the page open."""

    door = "web"

    def __init__(self, url: str, address: str) -> None:
        self.url = url
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"origin": url, "sec-fetch-site": "same-origin"},
            transport=httpx.AsyncHTTPTransport(verify=False, local_address=address),
        )
        self._shown: dict[str, dict[str, Any]] = {}
        self._payloads: dict[tuple[str, str], str] = {}
        self._listening: asyncio.Task[None] | None = None
        self._is_open = asyncio.Event()

    async def opens(self, code: str) -> None:
        """Sign in by the link, and look at the page."""
        answer = await self._client.post("/signin", data={"code": code})
        assert answer.status_code == 303, answer.text
        await self.listens()

    async def listens(self) -> None:
        """Look at the page of whoever is signed in."""
        token = self._client.cookies["draper"]
        self._client.headers["x-csrf-token"] = csrf_token(token)
        self._listening = asyncio.create_task(self._listen())
        await self._is_open.wait()

    async def closes(self) -> None:
        """Close the page."""
        if self._listening:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        await self._client.aclose()

    def chat(self) -> list[Seen]:
        ours = [one for one in self._shown.values() if one["role"] == "draper"]
        return [_seen(one) for one in sorted(ours, key=lambda one: one["order"])]

    async def writes(self, text: str, **given: Any) -> str:
        client_id = str(uuids.uuid7())
        await self._post("/chat/messages", text=text, client_id=client_id, **given)
        return client_id

    async def attaches(self, name: str, body: bytes) -> dict[str, Any]:
        """Hand a file over, to go with the next message."""
        answer = await self._client.post("/chat/uploads", files={"file": (name, body)})
        assert answer.status_code == 201, answer.text
        given: dict[str, Any] = answer.json()
        return given

    async def press(self, seen: Seen, label: str) -> None:
        # A page may be a moment behind: what it showed once can be pressed.
        await self.sends_press(seen.ref, self._payloads[seen.ref, label])

    async def sends_press(self, message_id: str, payload: str) -> None:
        """Press whatever, as a page out of date would."""
        client_id = str(uuids.uuid7())
        given = {"message_id": message_id, "payload": payload, "client_id": client_id}
        await self._post("/chat/press", **given)

    async def sees_form(self, title: str) -> dict[str, Any]:
        """Wait for a message with that form; the newest."""

        def found() -> dict[str, Any] | None:
            fits = [
                one
                for one in self._shown.values()
                if one["form"] and one["form"]["title"] == title
            ]
            return fits[-1] if fits else None

        return await until(found, f"no form {title!r}: {self.chat()}")

    async def fills(self, message: dict[str, Any], **answers: str) -> None:
        """Fill the form in, by its labels, and send it as the page does."""
        labels = {field["label"]: field for field in message["form"]["fields"]}
        filled = {field["wire"]: field["default"] for field in labels.values()}
        for name, said in answers.items():
            filled[labels[name.replace("_", " ")]["wire"]] = said
        client_id = str(uuids.uuid7())
        await self._post(
            "/chat/form", payload=message["id"], answers=filled, client_id=client_id
        )

    def shown(self, message_id: str) -> dict[str, Any]:
        """A message as the page has it now."""
        return self._shown[message_id]

    def notices(self) -> list[str]:
        return []  # the page has none

    async def fetches(self, name: str) -> str:
        """Open the file of that name."""
        files = [file for one in self._shown.values() for file in one["files"]]
        url = next(file["url"] for file in files if file["name"] == name)
        return (await self._client.get(url)).text

    async def _post(self, path: str, **given: Any) -> None:
        answer = await self._client.post(path, json=given)
        assert answer.status_code == 202, answer.text

    async def _listen(self) -> None:
        wait = httpx.Timeout(5, read=None)
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self._client.stream(
                    "GET", "/chat/stream", timeout=wait
                ) as stream:
                    async for line in stream.aiter_lines():
                        self._take(line)
            await asyncio.sleep(0.1)

    def _take(self, line: str) -> None:
        if not line.startswith("data: "):
            return
        batch = json.loads(line.removeprefix("data: "))
        if batch.get("whole"):
            self._shown.clear()
        for one in batch.get("shown", ()):
            self._shown[one["id"]] = one
            for button in one["buttons"]:
                self._payloads[one["id"], button["label"]] = button["payload"]
        self._is_open.set()


def _seen(one: dict[str, Any]) -> Seen:
    said = one["markdown"] or _words(one["html"])
    labels = [button["label"] for button in one["buttons"]]
    files = [file["name"] for file in one["files"]]
    return Seen(one["id"], f"{said}\n\n{_words(one['note'])}".strip(), labels, files)


def _words(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


__all__ = ["OnWeb", "until"]
