"""What the stand-in remembers: chats, messages, updates on their way, calls made."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standins.telegram.api_error import ApiError
from tests.standins.telegram.floods import Flood

BOT_ID = 7_000_001
TOKEN = f"{BOT_ID}:test-AAHdqTcvCH1vGWJxfSeofSAs0K5PALD"
PREVIEW_S = 30.0
WRITES = frozenset(
    {"sendMessage", "sendDocument", "editMessageText", "editMessageCaption"}
    | {"sendRichMessage"}
    | {"editMessageReplyMarkup", "sendMessageDraft"}
)


@dataclass
class Shown:
    """One message as a person sees it now."""

    message_id: int
    chat: int
    sender: int
    text: str = ""
    """The caption, for a file."""
    entities: list[dict[str, Any]] = field(default_factory=list)
    rich: str = ""
    """A rich message's HTML; its words are in ``text``."""
    buttons: list[list[dict[str, Any]]] = field(default_factory=list)
    thread: int | None = None
    file_name: str | None = None
    file: bytes = b""
    edits: int = 0
    date: int = field(default_factory=lambda: int(time.time()))
    media: dict[str, Any] = field(default_factory=dict)
    """What a person sent besides text."""

    @property
    def from_bot(self) -> bool:
        """Whether it is the bot's."""
        return self.sender == BOT_ID

    @property
    def labels(self) -> list[list[str]]:
        """The buttons' labels, row by row."""
        return [[button["text"] for button in row] for row in self.buttons]


@dataclass(frozen=True)
class Call:
    """A method the bot called, with its parameters as they came."""

    method: str
    params: Mapping[str, Any]
    at: float


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of ``method`` (``*``: any)."""

    method: str = "*"
    times: int = 1
    status: int | None = None
    """Answer this instead of acting."""
    description: str = "Internal Server Error"
    retry_after: int | None = None
    migrate_to: int | None = None
    delay_s: float = 0.0
    """Act, then wait so long before answering."""
    drop: str = ""
    """``before`` or ``after`` acting, cut the connection without an answer."""


@dataclass
class Draft:
    """What a private chat shows of a message that is still being written."""

    draft_id: int
    text: str
    can_stop: bool
    at: float = field(default_factory=time.monotonic)

    @property
    def is_seen(self) -> bool:
        """Whether it has not faded yet."""
        return time.monotonic() < self.at + PREVIEW_S


@dataclass
class Profile:
    """What the bot was told to say of itself."""

    menus: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Each menu by ``<scope>/<language>``."""
    texts: dict[str, str] = field(default_factory=dict)
    privacy: bool = True
    """Whether the bot sees of a group only what is meant for it."""


class World:
    """Everything there is, and a bell that rings at each change."""

    def __init__(self, username: str = "draper_bot") -> None:
        self.username = username
        self.chats: dict[int, dict[str, Any]] = {}
        self.users: dict[int, dict[str, Any]] = {}
        self.topics: dict[int, set[int]] = defaultdict(set)
        self.shown: dict[int, Shown] = {}
        self.updates: list[dict[str, Any]] = []
        self.allowed: list[str] = []
        self.presses: dict[str, str | None] = {}
        """callback id -> the notice it was answered with; None while it waits."""
        self.files: dict[str, bytes] = {}
        self.lost_files: set[str] = set()
        """Files that getFile names and the download does not find."""
        self.commands: list[dict[str, str]] = []
        """The menu of every chat that has none of its own."""
        self.profile = Profile()
        self.drafts: dict[int, Draft] = {}
        """chat -> its draft, until a message of the bot takes its place."""
        self.blocked: set[int] = set()
        self.refusing: dict[int, tuple[int, str]] = {}
        """chat -> how every call about it is refused: kicked, deactivated, closed."""
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.flood = Flood()
        self.webhook: dict[str, Any] = {}
        self.revoked = False
        self.polled_elsewhere = False
        self.poll = 0
        """The number of the latest poll; an older one that still waits is cut off."""
        self._bell = asyncio.Event()
        self._last = {"update": 900_000_000, "message": 100, "callback": 5_000}

    def number(self, kind: str) -> int:
        self._last[kind] += 1
        return self._last[kind]

    def ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    async def change(self, timeout_s: float) -> None:
        """Wait for the next change, at most so long."""
        bell = self._bell
        try:
            await asyncio.wait_for(bell.wait(), timeout_s)
        except TimeoutError:
            return

    async def until(self, met: Callable[[], Any], timeout_s: float = 5.0) -> Any:
        """What ``met`` gives once it is true.

        Raises:
            TimeoutError: It was not met in time.
        """
        ends = time.monotonic() + timeout_s
        while not (found := met()):
            if time.monotonic() > ends:
                raise TimeoutError("It did not come to that.")
            await self.change(0.05)
        return found

    def post(self, kind: str, content: dict[str, Any]) -> int:
        """Queue an update, unless the bot asked for other kinds only."""
        number = self.number("update")
        if not self.allowed or kind in self.allowed:
            self.updates.append({"update_id": number, kind: content})
            self.ring()
        return number

    def stop_draft(self, chat: int = 42) -> int:
        """Press the Stop of the draft in a private chat; the draft's id.

        Raises:
            LookupError: There is no draft to be seen, or it cannot be stopped.
        """
        draft = self.drafts.get(chat)
        if draft is None or not (draft.is_seen and draft.can_stop):
            raise LookupError(f"No draft that can be stopped in {chat}")
        draft.can_stop = False
        content = {"chat": self.chats[chat], "draft_id": draft.draft_id}
        self.post("stopped_message_generation", content)
        return draft.draft_id

    def chat(self, chat_id: Any) -> dict[str, Any]:
        """A chat the bot may write to.

        Raises:
            ApiError: There is none, or the person blocked the bot.
        """
        number = int(chat_id) if str(chat_id).lstrip("-").isdigit() else 0
        if number not in self.chats:
            raise ApiError(400, "Bad Request: chat not found")
        if number in self.refusing:
            raise ApiError(*self.refusing[number])
        if number in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return self.chats[number]

    def as_json(self, shown: Shown) -> dict[str, Any]:
        """A message as the API writes it."""
        is_file = shown.file_name is not None
        content = {
            "caption" if is_file or shown.media else "text": shown.text,
            "caption_entities"
            if is_file or shown.media
            else "entities": shown.entities,
            "document": {"file_id": f"doc{shown.message_id}", "file_unique_id": "u"}
            if is_file
            else None,
            "reply_markup": {"inline_keyboard": shown.buttons}
            if shown.buttons
            else None,
            "message_thread_id": shown.thread,
            "is_topic_message": True if shown.thread is not None else None,
        }
        return {
            "message_id": shown.message_id,
            "from": self.person(shown.sender),
            "chat": self.chats[shown.chat],
            "date": shown.date,
            **{name: value for name, value in content.items() if value},
            **shown.media,
        }

    def person(self, user: int) -> dict[str, Any]:
        if user == BOT_ID:
            return self.me()
        plain = {"id": user, "is_bot": False, "first_name": f"User {user}"}
        return self.users.setdefault(user, plain)

    def me(self) -> dict[str, Any]:
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Draper",
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.profile.privacy,
            "supports_inline_queries": False,
        }
