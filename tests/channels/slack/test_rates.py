"""What Slack takes in a minute is kept to, and shared alike."""

from channels.contract import Outgoing
from channels.rates import Act
from channels.slack.edits import QUIET_S, Edits
from channels.slack.rates import APPENDS, INTERVAL_S, append_interval_s, rates


def grown(account: str, chat: str, *, partial: bool = True) -> Outgoing:
    return Outgoing(account, chat, "x", partial=partial)


def test_no_minute_sees_more_edits_than_tier_three_takes() -> None:
    [updates] = [r for r in rates("C1", Act.STREAM) if r.scope == "chat.update"]

    assert updates.refills
    assert updates.most + 60 * updates.most / updates.per_s <= 50
    assert 0 < updates.spare < updates.most


def test_no_minute_sees_more_additions_than_tier_four_takes() -> None:
    [appends] = APPENDS

    assert (appends.most, appends.per_s >= 60) == (98, True)
    for streams in (1, 2, 5):
        assert streams * 60 / append_interval_s(streams) <= 98


def test_texts_that_grow_by_edits_share_them_alike() -> None:
    tick = [0.0]
    edits = Edits(now=lambda: tick[0])
    assert edits.interval_s("D1") == INTERVAL_S
    for chat in ("D1", "D2", "D3"):
        edits.made(grown("T1", chat))
    edits.made(grown("T2", "D9"))

    assert edits.interval_s("D1") == edits.interval_s("D3")
    assert 3 * 60 / edits.interval_s("D1") <= 38
    assert edits.interval_s("D9") == INTERVAL_S
    edits.made(grown("T1", "D3", partial=False))
    assert 2 * 60 / edits.interval_s("D1") <= 38
    tick[0] += QUIET_S
    edits.made(grown("T1", "D1"))
    assert edits.interval_s("D1") == INTERVAL_S
