"""People on Slack."""

from typing import Any

from tests.scenarios.people import Person, Seen, until
from tests.standins.slack import Slack


class OnSlack(Person):
    """Somebody who writes to the app directly, or in a channel."""

    door = "slack"
    prefix = "/draper "

    def __init__(self, world: Slack, user: str, channel: str = "") -> None:
        self.world = world
        self.user = user
        self.channel = channel
        world.world.users.setdefault(user, user.casefold())
        self._views_before = len(world.world.views)

    @property
    def identity(self) -> tuple[str, str]:
        """The team and id they are known by."""
        return self.world.team, self.user

    def chat(self) -> list[Seen]:
        place = self.channel or self.world.dm(self.user)
        return [
            Seen(shown.ts, shown.text, shown.buttons, shown.files)
            for shown in self.world.messages(place, user=self.user)
            if shown.user == self.world.bot
        ]

    async def writes(self, text: str, thread: str = "") -> str:
        return await self.world.say(
            text, user=self.user, channel=self.channel, thread=thread
        )

    async def commands(self, words: str) -> str:
        return await self.world.command(
            "/draper", words, user=self.user, channel=self.channel
        )

    async def edits(self, message: str, text: str) -> None:
        await self.world.edit(message, text)

    async def press(self, seen: Seen, label: str) -> None:
        await self.world.press(seen.ref, label, user=self.user)

    async def sees_form(self, title: str) -> dict[str, Any]:
        """Wait for a modal with that title; the newest."""

        def found() -> dict[str, Any] | None:
            views = self.world.world.views[self._views_before :]
            return next(
                (v for v in reversed(views) if v["title"]["text"] == title), None
            )

        return await until(found, f"no form {title!r}: {self.chat()}")

    async def fills(self, view: dict[str, Any], **answers: str) -> dict[str, Any]:
        """Fill the modal in and send it; the errors Slack shows in it."""
        given = {name.replace("_", " "): said for name, said in answers.items()}
        return await self.world.fill(view, given, user=self.user)

    def notices(self) -> list[str]:
        return []  # Slack shows them as messages that one person sees

    def deletes(self, seen: Seen) -> None:
        """Delete one of the bot's messages, as an admin may."""
        place = self.channel or self.world.dm(self.user)
        del self.world.world.messages[place, seen.ref]
