"""Files and pictures for calls with an open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

import pytest

from agent.errors import NotFound, Unavailable
from agent.plots import DayCost, QualityFigure, TrialFigure
from agent.ports import Tried
from bot.suspense import (
    MOST,
    FilesAtHand,
    PlotsAtHand,
    Suspended,
    Suspense,
    TrialsAtHand,
    settled,
)
from tests.fakes.ports import Files


@dataclass
class Transaction:
    """One call's, as far as it matters here."""

    is_open: bool = False
    begun: int = 0

    def __enter__(self) -> None:
        self.is_open, self.begun = True, self.begun + 1

    def __exit__(self, *_: object) -> None:
        self.is_open = False


@dataclass
class Outside(Files):
    """A store, and a pencil, that nobody may wait for with a transaction open."""

    transaction: Transaction = field(default_factory=Transaction)
    asked: list[str] = field(default_factory=list)

    def _ask(self, what: str) -> None:
        assert not self.transaction.is_open, what
        self.asked.append(what)

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        self._ask(f"put {key}")
        await super().put(key, body, media_type=media_type)

    async def get(self, key: str) -> bytes:
        self._ask(f"get {key}")
        return await super().get(key)

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        self._ask(f"month {title}")
        return f"{title} {limit_usd} {len(days)}".encode()

    async def quality(self, figure: QualityFigure) -> bytes:
        self._ask("quality")
        return figure.title.encode()

    async def trial(self, figure: TrialFigure) -> bytes:
        self._ask("trial")
        return figure.title.encode()


@dataclass
class Provider:
    """Somebody whose keys are tried."""

    asked: list[str] = field(default_factory=list)

    async def trial(self, provider: str, secret: str) -> Tried:
        self.asked.append(provider)
        return "refused"


@pytest.fixture
def outside() -> Outside:
    return Outside()


async def test_what_a_call_reads_is_fetched_between_two_tries_of_it(
    outside: Outside,
) -> None:
    outside.kept.update({"a": b"first", "b": b"second"})

    async def begin(suspense: Suspense) -> bytes:
        files = FilesAtHand(outside, suspense)
        with outside.transaction:
            return await files.get("a") + await files.get("b")

    assert await settled(begin) == b"firstsecond"
    assert outside.asked == ["get a", "get b"]
    assert outside.transaction.begun == 3


async def test_what_a_call_keeps_is_there_before_it_ends_and_read_for_nothing(
    outside: Outside,
) -> None:
    async def begin(suspense: Suspense) -> bytes:
        files = FilesAtHand(outside, suspense)
        with outside.transaction:
            await files.put("a", b"new", media_type="text/plain")
            assert outside.kept["a"] == b"new"
            return await files.get("a")

    assert await settled(begin) == b"new"
    assert outside.asked == ["put a"]


async def test_a_file_that_was_missing_is_read_once_it_is_kept(
    outside: Outside,
) -> None:
    async def begin(suspense: Suspense) -> bytes:
        files = FilesAtHand(outside, suspense)
        with outside.transaction:
            try:
                return await files.get("a")
            except NotFound:
                await files.put("a", b"made", media_type="text/plain")
                return await files.get("a")

    assert await settled(begin) == b"made"


async def test_a_refusal_reaches_the_call_where_it_asked(outside: Outside) -> None:
    async def begin(suspense: Suspense) -> str:
        with outside.transaction, pytest.raises(NotFound):
            await FilesAtHand(outside, suspense).get("nothing")
        return "went on"

    # ``raises`` lets the suspension through, and takes the refusal.
    assert await settled(begin) == "went on"


async def test_a_picture_is_drawn_once_however_often_its_call_begins(
    outside: Outside,
) -> None:
    async def begin(suspense: Suspense) -> bytes:
        plots = PlotsAtHand(outside, suspense)
        with outside.transaction:
            drawn = await plots.month([], Decimal(1), "May")
            drawn += await plots.quality(QualityFigure("good", []))
            await FilesAtHand(outside, suspense).put("a", drawn, media_type="image/png")
            return drawn

    assert await settled(begin) == b"May 1 0good"
    assert outside.asked == ["month May", "quality", "put a"]


async def test_a_key_is_tried_once_and_never_shown() -> None:
    suspense, provider = Suspense(), Provider()
    trials = TrialsAtHand(provider, suspense)
    with pytest.raises(Suspended):
        await trials.trial("anthropic", "sk-1")
    assert (provider.asked, "sk-1" in repr(suspense)) == ([], False)
    await suspense.settle()
    assert await trials.trial("anthropic", "sk-1") == "refused"
    assert await trials.trial("anthropic", "sk-1") == "refused"
    assert (provider.asked, "sk-1" in repr(suspense)) == (["anthropic"], False)


async def test_a_call_that_asks_something_new_each_time_ends(outside: Outside) -> None:
    numbers = count()

    async def begin(suspense: Suspense) -> None:
        with outside.transaction:
            key, files = f"{next(numbers)}", FilesAtHand(outside, suspense)
            await files.put(key, b"", media_type="text/plain")

    with pytest.raises(Unavailable):
        await settled(begin)
    assert outside.transaction.begun == MOST
