"""What people do beside writing: they open us, look around, use Slack's own menus."""

from collections.abc import Mapping
from typing import Any

from tests.standins.slack import blocks as kit
from tests.standins.slack.delivery import Delivery
from tests.standins.slack.people import NAMELESS, People
from tests.standins.slack.state import APP, TEAM, Json, as_event
from tests.standins.slack.views import entered


class Visits(People):
    """The same people, at our Home tab, our empty conversation, and the menus."""

    async def opens_home(self, *, user: str = People.anna) -> None:
        """Open the app's Home tab."""
        shown = self.world.homes.get(user)
        view = {"view": shown} if shown else {}
        self._opened(user, "home", view)

    async def opens_chat(self, *, user: str = People.anna, beside: str = "") -> None:
        """Open the conversation with the app, with a channel beside it or none."""
        if self.world.is_agent:
            self._opened(user, "messages", {"context": _context(beside)})
            return
        root = self.world.new_ts()
        thread = {"user_id": user, "channel_id": self.dm(user), "thread_ts": root}
        context = {"channel_id": beside} if beside else {}
        told = {"assistant_thread": {**thread, "context": context}}
        self._deliver_event({"type": "assistant_thread_started", **told})

    async def looks_at(self, channel: str, *, user: str = People.anna) -> None:
        """Open another channel while the conversation stays beside it."""
        where = {"user": user, "channel": self.dm(user)}
        told = {"context": _context(channel), "event_ts": self.world.new_ts()}
        self._deliver_event({"type": "app_context_changed", **where, **told})

    async def uses_on(
        self, callback_id: str, ts: str, *, user: str = People.anna
    ) -> None:
        """Choose a message shortcut in a message's menu."""
        message = self.world.find(ts)
        room = self.world.rooms[message.room]
        post = {k: v for k, v in as_event(message).items() if k != "subtype"}
        self._interact(
            user,
            type="message_action",
            callback_id=callback_id,
            channel={"id": room.id, "name": NAMELESS.get(room.kind, room.name)},
            message=post,
            message_ts=ts,
            response_url=self._response_url(room.id, user, ts),
        )

    async def uses(self, callback_id: str, *, user: str = People.anna) -> None:
        """Choose a global shortcut."""
        self._interact(user, type="shortcut", callback_id=callback_id)

    async def presses_home(
        self, label: str, nth: int = 0, *, user: str = People.anna
    ) -> None:
        """Press the ``nth`` button of that label on one's Home tab."""
        view = self.world.homes[user]
        there = [b for b in kit.buttons(view["blocks"]) if b["text"]["text"] == label]
        if len(there) <= nth:
            labels = [b["text"]["text"] for b in kit.buttons(view["blocks"])]
            raise LookupError(f"no button {label!r} there, only {labels}")
        self._interact(
            user,
            type="block_actions",
            container={"type": "view", "view_id": view["id"]},
            view=view,
            actions=[{**there[nth], "action_ts": self.world.new_ts()}],
        )

    async def fill(
        self, view: Json, answers: Mapping[str, str], *, user: str = People.anna
    ) -> Json:
        """Fill a modal in, by its labels, and send it; the errors Slack then shows."""
        delivery = await self.submit(view, entered(view, answers), user=user)
        await self.settle()
        if delivery.response.get("response_action") != "errors":
            return {}
        errors: Json = delivery.response["errors"]
        there = {block.get("block_id") for block in view["blocks"]}
        assert errors
        assert errors.keys() <= there, errors
        return errors

    async def submit(
        self, view: Json, values: Json, *, user: str = People.anna
    ) -> Delivery:
        """Send a modal's answers: {block id: {action id: element state}}."""
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": user, "name": self.world.users[user], "team_id": TEAM},
            "api_app_id": APP,
            "trigger_id": self.world.new_trigger(),
            "view": {**view, "state": {"values": values}},
        }
        return self._deliver("interactive", payload)

    def home(self, user: str = People.anna) -> str:
        """What one reads on one's Home tab, buttons in brackets; empty: nothing yet."""
        view = self.world.homes.get(user)
        return "\n".join(map(_read, view["blocks"])) if view else ""

    def _opened(self, user: str, tab: str, more: Json) -> None:
        where = {"user": user, "channel": self.dm(user), "tab": tab}
        told = {"event_ts": self.world.new_ts(), **more}
        self._deliver_event({"type": "app_home_opened", **where, **told})

    def _interact(self, user: str, **payload: Any) -> None:
        name = self.world.users[user]
        common = {
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": user, "name": name, "username": name, "team_id": TEAM},
            "api_app_id": APP,
            "trigger_id": self.world.new_trigger(),
        }
        self._deliver("interactive", {**common, **payload})


def _context(channel: str) -> Json:
    if not channel:
        return {}
    one = {"type": "slack#/types/channel_id", "value": channel, "team_id": TEAM}
    return {"entities": [one]}


def _read(block: Json) -> str:
    if block["type"] == "actions":
        return " ".join(f"[{one['text']['text']}]" for one in block["elements"])
    if block["type"] == "context":
        return "  ".join(kit.displayed(one["text"]) for one in block["elements"])
    mark = "# " if block["type"] == "header" else ""
    return mark + kit.displayed(block["text"]["text"])
