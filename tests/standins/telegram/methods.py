"""The Bot API's methods, as far as a bot like ours calls them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.standins.telegram import about, checks, rich
from tests.standins.telegram.api_error import ApiError
from tests.standins.telegram.checks import bad, value
from tests.standins.telegram.world import BOT_ID, Draft, Shown, World

Params = Mapping[str, Any]
Method = Callable[[World, Params], Awaitable[Any]]

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
ACTIONS = frozenset({"typing", "upload_document", "upload_photo", "choose_sticker"})


async def get_updates(world: World, given: Params) -> Any:
    if world.webhook.get("url"):
        raise ApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    allowed = value(given.get("allowed_updates"))
    world.allowed = world.allowed if allowed is None else list(allowed)
    confirm(world, int(value(given.get("offset"), 0)))
    world.poll += 1
    world.ring()
    limit = min(100, int(value(given.get("limit"), 100)))
    await news(world, world.poll, float(value(given.get("timeout"), 0)))
    return world.updates[:limit]


def confirm(world: World, offset: int) -> None:
    if offset < 0:
        world.updates = world.updates[offset:]
    elif offset:
        world.updates = [u for u in world.updates if u["update_id"] >= offset]


async def news(world: World, poll: int, timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    while True:
        if world.polled_elsewhere or poll != world.poll or world.webhook.get("url"):
            raise ApiError(
                409,
                "Conflict: terminated by other getUpdates request; make sure that "
                "only one bot instance is running",
            )
        left = ends - time.monotonic()
        if world.updates or left <= 0:
            return
        await world.change(left)


async def send_message(world: World, given: Params) -> Any:
    chat = world.chat(given.get("chat_id"))
    text = checks.text(given.get("text"), checks.TEXT, "message is too long")
    if not text.strip():
        raise bad("message text is empty")
    marks = checks.entities(given.get("entities"), text, given.get("parse_mode"))
    return show(world, chat, given, text=text, entities=marks)


async def send_rich_message(world: World, given: Params) -> Any:
    chat = world.chat(given.get("chat_id"))
    html, text = rich.content(given.get("rich_message"))
    return show(world, chat, given, text=text, rich=html)


async def send_document(world: World, given: Params) -> Any:
    chat = world.chat(given.get("chat_id"))
    name, body = checks.attached(given)
    text = checks.caption(given)
    marks = checks.entities(
        given.get("caption_entities"), text, given.get("parse_mode")
    )
    return show(
        world, chat, given, text=text, entities=marks, file_name=name, file=body
    )


def show(
    world: World, chat: dict[str, Any], given: Params, **content: Any
) -> dict[str, Any]:
    thread = value(given.get("message_thread_id"))
    if thread is not None and int(thread) not in world.topics[chat["id"]]:
        raise bad("message thread not found")
    shown = Shown(
        message_id=world.number("message"),
        chat=chat["id"],
        sender=BOT_ID,
        buttons=checks.keyboard(given.get("reply_markup")),
        thread=None if thread is None else int(thread),
        **content,
    )
    world.shown[shown.message_id] = shown
    world.drafts.pop(chat["id"], None)
    world.ring()
    return world.as_json(shown)


async def edit_message_text(world: World, given: Params) -> Any:
    shown = editable(world, given)
    if shown.file_name is not None:
        raise bad("there is no text in the message to edit")
    if given.get("rich_message"):
        html, text = rich.content(given["rich_message"])
        return edited(world, shown, given, text, [], html)
    text = checks.text(given.get("text"), checks.TEXT, "MESSAGE_TOO_LONG")
    if not text.strip():
        raise bad("message text is empty")
    marks = checks.entities(given.get("entities"), text, given.get("parse_mode"))
    return edited(world, shown, given, text, marks, "")


async def edit_message_caption(world: World, given: Params) -> Any:
    shown = editable(world, given)
    if shown.file_name is None:
        raise bad("there is no caption in the message to edit")
    text = checks.caption(given)
    marks = checks.entities(
        given.get("caption_entities"), text, given.get("parse_mode")
    )
    return edited(world, shown, given, text, marks, "")


async def edit_message_reply_markup(world: World, given: Params) -> Any:
    shown = editable(world, given)
    return edited(world, shown, given, shown.text, shown.entities, shown.rich)


def editable(world: World, given: Params) -> Shown:
    chat = world.chat(given.get("chat_id"))
    shown = world.shown.get(int(value(given.get("message_id"), 0)))
    if shown is None or shown.chat != chat["id"]:
        raise bad("message to edit not found")
    if not shown.from_bot:
        raise bad("message can't be edited")
    return shown


def edited(world: World, shown: Shown, given: Params, *to: Any) -> dict[str, Any]:
    """Let it show the text, the marks and the rich form in ``to``."""
    now = (*to, checks.keyboard(given.get("reply_markup")))
    if now == (shown.text, shown.entities, shown.rich, shown.buttons):
        raise bad(NOT_MODIFIED)
    shown.text, shown.entities, shown.rich, shown.buttons = now
    shown.edits += 1
    world.ring()
    return {**world.as_json(shown), "edit_date": int(time.time())}


async def delete_message(world: World, given: Params) -> Any:
    world.chat(given.get("chat_id"))
    if world.shown.pop(int(value(given.get("message_id"), 0)), None) is None:
        raise bad("message to delete not found")
    world.ring()
    return True


async def answer_callback_query(world: World, given: Params) -> Any:
    callback = str(given.get("callback_query_id"))
    if world.presses.get(callback, "answered") is not None:
        raise bad(
            "query is too old and response timeout expired or query ID is invalid"
        )
    notice = checks.text(given.get("text"), 200, "MESSAGE_TOO_LONG")
    world.presses[callback] = notice
    world.ring()
    return True


async def send_chat_action(world: World, given: Params) -> Any:
    world.chat(given.get("chat_id"))
    if given.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    return True


async def send_message_draft(world: World, given: Params) -> Any:
    chat = world.chat(given.get("chat_id"))
    if chat["type"] != "private":
        raise bad("drafts can be sent to private chats only")
    if not int(value(given.get("draft_id"), 0)):
        raise bad("draft_id must be non-zero")
    text = checks.text(given.get("text"), checks.TEXT, "message is too long")
    can_stop = bool(value(given.get("can_stop"), default=False))
    world.drafts[chat["id"]] = Draft(int(value(given["draft_id"])), text, can_stop)
    world.ring()
    return True


async def get_file(world: World, given: Params) -> Any:
    file_id = str(given.get("file_id"))
    if file_id not in world.files:
        raise bad("invalid file_id")
    size = len(world.files[file_id])
    if size > 20_000_000:
        raise bad("file is too big")
    return {
        "file_id": file_id,
        "file_unique_id": f"u{file_id}",
        "file_size": size,
        "file_path": f"documents/{file_id}",
    }


METHODS: dict[str, Method] = {
    **about.METHODS,
    "getupdates": get_updates,
    "sendmessage": send_message,
    "sendrichmessage": send_rich_message,
    "senddocument": send_document,
    "sendchataction": send_chat_action,
    "sendmessagedraft": send_message_draft,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "getfile": get_file,
}
"""Method names are case-insensitive."""


async def act(world: World, method: str, given: Params) -> Any:
    """Do what the method does.

    Raises:
        ApiError: It may not be done.
    """
    known = METHODS.get(method.lower())
    if known is None:
        raise ApiError(404, "Not Found")
    writes = method.lower().startswith(("sendm", "sendd", "sendr", "edit"))
    if writes and "chat_id" in given:
        world.flood.check(world.chat(given["chat_id"])["id"])
    await asyncio.sleep(0)
    return await known(world, given)
