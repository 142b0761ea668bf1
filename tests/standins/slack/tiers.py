"""How often each method may be called: per method and workspace, as Slack counts."""

from collections import defaultdict, deque

WINDOW_S = 60.0
TIERS = {2: 20, 3: 50, 4: 100}
"""Calls a minute. Slack tolerates short bursts above that; nothing may rely on it."""
TIER_OF = {
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "chat.update": 3,
    "chat.delete": 3,
    "agents.sessions.setStatus": 3,
    "assistant.threads.setStatus": 3,
    "chat.appendStream": 4,
    "chat.postEphemeral": 4,
    "views.open": 4,
    "views.publish": 4,
    "assistant.threads.setSuggestedPrompts": 4,
    "agents.sessions.rename": 3,
}


class Tiers:
    """The calls of the last minute; off until a test asks for it."""

    def __init__(self) -> None:
        self.on = False
        self._made: defaultdict[str, deque[float]] = defaultdict(deque)

    def count(self, method: str, now: float) -> int:
        """Count one call; the seconds to wait where it is one too many, or 0."""
        tier = TIER_OF.get(method)
        if not self.on or tier is None:
            return 0
        made = self._made[method]
        while made and made[0] <= now - WINDOW_S:
            made.popleft()
        if len(made) >= TIERS[tier]:
            return int(made[0] + WINDOW_S - now) + 1
        made.append(now)
        return 0
