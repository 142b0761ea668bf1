"""Answers that grow by edits, which share what Slack takes of them in a minute."""

import time
from collections import OrderedDict
from collections.abc import Callable

from channels.contract import Outgoing
from channels.slack.rates import edit_interval_s

QUIET_S = 30.0
"""After which a text that has not grown is no longer counted."""
REMEMBERED = 1_000


class Edits:
    """The chats where a text grows by edits of this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Count nothing yet; ``now`` counts seconds from anywhere."""
        self._now = now
        self._grew: OrderedDict[tuple[str, str], float] = OrderedDict()

    def made(self, message: Outgoing) -> None:
        """Take note of an edit: the text has grown, or is whole."""
        place = (message.account, message.chat)
        self._grew.pop(place, None)
        if message.partial:
            self._grew[place] = self._now()
        if len(self._grew) > REMEMBERED:
            self._grew.popitem(last=False)

    def interval_s(self, chat: str) -> float:
        """The least time between two edits of the text that grows there."""
        since = self._now() - QUIET_S
        growing = [place for place, at in self._grew.items() if at > since]
        accounts = {account for account, where in growing if where == chat}
        return edit_interval_s(sum(account in accounts for account, _ in growing))
