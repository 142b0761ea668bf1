"""When may what be written? Each chat and each account at its platform's pace.

All of it is this process's own memory. A wait that a platform asked for is written down
by the postman, too, and told again at the next start.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from channels.contract import Channel
from channels.rates import Act, Limited, Rate

PATIENCE_S = 0.25
"""Who must wait longer gives its place back meanwhile."""

CROWD = 3
"""Writes into one chat: from there on each comes back in its own time, not at once."""

GAUGES = 20_000
"""Of chats and methods; beyond that the idle ones are forgotten."""

_IN_FLIGHT_S = 0.02
"""Between two looks at whether the chat's last write has ended."""


@dataclass(frozen=True, slots=True)
class Write:
    """Something to be done to a chat."""

    channel: str
    account: str
    chat: str
    act: Act

    @property
    def place(self) -> str:
        """The chat, among all there are."""
        return f"{self.channel}/{self.account}/{self.chat}"


class Pacing:
    """What was written lately, and how long a platform wants to be left in peace."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        pause_s: float | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Keep to what ``channels`` allow; ``pause_s`` instead: one pace for all."""
        self._channels = channels
        self._pause_s = pause_s
        self._clock = clock or asyncio.get_running_loop().time
        self._gauges: dict[str, _Gauge] = {}
        self._held: dict[str, float] = {}
        self._in_flight: dict[str, Write] = {}

    def interval_s(self, write: Write) -> float:
        """The time between two looks of one growing text."""
        if self._pause_s is not None:
            return self._pause_s
        return self._channels[write.channel].interval_s(write.chat)

    def hold(self, place: str, wait_s: float) -> None:
        """Write nothing into this chat for so long; a shorter wait changes nothing."""
        until = self._clock() + wait_s
        self._held[place] = max(until, self._held.get(place, until))

    def wait_s(self, write: Write, *, behind: int = 0) -> float:
        """How long until it may be done; 0: now.

        ``behind`` others that wait for the same chat; a few of them are no crowd.
        """
        now = self._clock()
        held_s = self._held.get(write.place, now) - now
        in_flight_s = _IN_FLIGHT_S if write.place in self._in_flight else 0.0
        gauges = (
            gauge.wait_s(now, rate.spare if write.act is Act.STREAM else 0)
            for rate, gauge in self._counted(write)
        )
        alone_s = max(0.0, held_s, in_flight_s, *gauges)
        return alone_s + max(0, behind - CROWD) * self.interval_s(write)

    async def turn(self, write: Write) -> float:
        """Wait a moment if need be, and take the turn; else how long it still takes.

        Whoever got its turn (0.0) says when it has ended, see ``ended``.
        """
        ends = self._clock() + PATIENCE_S
        while wait_s := self.wait_s(write):
            if self._clock() + wait_s > ends:
                return wait_s
            await asyncio.sleep(wait_s)
        self._take(write)
        return 0.0

    def ended(self, write: Write) -> None:
        """The platform has answered: the chat's next write may begin.

        Said again of the very same write, it changes nothing: that one may be on its
        way by now.
        """
        if self._in_flight.get(write.place) is not write:
            return
        del self._in_flight[write.place]
        for _, gauge in self._counted(write):
            gauge.ended(self._clock())

    def _take(self, write: Write) -> None:
        now = self._clock()
        self._in_flight[write.place] = write
        for _, gauge in self._counted(write):
            gauge.count(now)
        if len(self._gauges) > GAUGES:
            self._forget(now)

    def _counted(self, write: Write) -> "list[tuple[Rate, _Gauge]]":
        key = f"{write.channel}/{write.account}/"
        return [
            (rate, self._gauges.setdefault(key + rate.scope, _gauge(rate)))
            for rate in self._rates(write)
        ]

    def _rates(self, write: Write) -> Sequence[Rate]:
        if self._pause_s is not None:
            return (Rate(f"chat:{write.chat}", 1, self._pause_s),)
        door = self._channels[write.channel]
        if isinstance(door, Limited):
            return door.rates(write.chat, write.act)
        return (Rate(f"chat:{write.chat}", 1, door.interval_s(write.chat)),)

    def _forget(self, now: float) -> None:
        self._gauges = {
            key: one for key, one in self._gauges.items() if not one.is_idle(now)
        }
        self._held = {key: at for key, at in self._held.items() if at > now}


class _Gauge(Protocol):
    def wait_s(self, now: float, spare: int) -> float: ...

    def count(self, now: float) -> None: ...

    def ended(self, now: float) -> None: ...

    def is_idle(self, now: float) -> bool: ...


class _Window:
    """At most so many in any span."""

    def __init__(self, most: int, per_s: float) -> None:
        self._most, self._per_s = most, per_s
        self._times: deque[float] = deque(maxlen=most)

    def wait_s(self, now: float, spare: int) -> float:
        within = self._most - spare
        if len(self._times) < within:
            return 0.0
        return max(0.0, self._times[-within] + self._per_s - now)

    def count(self, now: float) -> None:
        self._times.append(now)

    def ended(self, now: float) -> None:
        """Nothing: a span is counted with room to spare."""

    def is_idle(self, now: float) -> bool:
        return not self._times or self._times[-1] + self._per_s <= now


class _Bucket:
    """So many at once, and then one each interval."""

    def __init__(self, most: int, per_s: float) -> None:
        self._most, self._each_s = most, per_s / most
        self._full_at = 0.0
        """When it will be full again."""

    def wait_s(self, now: float, spare: int) -> float:
        before_full_s = (self._most - spare - 1) * self._each_s
        return max(0.0, self._full_at - before_full_s - now)

    def count(self, now: float) -> None:
        self._full_at = max(self._full_at, now) + self._each_s

    def ended(self, now: float) -> None:
        # It may have been counted as late as this; until then theirs was full.
        self._full_at = max(self._full_at, now + self._each_s)

    def is_idle(self, now: float) -> bool:
        return self._full_at <= now


def _gauge(rate: Rate) -> _Gauge:
    return (_Bucket if rate.refills else _Window)(rate.most, rate.per_s)
