"""What people and Slack itself do in the workspace, and what people see there."""

import asyncio
from typing import Any

from channels.slack.manifest import SCOPES
from tests.standins.slack import blocks as kit
from tests.standins.slack.delivery import Delivery, HttpDelivery, SocketDelivery
from tests.standins.slack.oauth import OAuth, seated
from tests.standins.slack.state import (
    APP,
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    SECRET,
    TEAM,
    Fault,
    File,
    Json,
    Message,
    Room,
    Shown,
    World,
    as_event,
)
from tests.standins.slack.streams import stop_pressed
from tests.standins.slack.surface_api import SurfaceApi

NAMELESS = {"im": "directmessage", "group": "privategroup"}
"""Room kind -> what Slack calls such a room where it does not tell its name."""


class People:
    """The workspace from the inside: two people, two channels, one app."""

    bot, team, bot_token, app_token, secret = BOT, TEAM, BOT_TOKEN, APP_TOKEN, SECRET
    channel, private, anna, bela = "C0GENERAL", "G0SECRET", "U0ANNA", "U0BELA"

    def __init__(self, *, events_url: str, hurry: float) -> None:
        self.origin = ""
        """Where the stand-in listens, once it does."""
        self.world = World()
        self.world.scopes[:] = SCOPES
        self.oauth = OAuth(self.world)
        self.world.users |= {self.anna: "anna", self.bela: "bela"}
        self.world.add_room(Room(self.channel, "channel", "general"))
        self.world.add_room(Room(self.private, "group", "secret"))
        self.socket_mode = SocketDelivery(hurry)
        self.echoes = True
        """Whether our own messages come back as events, as they do from Slack."""
        self.deliveries: list[Delivery] = []
        self._events_url = events_url
        self._hurry = hurry
        self._web = SurfaceApi(self.world, lambda: self.origin, self._heard)
        self._http: HttpDelivery | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # what a person does

    async def say(
        self,
        text: str,
        *,
        user: str = anna,
        channel: str = "",
        thread: str = "",
        files: dict[str, bytes] | None = None,
    ) -> str:
        """Write as ``user``; no channel means the direct messages. Returns the ts.

        ``@draper`` becomes a mention, and then the app hears of the post twice.
        """
        room = self.world.rooms[channel] if channel else self.world.dm(user)
        wire = _escaped(text).replace("@draper", f"<@{BOT}>")
        sent = [self._person_file(user, name, b) for name, b in (files or {}).items()]
        message = Message(room.id, self.world.new_ts(), user, wire, thread, files=sent)
        self.world.messages[room.id, message.ts] = message
        self._announce(message)
        return message.ts

    async def edit(self, ts: str, text: str) -> None:
        message = self.world.find(ts)
        before = as_event(message)
        message.text = _escaped(text).replace("@draper", f"<@{BOT}>")
        message.edited_at = f"{int(self.world.now())}.{self.world.serial():06d}"
        self._emit_change(message, before)

    async def unfurl(self, ts: str) -> None:
        """Let Slack touch a message as it does when a link's preview is ready."""
        message = self.world.find(ts)
        self._emit_change(message, as_event(message))

    async def command(
        self, name: str, text: str = "", *, user: str = anna, channel: str = ""
    ) -> str:
        """Use a slash command; returns its response URL."""
        room = self.world.rooms[channel] if channel else self.world.dm(user)
        url = self._response_url(room.id, user)
        payload = {
            "token": "unused",
            "team_id": self.world.home(room.id),
            "team_domain": "acme",
            "channel_id": room.id,
            "channel_name": NAMELESS.get(room.kind, room.name),
            "user_id": user,
            "user_name": self.world.users[user],
            "command": name,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": self.world.new_trigger(),
        }
        self._deliver("slash_commands", payload)
        return url

    async def press(
        self, ts: str, label: str = "", *, user: str = anna, value: str = ""
    ) -> None:
        """Press the button with that label; ``value`` presses one long gone."""
        message = self.world.find(ts)
        there = kit.buttons(message.blocks)
        button = next((b for b in there if b["text"]["text"] == label), None)
        if button is None and not value:
            labels = [b["text"]["text"] for b in there]
            raise LookupError(f"no button {label!r} there, only {labels}")
        self._deliver("interactive", self._press_payload(message, user, button, value))

    async def stop(self, channel: str, thread: str, *, user: str = anna) -> None:
        """Press the Stop that Slack itself shows while a session is processing."""
        await self.hear(stop_pressed(self.world, channel, thread, user))

    async def hear(self, event: Json) -> None:
        """Send the app any event at all."""
        self._deliver_event(event)

    # what a person sees

    def messages(
        self, channel: str, thread: str = "", *, user: str = ""
    ) -> list[Shown]:
        """What stands in a channel, or in one of its threads, its root included."""
        return [
            _shown(message)
            for message in self.world.messages.values()
            if message.room == channel
            and message.seen_by in {"", user}
            and (not thread or thread in {message.ts, message.thread})
        ]

    def dm(self, user: str = anna) -> str:
        """The direct conversation of ``user`` with the app."""
        return self.world.dm(user).id

    # faults and settings

    def fail(self, **fault: Any) -> Fault:
        """Break the next calls as ``Fault`` says."""
        self.world.faults.append(Fault(**fault))
        return self.world.faults[-1]

    async def settle(self) -> None:
        """Wait until everything said so far was taken or given up."""
        while pending := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*pending)

    def post_events_to(self, url: str) -> None:
        """Choose the app's address; an empty one means Socket Mode."""
        if url:
            self._http = HttpDelivery(self.world, url, self.secret, self._hurry)
        self._events_url = url

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every Socket Mode connection to go, as Slack does every few hours."""
        await self.socket_mode.refresh(reason)

    def sever(self) -> None:
        """Cut every Socket Mode connection without a word."""
        self.socket_mode.sever()

    # within

    def _person_file(self, user: str, name: str, body: bytes) -> File:
        file = File(f"F{self.world.serial():08d}", name, len(body), user, body)
        self.world.files[file.id] = file
        return file

    def _response_url(self, room: str, user: str, ts: str = "") -> str:
        return f"{self.origin}/response/{self.world.response_url_id(room, user, ts)}"

    def _announce(self, message: Message) -> None:
        room = self.world.rooms[message.room]
        where = {"channel": room.id, "channel_type": room.kind}
        if room.joined:
            event = {**as_event(message), **where, "event_ts": message.ts}
            self._deliver_event(self._with_parent(message, event))
        if f"<@{BOT}>" in message.text and room.kind != "im" and message.user != BOT:
            event = {**as_event(message), "type": "app_mention", "channel": room.id}
            event.pop("subtype", None)
            self._deliver_event({**event, "event_ts": message.ts})

    def _with_parent(self, message: Message, event: Json) -> Json:
        root = self.world.messages.get((message.room, message.thread))
        return {**event, "parent_user_id": root.user} if root else event

    def _emit_change(self, message: Message, before: Json) -> None:
        room = self.world.rooms[message.room]
        self._deliver_event(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": room.id,
                "channel_type": room.kind,
                "message": as_event(message),
                "previous_message": before,
                "ts": self.world.new_ts(),
                "event_ts": self.world.new_ts(),
            }
        )

    def _heard(self, message: Message, before: str | None = None) -> None:
        """Our own messages come back to us, as they do from Slack."""
        if not self.echoes:
            return
        if before is None:
            self._announce(message)
        else:
            self._emit_change(message, {**as_event(message), "text": before})

    def _deliver_event(self, event: Json) -> None:
        payload = {
            "type": "event_callback",
            "token": "unused",
            "api_app_id": APP,
            "event": event,
            "event_id": f"Ev{self.world.serial():08d}",
            "event_time": int(self.world.now()),
            **seated(self.world.home(str(event.get("channel", "")))),
        }
        self._deliver("events_api", payload)

    def uninstall(self, account: str, *, tells: bool = True) -> None:
        """Remove the app from a team, as its admin does."""
        for event, top in self.oauth.uninstall(account):
            if tells:
                payload = {
                    "type": "event_callback",
                    "api_app_id": APP,
                    "event": event,
                    "event_id": f"Ev{self.world.serial():08d}",
                    "event_time": int(self.world.now()),
                }
                self._deliver("events_api", {**payload, **top})

    def _deliver(self, kind: str, payload: Json) -> Delivery:
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        by = self._http if self._events_url and self._http else self.socket_mode
        task = asyncio.ensure_future(by.hand_over(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    def _press_payload(
        self, message: Message, user: str, button: Json | None, value: str
    ) -> Json:
        pressed = button or {"type": "button", "action_id": "gone", "value": value}
        room = self.world.rooms[message.room]
        place = {"message_ts": message.ts, "channel_id": room.id}
        if message.thread:
            place |= {"thread_ts": message.thread}
        container = {"type": "message", "is_ephemeral": bool(message.seen_by), **place}
        return {
            "type": "block_actions",
            "team": {"id": self.world.home(room.id), "domain": "acme"},
            "user": {"id": user, "name": self.world.users[user], "team_id": TEAM},
            "api_app_id": APP,
            "container": container,
            "trigger_id": self.world.new_trigger(),
            "channel": {"id": room.id, "name": room.name or "directmessage"},
            "message": as_event(message),
            "response_url": self._response_url(room.id, user, message.ts),
            "actions": [{**pressed, "action_ts": self.world.new_ts()}],
        }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shown(message: Message) -> Shown:
    return Shown(
        ts=message.ts,
        user=message.user,
        text=kit.displayed(kit.raw_text(message.text, message.blocks)),
        buttons=[button["text"]["text"] for button in kit.buttons(message.blocks)],
        files=[file.name for file in message.files],
        thread=message.thread,
        edited=bool(message.edited_at),
    )
