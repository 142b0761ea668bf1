"""The stand-in is as strict as the platform, or the tests on it prove nothing."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from channels.telegram.parse import Me
from channels.telegram.webhook import SECRET_HEADER, receive
from tests.channels.telegram.inbox import Inbox
from tests.standins.telegram import Fault, Telegram


class Wire:
    """The plainest client: what comes back, comes back."""

    def __init__(self, tg: Telegram, client: httpx.AsyncClient) -> None:
        self.base = f"{tg.base_url}/bot{tg.token}"
        self.client = client

    async def call(self, method: str, **given: Any) -> Any:
        answer = await self.client.post(f"{self.base}/{method}", json=given)
        body = answer.json()
        assert body["ok"] == answer.is_success
        return body["result"] if body["ok"] else body

    async def refusal(self, method: str, **given: Any) -> str:
        body = await self.call(method, **given)
        return f"{body['error_code']} {body['description']}"


@pytest.fixture
async def wire(tg: Telegram) -> AsyncIterator[Wire]:
    async with httpx.AsyncClient() as client:
        yield Wire(tg, client)


def mark(offset: int, length: int, **more: object) -> dict[str, object]:
    return {"type": "bold", "offset": offset, "length": length, **more}


def row(*data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "b", "callback_data": one} for one in data]]}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"text": "🎉" * 2049}, "400 Bad Request: message is too long"),
        ({"text": " \n"}, "400 Bad Request: message text is empty"),
        ({"chat_id": 77}, "400 Bad Request: chat not found"),
        ({"chat_id": "@nobody"}, "400 Bad Request: chat not found"),
        ({"message_thread_id": 9}, "400 Bad Request: message thread not found"),
        ({"entities": [mark(3, 3)]}, "can't parse entities"),
        ({"entities": [mark(-1, 1)]}, "can't parse entities"),
        ({"entities": [mark(0, 0)]}, "can't parse entities"),
        ({"text": "🎉🎉", "entities": [mark(1, 2)]}, "cuts a character in two"),
        ({"text": "🎉🎉", "entities": [mark(0, 3)]}, "cuts a character in two"),
        ({"entities": [mark(0, 1)] * 101}, "can't parse entities"),
        ({"entities": [mark(0, 1, type="loud")]}, "can't parse entities"),
        ({"parse_mode": "MarkdownV2", "text": "Hi."}, "Character '.' is reserved"),
        ({"parse_mode": "Markdown", "text": "a_b"}, "Can't find end of the entity"),
        ({"parse_mode": "HTML", "text": "<b>x"}, "Can't find end tag"),
        ({"reply_markup": row("x" * 65)}, "400 Bad Request: BUTTON_DATA_INVALID"),
        ({"reply_markup": row("é" * 33)}, "400 Bad Request: BUTTON_DATA_INVALID"),
        ({"reply_markup": row("")}, "400 Bad Request: BUTTON_DATA_INVALID"),
        ({"reply_markup": row(*"123456789")}, "too many buttons"),
    ],
)
async def test_a_message_against_the_rules_is_refused(
    tg: Telegram, wire: Wire, given: dict[str, Any], refusal: str
) -> None:
    message = {"chat_id": 42, "text": "Hello", **given}

    assert refusal in await wire.refusal("sendMessage", **message)
    assert tg.replies() == []


async def test_a_message_at_the_limits_is_shown(tg: Telegram, wire: Wire) -> None:
    await wire.call(
        "sendMessage",
        chat_id="42",
        text="🎉" * 2048,
        entities=[mark(0, 4096)] * 100,
        reply_markup=row("x" * 64, *"2345678"),
    )

    [seen] = tg.replies()
    assert seen.text == "🎉" * 2048


async def test_edits_are_refused_as_the_platform_words_it(
    tg: Telegram, wire: Wire
) -> None:
    sent = await wire.call("sendMessage", chat_id=42, text="One")
    theirs = tg.say("mine")
    edit = {"chat_id": 42, "message_id": sent["message_id"]}

    same = await wire.refusal("editMessageText", **edit, text="One")
    gone = await wire.refusal("editMessageText", **edit | {"message_id": 1}, text="x")
    foreign = await wire.refusal(
        "editMessageText", **edit | {"message_id": theirs}, text="x"
    )
    caption = await wire.refusal("editMessageCaption", **edit, caption="x")

    assert "message is not modified" in same
    assert "message to edit not found" in gone
    assert "message can't be edited" in foreign
    assert "no caption in the message" in caption


async def test_a_change_of_buttons_alone_is_a_change(tg: Telegram, wire: Wire) -> None:
    sent = await wire.call("sendMessage", chat_id=42, text="One", reply_markup=row("1"))
    place = {"chat_id": 42, "message_id": sent["message_id"]}

    await wire.call("editMessageReplyMarkup", **place, reply_markup=row("2"))
    assert "not modified" in await wire.refusal(
        "editMessageReplyMarkup", **place, reply_markup=row("2")
    )
    assert tg.replies()[0].buttons[0][0]["callback_data"] == "2"


async def test_unknown_methods_and_tokens_are_refused(tg: Telegram, wire: Wire) -> None:
    assert await wire.refusal("sendTelepathy") == "404 Not Found"
    wire.base = f"{tg.base_url}/bot7:wrong"
    assert await wire.refusal("getMe") == "401 Unauthorized"
    wire.base = f"{tg.base_url}/botwrong"
    assert await wire.refusal("getMe") == "404 Not Found"


async def test_an_update_vanishes_only_when_confirmed(tg: Telegram, wire: Wire) -> None:
    first, second = tg.say("one"), tg.say("two")

    again = [await wire.call("getUpdates") for _ in range(2)]
    after = await wire.call("getUpdates", offset=again[0][0]["update_id"] + 1)

    ids = [[update["message"]["message_id"] for update in batch] for batch in again]
    assert ids == [[first, second]] * 2
    assert [update["message"]["message_id"] for update in after] == [second]
    assert len(tg.updates) == 1


async def test_a_second_poll_cuts_the_first_off(tg: Telegram, wire: Wire) -> None:
    first = asyncio.create_task(wire.call("getUpdates", timeout=5))
    await tg.until(lambda: tg.poll)
    second = asyncio.create_task(wire.call("getUpdates", timeout=5))

    assert (await first)["error_code"] == 409
    tg.say("to the second")
    assert len(await second) == 1


async def test_polling_is_refused_while_a_webhook_is_set(wire: Wire) -> None:
    await wire.call("setWebhook", url="http://127.0.0.1:9/x")

    assert "webhook is active" in await wire.refusal("getUpdates")
    assert (await wire.call("getWebhookInfo"))["url"] == "http://127.0.0.1:9/x"
    await wire.call("deleteWebhook")
    assert await wire.call("getUpdates") == []


async def test_a_press_is_answered_once(tg: Telegram, wire: Wire) -> None:
    sent = await wire.call("sendMessage", chat_id=42, text="?", reply_markup=row("5"))
    callback = tg.press(sent["message_id"], "b")

    [update] = await wire.call("getUpdates")
    await wire.call("answerCallbackQuery", callback_query_id=callback)
    again = await wire.refusal("answerCallbackQuery", callback_query_id=callback)

    assert update["callback_query"]["data"] == "5"
    assert "query is too old" in again
    with pytest.raises(LookupError):
        tg.press(sent["message_id"], "no such label")


async def test_floods_are_held_back_per_chat_and_overall(
    tg: Telegram, wire: Wire
) -> None:
    tg.flood.on = True
    tg.flood.group_per_minute = 2

    async def refused(chat: int, times: int) -> list[float]:
        answers = [
            await wire.call("sendMessage", chat_id=chat, text=str(n))
            for n in range(times)
        ]
        return [a["parameters"]["retry_after"] for a in answers if "error_code" in a]

    assert await refused(42, 4) == [1]  # after a burst of three
    assert await refused(-100, 3) == [60]
    tg.join(43)
    assert await refused(43, 3) == []
    tg.flood.overall_per_s = 1
    tg.join(44)
    assert await refused(44, 1) == [1]
    assert (tg.flood.refused, tg.flood.early) == (3, 0)
    assert tg.flood.most_within(42, 1.0) == 3


async def test_whoever_was_refused_is_not_heard_before_the_time_is_over(
    tg: Telegram, wire: Wire
) -> None:
    tg.flood.on = True
    sent = [await wire.call("sendMessage", chat_id=42, text=str(n)) for n in range(4)]
    edit = {"chat_id": 42, "message_id": sent[0]["message_id"], "text": "x"}

    assert "429" in await wire.refusal("editMessageText", **edit)
    assert "429" in await wire.refusal(
        "sendMessageDraft", chat_id=42, draft_id=1, text="x"
    )
    assert tg.flood.early == 2


async def test_a_write_during_a_wait_is_counted(tg: Telegram, wire: Wire) -> None:
    tg.flood.waits[42] = time.monotonic() + 5

    assert "429 Too Many Requests: retry after 5" in await wire.refusal(
        "sendMessage", chat_id=42, text="x"
    )
    assert tg.flood.early == 1


async def test_drafts_are_for_private_chats(tg: Telegram, wire: Wire) -> None:
    assert await wire.call("sendMessageDraft", chat_id=42, draft_id=1, text="So far")
    group = await wire.refusal("sendMessageDraft", chat_id=-100, draft_id=1, text="x")
    none = await wire.refusal("sendMessageDraft", chat_id=42, draft_id=0, text="x")

    assert tg.drafts[42].text == "So far"
    assert "private chats only" in group
    assert "non-zero" in none


async def test_a_draft_fades_and_a_message_takes_its_place(
    tg: Telegram, wire: Wire
) -> None:
    shown = {"chat_id": 42, "draft_id": 7, "text": "So far", "can_stop": True}
    await wire.call("sendMessageDraft", **shown)
    assert tg.stop_draft(42) == 7
    with pytest.raises(LookupError):
        tg.stop_draft(42)  # once is enough

    await wire.call("sendMessageDraft", **shown)
    tg.drafts[42].at -= 30
    assert not tg.drafts[42].is_seen
    with pytest.raises(LookupError):
        tg.stop_draft(42)

    await wire.call("sendMessage", chat_id=42, text="Whole")
    assert not tg.drafts


async def test_faults_end_when_they_are_used_up(tg: Telegram, wire: Wire) -> None:
    tg.faults.append(Fault("getMe", times=2, status=503, description="Unavailable"))

    first = [await wire.refusal("getMe") for _ in range(2)]

    assert first == ["503 Unavailable"] * 2
    assert (await wire.call("getMe"))["username"] == "draper_bot"


async def test_a_webhook_is_posted_to_in_order_until_it_takes_the_update(
    tg: Telegram, wire: Wire
) -> None:
    inbox, me = Inbox(broken=2), Me(str(tg.bot_id), tg.username)
    tg.retry_s = 0.01

    async def hook(request: web.Request) -> web.Response:
        body, given = await request.read(), request.headers.get(SECRET_HEADER)
        status = await receive(body, given, secret="s3", me=me, keep=inbox.keep)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/telegram", hook)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
    await wire.call("setWebhook", url=url, secret_token="s3")
    tg.say("one")
    tg.say("two")

    await tg.until(lambda: inbox.texts == ["one", "two"] and not tg.updates)
    await runner.cleanup()

    assert (inbox.tried, inbox.repeats) == (4, 0)
    assert "503" in (await wire.call("getWebhookInfo"))["last_error_message"]


async def test_it_runs_on_its_own_and_is_steered_from_outside() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.standins.telegram", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        url, token = (await process.stdout.readline()).decode().split()
        async with httpx.AsyncClient(base_url=url) as client:

            async def do(what: str, **given: Any) -> Any:
                asked = json.dumps({"do": what, "with": given})
                return (await client.post("/control", content=asked)).json()

            said = await do("say", text="Hello")
            await client.post(
                f"/bot{token}/sendMessage", json={"chat_id": 42, "text": "Hi"}
            )
            seen = await do("messages", chat=42)
            unknown = await do("sing")
    finally:
        process.terminate()
        await process.wait()

    assert said["result"] == seen["result"][0]["message_id"]
    assert [one["text"] for one in seen["result"]] == ["Hello", "Hi"]
    assert "one of" in unknown["error"]
