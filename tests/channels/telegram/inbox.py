"""A hand-made inbox: one row for each event id, as the table's unique key has it."""

from collections.abc import Sequence

from channels.contract import NotKept, Received


class Inbox:
    def __init__(self, *, broken: int = 0) -> None:
        self.broken = broken
        """How many times it cannot be written."""
        self.kept: list[Received] = []
        self.tried = 0
        self.repeats = 0

    async def keep(self, events: Sequence[Received]) -> None:
        self.tried += 1
        if self.broken:
            self.broken -= 1
            raise NotKept
        for event in events:
            known = {(one.account, one.event_id) for one in self.kept}
            if (event.account, event.event_id) in known:
                self.repeats += 1
            else:
                self.kept.append(event)

    @property
    def texts(self) -> list[str]:
        return [one.inbound.text for one in self.kept if one.inbound]
