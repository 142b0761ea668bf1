"""The Bot API's rules about what may be sent. Each breach is an ``ApiError``."""

import json
import re
from itertools import permutations
from typing import Any

from tests.standins.telegram.api_error import ApiError

TEXT, CAPTION, ENTITIES = 4096, 1024, 100
KINDS = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
    | {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote"}
    | {"expandable_blockquote", "code", "pre", "text_link", "text_mention"}
    | {"custom_emoji", "date_time"}
)
QUOTES = {"blockquote", "expandable_blockquote"}
STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def value(given: Any, default: Any = None) -> Any:
    """A parameter that may come as JSON text, as forms have it."""
    if given is None or given == "":
        return default
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise bad("can't parse JSON-encoded parameter") from None


def text(given: Any, limit: int, too_long: str) -> str:
    """Text within the limit, in UTF-16 units."""
    written = "" if given is None else str(given)
    if units(written) > limit:
        raise bad(too_long)
    if "\x00" in written:
        raise bad("strings must be encoded in UTF-8")
    return written


def entities(given: Any, written: str, parse_mode: Any) -> list[dict[str, Any]]:
    """Marks that lie within the text, on whole characters, 100 at most."""
    if parse_mode:
        parsed(written, str(parse_mode))
        return []
    marks = value(given, [])
    if not isinstance(marks, list) or len(marks) > ENTITIES:
        raise bad("can't parse entities: there are too many of them")
    for mark in marks:
        check_mark(mark, written)
    check_nesting(marks)
    return marks


def check_nesting(marks: list[Any]) -> None:
    """The documented rules, which the server otherwise enforces by dropping marks."""
    spans = [(m["offset"], m["offset"] + m["length"], m["type"]) for m in marks]
    for (start, end, outer), (begins, ends, inner) in permutations(spans, 2):
        if not (begins < end and start < ends):
            continue
        crossed = begins < start < ends < end
        whole = start <= begins and ends <= end
        alike = (start, end) == (begins, ends) and may_hold(inner, outer)
        if crossed or (whole and not alike and not may_hold(outer, inner)):
            raise bad(f"can't parse entities: {inner} must not stand in {outer}")


def may_hold(outer: str, inner: str) -> bool:
    if "code" in outer or outer == "pre" or inner in {"code", "pre"}:
        return outer in QUOTES
    if {outer, inner} <= QUOTES:
        return False
    return outer in STYLES | QUOTES or inner in STYLES


def called(marks: list[dict[str, Any]], written: str) -> list[str]:
    """Whose telephones would ring in a group."""
    encoded = written.encode("utf-16-le", "surrogatepass")
    for mark in marks:
        if mark["type"] in {"code", "pre"}:
            start, end = mark["offset"], mark["offset"] + mark["length"]
            encoded = (
                encoded[: 2 * start]
                + " ".encode("utf-16-le") * (end - start)
                + encoded[2 * end :]
            )
    named = [m["type"] for m in marks if m["type"] == "text_mention"]
    links = [m["url"] for m in marks if str(m.get("url", "")).startswith("tg:")]
    shown = encoded.decode("utf-16-le", "surrogatepass")
    return named + links + re.findall(r"(?<![\w@/])@[A-Za-z]\w{3,31}\b", shown)


def attached(given: Any) -> tuple[str, bytes]:
    """The document's name and bytes."""
    document = given.get("document")
    if isinstance(document, str) and document.startswith("attach://"):
        document = given.get(document.removeprefix("attach://"))
    if not isinstance(document, tuple):
        raise bad("there is no document in the request")
    if not document[1]:
        raise bad("file must be non-empty")
    return document


def caption(given: Any) -> str:
    """A file's text, within its limit."""
    return text(given.get("caption"), CAPTION, "message caption is too long")


def check_mark(mark: Any, written: str) -> None:
    kind, start, length = (mark.get(name) for name in ("type", "offset", "length"))
    if kind not in KINDS:
        raise bad(f"can't parse entities: unsupported type {kind}")
    if not (isinstance(start, int) and isinstance(length, int)):
        raise bad("can't parse entities: offset and length must be integers")
    if start < 0 or length < 1 or start + length > units(written):
        raise bad("can't parse entities: entity lies outside the text")
    encoded = written.encode("utf-16-le", "surrogatepass")
    for at in (start, start + length):
        if 0xDC00 <= int.from_bytes(encoded[2 * at : 2 * at + 2], "little") <= 0xDFFF:
            raise bad("can't parse entities: entity cuts a character in two")
    if kind == "text_link" and not mark.get("url"):
        raise bad("can't parse entities: text_link needs an url")


def parsed(written: str, mode: str) -> None:
    """Refuse the parse errors that model text runs into."""
    if mode == "MarkdownV2":
        reserved = re.search(r"(?<!\\)[#+\-=|{}.!>]", written)
        if reserved:
            raise bad(
                f"can't parse entities: Character '{reserved[0]}' is reserved and "
                "must be escaped with the preceding '\\'"
            )
    for sign in "*_`":
        if mode.startswith("Markdown") and written.count(sign) % 2:
            raise bad(
                "can't parse entities: Can't find end of the entity starting at "
                f"byte offset {len(written[: written.rfind(sign)].encode())}"
            )
    tags = re.findall(r"<(/?)(\w+)[^>]*>", written) if mode == "HTML" else []
    if sum(-1 if slash else 1 for slash, _ in tags):
        raise bad("can't parse entities: Can't find end tag")


def keyboard(given: Any) -> list[list[dict[str, Any]]]:
    """Rows of at most 8 buttons, 100 in all, each with 1 to 64 bytes of data."""
    rows = (value(given, {}) or {}).get("inline_keyboard", [])
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise bad("reply markup has too many buttons")
    for button in (button for row in rows for button in row):
        if not str(button.get("text", "")).strip():
            raise bad("inline keyboard button text must be non-empty")
        if "url" in button:
            continue
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    return rows  # type: ignore[no-any-return]


def commands(given: Any) -> list[dict[str, str]]:
    """A menu as setMyCommands takes it."""
    menu = value(given, [])
    if len(menu) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for entry in menu:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", entry.get("command", "")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(entry.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return menu  # type: ignore[no-any-return]


def marks(text: str) -> list[dict[str, Any]]:
    """The entities that Telegram itself finds in what people write."""
    found = re.finditer(
        r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?)"
        r"|(?P<mention>(?<![\w@])@\w{4,32})",
        text,
    )
    return [
        {
            "type": one.lastgroup,
            "offset": units(text[: one.start()]),
            "length": units(one[0]),
        }
        for one in found
    ]
