"""What the stand-in remembers: channels, messages, files, faults."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.standins.slack.tiers import Tiers

Json = dict[str, Any]

BOT, BOT_ID, APP, TEAM = "U0DRAPER", "B0DRAPER", "A0DRAPER", "T0ACME"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-standin", "xapp-standin", "s3cret"
RESPONSE_USES, RESPONSE_S = 5, 1800
TRIGGER_S = 3
STREAM_S = 300


@dataclass
class Room:
    """A conversation; ``kind`` as in an event's channel_type."""

    id: str
    kind: str
    name: str
    joined: bool = True
    archived: bool = False
    user: str = ""


@dataclass
class File:
    id: str
    name: str
    length: int
    user: str
    body: bytes | None = None
    media_type: str = "application/octet-stream"
    shares: dict[str, str] = field(default_factory=dict)


@dataclass
class Message:
    room: str
    ts: str
    user: str
    text: str
    thread: str = ""
    blocks: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    edited_at: str = ""
    seen_by: str = ""
    """Of an ephemeral message: the one person who sees it."""
    stream_since: float | None = None
    """When it began to stream; None: it does not, or no longer."""
    stream_mode: str = ""
    stream_ended: str = ""
    """By whom: ``app``, ``user``, or ``expired``."""


@dataclass
class Shown:
    """One message as a person sees it now."""

    ts: str
    user: str
    text: str
    buttons: list[str]
    files: list[str]
    thread: str = ""
    edited: bool = False


@dataclass
class ResponseUrl:
    room: str
    user: str
    message_ts: str
    made_at: float
    uses: int = 0


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of ``method``."""

    method: str = "*"
    times: int = 1
    channel: str = ""
    error: str = ""
    status: int = 200
    retry_after_s: int | None = None
    delay_s: float = 0.0
    drop: bool = False
    """The connection breaks instead of an answer."""
    acts: bool = False
    """The call is carried out all the same."""

    def hits(self, method: str, channel: str) -> bool:
        """Use the fault up once, if it is meant for this call."""
        meant = self.method in {"*", method} and self.channel in {"", channel}
        if not meant or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Teams:
    """Teams besides ``TEAM``, and who speaks at this moment."""

    granted: list[str]
    """The scopes of the present call's token."""
    speaking: str = TEAM
    homes: dict[str, str] = field(default_factory=dict)
    """The team of a person or a room, where it is another."""


class World:
    """All of it, with Slack's clock, which ``shift_s`` sets forward."""

    def __init__(self) -> None:  # noqa: PLR0915 - one line for each thing there is
        self.shift_s = 0.0
        self.rooms: dict[str, Room] = {}
        self.messages: dict[tuple[str, str], Message] = {}
        self.files: dict[str, File] = {}
        self.responses: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, float] = {}
        self.views: list[Json] = []
        self.pings: list[tuple[str, str, str]] = []
        """(channel, ts, what) for everybody a message of ours would have pinged."""
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, Json]] = []
        self.users: dict[str, str] = {BOT: "draper"}
        self.scopes: list[str] = []
        self.teams = Teams(granted=self.scopes)
        self.token_error = ""
        self.pace_s = 0.0
        self.posted_at: dict[str, float] = {}
        self.tiers = Tiers()
        self.limited: list[str] = []
        """The methods that were called too often, each time."""
        self.is_agent = True
        """Whether the workspace knows agent sessions; older ones do not."""
        self.sessions: dict[tuple[str, str], str] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: dict[str, list[Json]] = {}
        self.homes: dict[str, Json] = {}
        """What each person's Home tab shows."""
        self.absent: set[tuple[str, str]] = set()
        """(channel, user) of people who are not in it."""
        """The state of each thread's agent session."""
        self.thread_status: dict[tuple[str, str], str] = {}
        self._serial = count(1)

    def now(self) -> float:
        return time.time() + self.shift_s

    def serial(self) -> int:
        return next(self._serial)

    def new_ts(self) -> str:
        return f"{int(self.now())}.{self.serial():06d}"

    def new_trigger(self) -> str:
        trigger = f"{self.serial()}.{int(self.now())}.abcdef"
        self.triggers[trigger] = self.now()
        return trigger

    def dm(self, user: str) -> Room:
        """The direct conversation of ``user`` with the bot, opened when needed."""
        room = self.rooms.get(f"D{user[1:]}")
        return room or self.add_room(Room(f"D{user[1:]}", "im", "", user=user))

    def add_room(self, room: Room) -> Room:
        self.rooms[room.id] = room
        return room

    def place(self, channel: str) -> Room | None:
        """The room an id means; a user's id means the direct conversation."""
        if channel.startswith("U") and channel in self.users:
            return self.dm(channel)
        return self.rooms.get(channel)

    def home(self, room: str) -> str:
        """The team, or the organisation, that a room belongs to."""
        known = self.rooms.get(room)
        homes = self.teams.homes
        return homes.get(room) or homes.get(known.user if known else "", TEAM)

    def find(self, ts: str) -> Message:
        return next(m for m in self.messages.values() if m.ts == ts)

    def response_url_id(self, room: str, user: str, ts: str = "") -> str:
        key = f"r{self.serial()}"
        self.responses[key] = ResponseUrl(room, user, ts, self.now())
        return key

    def fault_for(self, method: str, channel: str) -> Fault | None:
        return next((f for f in self.faults if f.hits(method, channel)), None)


def as_event(message: Message) -> Json:
    """The message object that events and answers carry."""
    found: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": TEAM,
    }
    if message.user == BOT:
        found |= {"bot_id": BOT_ID}
    if message.thread:
        found |= {"thread_ts": message.thread}
    if message.blocks:
        found |= {"blocks": message.blocks}
    if message.files:
        found |= {
            "subtype": "file_share",
            "files": [
                {
                    "id": file.id,
                    "name": file.name,
                    "mimetype": file.media_type,
                    "size": file.length,
                }
                for file in message.files
            ],
        }
    if message.edited_at:
        found |= {"edited": {"user": message.user, "ts": message.edited_at}}
    return found
