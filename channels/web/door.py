"""The web's way out: the page reads the delivery rows itself, so nothing is sent."""

from channels.contract import ChannelName, Health, Inbound, Outgoing
from channels.text import split

PAGE_CHARACTERS = 100_000
INTERVAL_S = 0.3


class WebDoor:
    """A `Channel` whose messages have arrived once their rows are committed."""

    name = ChannelName.WEB

    def pages(self, markdown: str) -> list[str]:
        """One text, but for what would make a browser tab crawl."""
        return split(markdown, PAGE_CHARACTERS) or [""]

    def interval_s(self, chat: str) -> float:
        """The least time between two writes, in seconds; the same for every chat."""
        del chat
        return INTERVAL_S

    async def send(self, message: Outgoing) -> str:
        """Return an id; the row is the message."""
        return f"web:{message.chat}"

    async def edit(self, message: Outgoing, external_id: str) -> None:
        """Nothing to do: an open page is told of the changed row by the database."""

    async def acknowledge(self, inbound: Inbound, notice: str = "") -> None:
        """Nothing to do: the answered request was the acknowledgement."""

    async def ping(self) -> Health:
        """Always well: the door is this very process."""
        return Health(ok=True, detail="the web chat is part of this process")
