"""People on Telegram."""

from typing import Any

from tests.scenarios.people import Person, Seen
from tests.standins.telegram import Shown, Telegram


class OnTelegram(Person):
    """Somebody who writes to the bot in private, or in a group."""

    door = "telegram"

    def __init__(self, world: Telegram, user: int, group: int | None = None) -> None:
        self.world = world
        self.user = user
        self.group = group
        world.join(user, group)

    @property
    def identity(self) -> tuple[str, str]:
        """The team and id they are known by."""
        return "", str(self.user)

    @property
    def place(self) -> int:
        return self.user if self.group is None else self.group

    def chat(self) -> list[Seen]:
        return [_seen(shown) for shown in self.world.replies(chat=self.place)]

    async def writes(self, text: str, **media: Any) -> int:
        return self.world.say(text, user=self.user, chat=self.group, **media)

    async def edits(self, message: int, text: str) -> None:
        self.world.edit(message, text)

    async def press(self, seen: Seen, label: str) -> None:
        self.world.press(seen.ref, label, user=self.user)

    def notices(self) -> list[str]:
        return [notice for notice in self.world.presses.values() if notice]

    def deletes(self, seen: Seen) -> None:
        """Delete one of the bot's messages, as people may."""
        del self.world.shown[seen.ref]


def _seen(shown: Shown) -> Seen:
    labels = [label for row in shown.labels for label in row]
    files = [shown.file_name] if shown.file_name else []
    return Seen(shown.message_id, shown.text, labels, files)
