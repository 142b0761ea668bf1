"""What a call needs from outside while its transaction is open: had while none is.

A call that lacks something from outside is given up: its transaction is rolled back.
What it lacked is fetched, kept, drawn or tried, and the call is made again with that.
So a call may begin several times; what it writes stands once, and no connection and no
lock is held while others are waited for.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, cast

from agent.errors import AgentError, Unavailable
from agent.plots import DayCost, Plots, QualityFigure, TrialFigure
from agent.ports import Objects, Trials, Tried

T = TypeVar("T")

MOST = 24
"""Times that one call may begin; none needs more than a few."""

Asked = tuple[object, ...]
"""What is wanted, and of what: alike where the same is wanted once more."""


class Suspended(Exception):
    """The call lacks something from outside, and is to be made again with it."""


@dataclass(slots=True)
class Suspense:
    """What one call has had from outside so far, and what it lacks."""

    # Not to be shown: there may be keys among what was asked.
    _had: list[tuple[Asked, Any]] = field(default_factory=list, repr=False)
    _lacks: tuple[Asked, Callable[[], Awaitable[Any]]] | None = field(
        default=None, repr=False
    )

    def have(self, asked: Asked, fetch: Callable[[], Awaitable[T]]) -> T:
        """What ``fetch`` came to, which ``settle`` awaits the first time.

        Raises:
            Suspended: It is not at hand yet.
            AgentError: It was refused.
        """
        for known, outcome in self._had:
            if known == asked:
                if isinstance(outcome, AgentError):
                    raise outcome
                return cast("T", outcome)
        self._lacks = asked, fetch
        raise Suspended

    def keep(self, asked: Asked, outcome: object) -> None:
        """Have this at hand from now on."""
        others = [one for one in self._had if one[0] != asked]
        self._had = [*others, (asked, outcome)]

    async def settle(self) -> None:
        """Get what is lacking; no transaction may be open."""
        if self._lacks is None:
            return
        asked, fetch = self._lacks
        self._lacks = None
        try:
            self.keep(asked, await fetch())
        except AgentError as refused:
            self.keep(asked, refused)


async def settled(begin: Callable[[Suspense], Awaitable[T]]) -> T:
    """What ``begin`` comes to when nothing is lacking; before, it rolls back.

    Raises:
        Unavailable: It wants something else each time.
    """
    suspense = Suspense()
    for _ in range(MOST):
        try:
            return await begin(suspense)
        except Suspended:
            await suspense.settle()
    raise Unavailable("That changed while I looked.", hint="Try again.")


@dataclass(frozen=True, slots=True)
class FilesAtHand:
    """The object store, for one call."""

    store: Objects
    suspense: Suspense

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body`` under ``key``: there before the row that names it."""

        async def kept() -> None:
            await self.store.put(key, body, media_type=media_type)
            self.suspense.keep(("get", key), body)

        self.suspense.have(("put", key, body), kept)

    async def get(self, key: str) -> bytes:
        """Return the file."""
        return self.suspense.have(("get", key), lambda: self.store.get(key))

    async def delete(self, key: str) -> None:
        """Forget the file."""
        self.suspense.have(("delete", key), lambda: self.store.delete(key))

    async def ping(self) -> None:
        """Raise Unavailable unless the store can be written and read."""
        self.suspense.have(("ping",), self.store.ping)


@dataclass(frozen=True, slots=True)
class PlotsAtHand:
    """Drawing, for one call."""

    plots: Plots
    suspense: Suspense

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        """A month's spending."""
        return self.suspense.have(
            ("month", tuple(days), limit_usd, title),
            lambda: self.plots.month(days, limit_usd, title),
        )

    async def quality(self, figure: QualityFigure) -> bytes:
        """Means with their intervals."""
        return self.suspense.have(
            ("quality", figure), lambda: self.plots.quality(figure)
        )

    async def trial(self, figure: TrialFigure) -> bytes:
        """Both sides' means so far."""
        return self.suspense.have(("trial", figure), lambda: self.plots.trial(figure))


@dataclass(frozen=True, slots=True)
class TrialsAtHand:
    """Trying keys, for one call."""

    trials: Trials
    suspense: Suspense

    async def trial(self, provider: str, secret: str) -> Tried:
        """What the provider says of the key."""
        return self.suspense.have(
            ("key", provider, secret), lambda: self.trials.trial(provider, secret)
        )
