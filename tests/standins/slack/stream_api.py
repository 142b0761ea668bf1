"""The Web API methods of streams and agent sessions."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.standins.slack import streams
from tests.standins.slack.state import Json, Message, Room
from tests.standins.slack.web_api import METHODS, WebApi


class StreamApi(WebApi):
    """All of the Web API."""

    @property
    def methods(self) -> Mapping[str, Callable[[Any, Json], Json]]:
        return {**METHODS, **STREAM_METHODS}

    def start(self, args: Json) -> Json:
        room = self._postable(args)
        streams.check_start(room, args)
        self._check_thread(room, args)
        self._keep_pace(room)
        message = self._show(room, "", [], args)
        streams.begin(message, args, self.world.now())
        self._heed_pings(message, args)
        return {"channel": room.id, "ts": message.ts}

    def append(self, args: Json) -> Json:
        message = self._streaming(args)
        streams.grow(message, args)
        self._heed_pings(message, args)
        return {"channel": message.room, "ts": message.ts}

    def stop(self, args: Json) -> Json:
        message = self._streaming(args)
        if args.get("blocks"):
            self._blocks(args, message.text)
        streams.finish(message, args)
        self._heed_pings(message, args)
        thread = (message.room, message.thread)
        if thread in self.world.sessions:
            self.world.sessions[thread] = args.get("session_status") or "active"
        self._changed(message)
        return {"channel": message.room, "ts": message.ts}

    def set_session(self, args: Json) -> Json:
        return streams.set_session(self.world, self._thread_room(args), args)

    def set_thread_status(self, args: Json) -> Json:
        return streams.set_thread_status(self.world, self._thread_room(args), args)

    def _streaming(self, args: Json) -> Message:
        message = self._own(args)
        streams.require_open(message, self.world.now())
        return message

    def _thread_room(self, args: Json) -> Room:
        return self._postable({"channel": args.get("channel_id")})


STREAM_METHODS: Mapping[str, Callable[[StreamApi, Json], Json]] = {
    "chat.startStream": StreamApi.start,
    "chat.appendStream": StreamApi.append,
    "chat.stopStream": StreamApi.stop,
    "agents.sessions.setStatus": StreamApi.set_session,
    "assistant.threads.setStatus": StreamApi.set_thread_status,
}
