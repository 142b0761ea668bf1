"""News that a Slack team put us out: what is heeded, before it is acknowledged."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.slack_endings import Endings, heeding
from channels.contract import NotKept, Received
from channels.slack.parse import parse

AT = 1_795_000_000


class Heard(Endings):
    """Notes what it is told to end."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.told: list[tuple[str, str, datetime | None]] = []
        self.failure = failure

    async def end(
        self, account: str, code: str, at: datetime | None = None, *, status: str = ""
    ) -> bool:
        del status
        if self.failure:
            raise self.failure
        self.told.append((account, code, at))
        return True


def news(kind: str, **more: Any) -> Received:
    event = {"type": kind, **more.pop("event", {})}
    payload = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1"}
    body = json.dumps({**payload, "event_time": AT, **more, "event": event})
    return parse(body.encode())


async def heed(received: Received, heard: Heard) -> tuple[list[str], list[Received]]:
    kept: list[Received] = []
    forgotten: list[str] = []

    async def keep(some: Sequence[Received]) -> None:
        kept.extend(some)

    await heeding(keep, heard, forgotten.append)([received])
    return forgotten, kept


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("app_uninstalled", {}),
        ("tokens_revoked", {"tokens": {"oauth": [], "bot": ["UB"]}}),
    ],
)
async def test_such_news_ends_the_installation_and_is_kept(
    kind: str, event: dict[str, Any]
) -> None:
    heard = Heard()
    forgotten, kept = await heed(news(kind, event=event), heard)

    assert heard.told == [("T1", kind, datetime.fromtimestamp(AT, UTC))]
    assert forgotten == ["T1"]
    assert len(kept) == 1


@pytest.mark.parametrize(
    "other",
    [
        news("tokens_revoked", event={"tokens": {"oauth": ["U1"], "bot": []}}),
        news("tokens_revoked", event={"tokens": "all"}),
        news("app_mention", event={"user": "U1", "channel": "C1", "ts": "1.1"}),
        news("team_rename"),
        parse(b'{"type": "app_uninstalled"}'),
        parse(b"\xff"),
    ],
)
async def test_other_news_only_is_kept(other: Received) -> None:
    heard = Heard()
    forgotten, kept = await heed(other, heard)

    assert (heard.told, forgotten, kept) == ([], [], [other])


async def test_a_moment_that_is_none_is_left_out() -> None:
    heard = Heard()
    await heed(news("app_uninstalled", event_time="yesterday"), heard)
    await heed(news("app_uninstalled", event_time=10**15), heard)
    assert [at for _, _, at in heard.told] == [None, None]


async def test_what_could_not_be_ended_is_not_acknowledged() -> None:
    with pytest.raises(NotKept):
        await heed(news("app_uninstalled"), Heard(OSError("away")))
