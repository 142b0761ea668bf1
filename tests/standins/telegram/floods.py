"""How much may be written: 429 beyond it, and a wait in which nothing is taken.

Source: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.standins.telegram.api_error import ApiError


@dataclass
class Flood:
    """The limits, off until ``on``; waits hold in any case. Edits and drafts count."""

    on: bool = False
    chat_per_s: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    overall_per_s: int = 30
    waits: dict[int, float] = field(default_factory=dict)
    """chat -> until when nothing may be written there (monotonic)."""
    early: int = 0
    """Writes tried while a wait was on."""
    refused: int = 0
    """Writes tried beyond a limit."""
    taken: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """chat -> when its writes were taken; 0: those of all."""
    _full_at: dict[int, float] = field(default_factory=dict)

    def check(self, chat: int) -> None:
        """Count one write.

        Raises:
            ApiError: It is one too many, or comes during a wait.
        """
        now = time.monotonic()
        left_s = self.waits.get(chat, 0) - now
        if left_s > 0:
            self.early += 1
            raise _slow_down(left_s)
        if self.on and (left_s := self._left_s(chat, now)) > 0:
            self.refused += 1
            # Whoever was refused is not listened to before the time is over.
            self.waits[chat] = now + _whole(left_s)
            raise _slow_down(left_s)
        self._count(chat, now)

    def most_within(self, chat: int, span_s: float) -> int:
        """The most writes that were taken in any such span; chat 0: of all."""
        recent: deque[float] = deque()
        most = 0
        for at in self.taken[chat]:
            recent.append(at)
            while recent[0] <= at - span_s:
                recent.popleft()
            most = max(most, len(recent))
        return most

    def _left_s(self, chat: int, now: float) -> float:
        room_s = (self.chat_burst - 1) / self.chat_per_s
        waits = [self._full_at.get(chat, 0.0) - room_s - now]
        waits.append(self._window_s(0, now, self.overall_per_s, 1.0))
        if chat < 0:
            waits.append(self._window_s(chat, now, self.group_per_minute, 60.0))
        return max(waits)

    def _window_s(self, chat: int, now: float, most: int, span_s: float) -> float:
        taken = self.taken[chat]
        return taken[-most] + span_s - now if len(taken) >= most else 0.0

    def _count(self, chat: int, now: float) -> None:
        self.taken[chat].append(now)
        self.taken[0].append(now)
        fuller = max(self._full_at.get(chat, 0.0), now) + 1 / self.chat_per_s
        self._full_at[chat] = fuller


def _whole(left_s: float) -> int:
    return max(1, -int(-left_s // 1))


def _slow_down(left_s: float) -> ApiError:
    wait = _whole(left_s)
    return ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
