"""The Web API methods, each under its rules."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.standins.slack import blocks as kit
from tests.standins.slack import streams
from tests.standins.slack.rules import NEEDED, TS, Failure, cut
from tests.standins.slack.state import (
    BOT,
    BOT_ID,
    TEAM,
    TRIGGER_S,
    File,
    Json,
    Message,
    Room,
    World,
    as_event,
)
from tests.standins.slack.views import faults_of


class WebApi:
    """Carries out calls; ``changed`` hears of every visible message."""

    def __init__(
        self, world: World, origin: Callable[[], str], changed: Callable[..., None]
    ) -> None:
        self.world = world
        self._origin = origin
        self._changed = changed

    @property
    def methods(self) -> Mapping[str, Callable[[Any, Json], Json]]:
        return METHODS

    def call(self, method: str, args: Json) -> Json:
        if method not in self.methods:
            return Failure("unknown_method").answer
        try:
            self._check_scope(method)
            self._check_rate(method)
            found = self.methods[method](self, args)
        except Failure as failure:
            if failure.answer["error"] == "ratelimited":
                self.world.limited.append(method)
            return failure.answer
        return {"ok": True, **found}

    def _check_scope(self, method: str) -> None:
        scope = NEEDED.get(method) or NEEDED.get(method.partition(".")[0])
        if scope and scope not in self.world.teams.granted:
            given = ",".join(self.world.teams.granted)
            raise Failure("missing_scope", needed=scope, provided=given)

    def _check_rate(self, method: str) -> None:
        if wait_s := self.world.tiers.count(method, self.world.now()):
            raise Failure("ratelimited", retry_after_s=wait_s)

    # what there is

    def auth_test(self, args: Json) -> Json:
        who = {"user": "draper", "user_id": BOT, "bot_id": BOT_ID}
        team = self.world.teams.speaking
        name = "Acme" if team == TEAM else team
        return {"url": self._origin(), "team": name, "team_id": team, **who}

    def users_info(self, args: Json) -> Json:
        user = args.get("user", "")
        if user not in self.world.users:
            raise Failure("user_not_found")
        name = self.world.users[user]
        return {"user": {"id": user, "team_id": TEAM, "name": name, "real_name": name}}

    def conversations_info(self, args: Json) -> Json:
        room = self._seen(args)
        kinds = {
            "is_channel": "channel",
            "is_group": "group",
            "is_im": "im",
            "is_mpim": "mpim",
        }
        flags = {name: room.kind == kind for name, kind in kinds.items()}
        shown = {"id": room.id, "name": room.name, "is_archived": room.archived}
        return {"channel": {**shown, "is_member": room.joined, **flags}}

    # messages

    def chat_post_message(self, args: Json) -> Json:
        room = self._postable(args)
        self._keep_pace(room)
        text, warning = cut(args.get("text") or "")
        found = self._blocks(args, text)
        self._check_thread(room, args)
        message = self._show(room, text, found, args)
        return {"channel": room.id, "ts": message.ts, "message": as_event(message)} | (
            {"response_metadata": {"warnings": [warning]}} if warning else {}
        )

    def chat_post_ephemeral(self, args: Json) -> Json:
        _only_a_channel(args)
        room, user = self._postable(args), args.get("user", "")
        if user not in self.world.users or (room.id, user) in self.world.absent:
            raise Failure("user_not_in_channel")
        self._check_thread(room, args)
        if self._is_quiet(room, args):
            user = "nobody"  # Slack takes it and shows it to no one
        text, _ = cut(args.get("text") or "")
        found = self._blocks(args, text)
        message = self._show(room, text, found, args, seen_by=user)
        return {"message_ts": message.ts}

    def chat_update(self, args: Json) -> Json:
        message = self._own(args)
        if streams.is_open(message, self.world.now()):
            raise Failure("streaming_state_conflict")
        if len(args.get("text") or "") > 4_000:
            raise Failure("msg_too_long")
        self._keep_pace(self.world.rooms[message.room])
        text = args.get("text") or ""
        found = self._blocks(args, text) if "blocks" in args else message.blocks
        before, message.text, message.blocks = message.text, text, found
        message.edited_at = f"{int(self.world.now())}.000000"
        self._heed_pings(message, args)
        self._changed(message, before=before)
        return {"channel": message.room, "ts": message.ts, "text": text}

    def chat_delete(self, args: Json) -> Json:
        message = self._own(args)
        if streams.is_open(message, self.world.now()):
            raise Failure("cant_delete_message")
        del self.world.messages[message.room, message.ts]
        return {"channel": message.room, "ts": message.ts}

    # files

    def files_get_upload_urlexternal(self, args: Json) -> Json:
        length = int(args.get("length") or 0)
        if not args.get("filename") or length <= 0:
            raise Failure("invalid_arguments")
        file = File(f"F{self.world.serial():08d}", args["filename"], length, BOT)
        self.world.files[file.id] = file
        return {"file_id": file.id, "upload_url": f"{self._origin()}/upload/{file.id}"}

    def files_complete_upload_external(self, args: Json) -> Json:
        files = [self._uploaded(item.get("id", "")) for item in args.get("files") or ()]
        if not files:
            raise Failure("invalid_arguments")
        if args.get("channel_id"):
            room = self._postable({"channel": args["channel_id"]})
            self._check_thread(room, args)
            text, _ = cut(args.get("initial_comment") or "")
            message = self._show(room, text, [], args, files=files)
            for file in files:
                file.shares[room.id] = message.ts
        # Slack shares after its scan, so the answer does not know where yet.
        return {"files": [{"id": file.id, "shares": {}} for file in files]}

    def files_info(self, args: Json) -> Json:
        file = self.world.files.get(args.get("file", ""))
        if file is None:
            raise Failure("file_not_found")
        url = f"{self._origin()}/files/{file.id}"
        shares = {room: [{"ts": ts}] for room, ts in file.shares.items()}
        shown = {"id": file.id, "name": file.name, "mimetype": file.media_type}
        where = {"url_private_download": url, "shares": {"public": shares}}
        return {"file": {**shown, "size": file.length, **where}}

    # the rest

    def views_open(self, args: Json) -> Json:
        made_at = self.world.triggers.pop(args.get("trigger_id", ""), None)
        if made_at is None:
            raise Failure("invalid_trigger_id")
        if self.world.now() - made_at > TRIGGER_S:
            raise Failure("expired_trigger_id")
        view = args.get("view") or {}
        if faults := faults_of(view):
            told = {"messages": [f"[ERROR] {fault}" for fault in faults]}
            raise Failure("invalid_arguments", response_metadata=told)
        kept = {**view, "id": f"V{self.world.serial():08d}", "hash": "1.a"}
        self.world.views.append(kept)
        return {"view": kept}

    # rules

    def _seen(self, args: Json) -> Room:
        room = self.world.place(args.get("channel") or "")
        if room is None or (not room.joined and room.kind != "channel"):
            raise Failure("channel_not_found")
        if self.world.home(room.id) != self.world.teams.speaking:
            raise Failure("channel_not_found")
        return room

    def _postable(self, args: Json) -> Room:
        room = self._seen(args)
        if not room.joined:
            raise Failure("not_in_channel")
        if room.archived:
            raise Failure("is_archived")
        return room

    def _keep_pace(self, room: Room) -> None:
        now, before = self.world.now(), self.world.posted_at.get(room.id, 0.0)
        if now - before < self.world.pace_s:
            raise Failure("ratelimited", retry_after_s=1)
        self.world.posted_at[room.id] = now

    def _blocks(self, args: Json, text: str) -> list[Json]:
        found = args.get("blocks") or []
        if not found and not text.strip():
            raise Failure("no_text")
        if broken := kit.faults_of(found):
            raise Failure("invalid_blocks", response_metadata={"messages": broken})
        return list(found)

    def _check_thread(self, room: Room, args: Json) -> None:
        thread = args.get("thread_ts")
        if thread and not TS.fullmatch(str(thread)):
            raise Failure("invalid_thread_ts")
        if thread and (room.id, thread) not in self.world.messages:
            raise Failure("thread_not_found")

    def _is_quiet(self, room: Room, args: Json) -> bool:
        """Whether it is a thread that nobody has answered in yet."""
        thread = args.get("thread_ts") or ""
        there = self.world.messages.values()
        begun = any((m.room, m.thread) == (room.id, thread) for m in there)
        return bool(thread) and not begun

    def _own(self, args: Json) -> Message:
        _only_a_channel(args)
        room = self._seen(args)
        message = self.world.messages.get((room.id, args.get("ts") or ""))
        if message is None or message.seen_by:
            raise Failure("message_not_found")
        if message.user != BOT:
            raise Failure("cant_update_message")
        return message

    def _uploaded(self, file_id: str) -> File:
        file = self.world.files.get(file_id)
        if file is None or file.body is None:
            raise Failure("file_not_found")
        return file

    def _show(
        self, room: Room, text: str, blocks: list[Json], args: Json, **more: Any
    ) -> Message:
        thread = args.get("thread_ts") or ""
        ts = self.world.new_ts()
        message = Message(room.id, ts, BOT, text, thread, blocks, **more)
        self.world.messages[room.id, message.ts] = message
        self._heed_pings(message, args)
        if not message.seen_by:
            self._changed(message)
        return message

    def _heed_pings(self, message: Message, args: Json) -> None:
        by_name = bool(args.get("link_names")) or args.get("parse") == "full"
        pinged = kit.pings(message.text, message.blocks, links_names=by_name)
        self.world.pings += [(message.room, message.ts, what) for what in pinged]


def _only_a_channel(args: Json) -> None:
    # chat.postMessage alone takes a person's id for the conversation with them.
    if str(args.get("channel", ""))[:1] == "U":
        raise Failure("channel_not_found")


METHODS: dict[str, Callable[[WebApi, Json], Json]] = {
    "auth.test": WebApi.auth_test,
    "users.info": WebApi.users_info,
    "conversations.info": WebApi.conversations_info,
    "chat.postMessage": WebApi.chat_post_message,
    "chat.postEphemeral": WebApi.chat_post_ephemeral,
    "chat.update": WebApi.chat_update,
    "chat.delete": WebApi.chat_delete,
    "files.getUploadURLExternal": WebApi.files_get_upload_urlexternal,
    "files.completeUploadExternal": WebApi.files_complete_upload_external,
    "files.info": WebApi.files_info,
    "views.open": WebApi.views_open,
}
