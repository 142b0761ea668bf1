"""The Web API methods of what stands beside messages: Home, prompts, titles.

Source: the reference pages of views.publish, views.update, conversations.open,
assistant.threads.setSuggestedPrompts and agents.sessions.rename.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.standins.slack import blocks as kit
from tests.standins.slack.rules import Failure
from tests.standins.slack.state import Json, Room
from tests.standins.slack.stream_api import STREAM_METHODS, StreamApi
from tests.standins.slack.views import faults_of
from tests.standins.slack.web_api import METHODS

PROMPTS, TITLE, VIEW_BYTES = 4, 200, 250_000


class SurfaceApi(StreamApi):
    """All of the Web API."""

    @property
    def methods(self) -> Mapping[str, Callable[[Any, Json], Json]]:
        return {**METHODS, **STREAM_METHODS, **SURFACE_METHODS}

    def publish(self, args: Json) -> Json:
        user, view = args.get("user_id", ""), args.get("view") or {}
        if user not in self.world.users:
            raise Failure("user_not_found")
        if len(json.dumps(view)) > VIEW_BYTES:
            raise Failure("view_too_large")
        _refuse(_home_faults(view))
        before = self.world.homes.get(user)
        self._check_hash(before, args)
        kept = {**view, "id": before["id"] if before else self._view_id()}
        self.world.homes[user] = kept | {"hash": f"{self.world.serial()}.h"}
        return {"view": self.world.homes[user]}

    def update_view(self, args: Json) -> Json:
        known = {view["id"]: view for view in self.world.views}
        before = known.get(args.get("view_id", ""))
        if before is None:
            raise Failure("not_found")
        self._check_hash(before, args)
        view = args.get("view") or {}
        _refuse(faults_of(view))
        kept = {"id": before["id"], "hash": f"{self.world.serial()}.h"}
        before.clear()
        before.update({**view, **kept})
        return {"view": before}

    def suggest(self, args: Json) -> Json:
        room = self._thread_room(args)
        prompts = args.get("prompts")
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= PROMPTS:
            raise Failure("invalid_arguments")
        for prompt in prompts:
            parts = [prompt.get("title"), prompt.get("message")]
            if not all(isinstance(part, str) and part.strip() for part in parts):
                raise Failure("invalid_arguments")
        if self.world.is_agent and args.get("thread_ts"):
            return {}  # it says so nowhere, and shows nothing
        if not self.world.is_agent and not args.get("thread_ts"):
            raise Failure("invalid_thread_ts")
        self.world.prompts[room.id] = prompts
        return {}

    def rename(self, args: Json) -> Json:
        room, thread = self._thread_room(args), args.get("thread_ts") or ""
        if not self.world.is_agent:
            raise Failure("feature_disabled")
        if not 1 <= len(args.get("title") or "") <= TITLE:
            raise Failure("invalid_title")
        if (room.id, thread) not in self.world.sessions:
            raise Failure("session_not_found")
        self.world.titles[room.id, thread] = args["title"]
        return {"title": args["title"]}

    def entitle(self, args: Json) -> Json:
        room, thread = self._thread_room(args), args.get("thread_ts") or ""
        if self.world.is_agent:
            raise Failure("not_allowed_for_agent_apps")
        if (room.id, thread) not in self.world.messages:
            raise Failure("invalid_thread_ts")
        self.world.titles[room.id, thread] = args.get("title") or ""
        return {}

    def open_conversation(self, args: Json) -> Json:
        users = args.get("users") or []
        users = users.split(",") if isinstance(users, str) else users
        if len(users) != 1 or users[0] not in self.world.users:
            raise Failure("user_not_found")
        room: Room = self.world.dm(users[0])
        return {"channel": {"id": room.id}}

    def _view_id(self) -> str:
        return f"V{self.world.serial():08d}"

    def _check_hash(self, before: Json | None, args: Json) -> None:
        given = args.get("hash")
        if given and (before is None or before["hash"] != given):
            raise Failure("hash_conflict")


def _home_faults(view: Json) -> list[str]:
    if view.get("type") != "home":
        return ["type must be home"]
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or len(blocks) > kit.MOST_IN_VIEW:
        return ["blocks must be a list of at most 100"]
    found = [] if len(view.get("private_metadata", "")) <= 3000 else ["metadata"]
    for name in ("title", "submit", "close"):
        found += [f"{name} is for modals"] if name in view else []
    return [*found, *kit.faults_of(blocks, webhook=True, most=kit.MOST_IN_VIEW)]


def _refuse(faults: list[str]) -> None:
    if faults:
        told = {"messages": [f"[ERROR] {fault}" for fault in faults]}
        raise Failure("invalid_arguments", response_metadata=told)


SURFACE_METHODS: Mapping[str, Callable[[SurfaceApi, Json], Json]] = {
    "views.publish": SurfaceApi.publish,
    "views.update": SurfaceApi.update_view,
    "assistant.threads.setSuggestedPrompts": SurfaceApi.suggest,
    "agents.sessions.rename": SurfaceApi.rename,
    "assistant.threads.setTitle": SurfaceApi.entitle,
    "conversations.open": SurfaceApi.open_conversation,
}
