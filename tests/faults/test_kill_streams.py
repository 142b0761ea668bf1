"""kill -9 while an answer streams on Slack: the next life ends it as one message."""

import asyncio

import pytest

from tests.faults.conftest import Opens
from tests.faults.world import ASK, PIECE, Shown
from tests.scenarios.on_slack import OnSlack
from tests.standins.anthropic import Reply


@pytest.mark.long
@pytest.mark.parametrize("after_s", [0.0, 0.4])
async def test_killed_in_mid_stream_the_piece_is_whole_and_stands_once(
    opens: Opens, after_s: float
) -> None:
    site = await opens("slack socket")
    ana, slack = site.ana, site.outside.slack
    assert isinstance(ana, OnSlack)
    ana.channel = slack.channel
    slowly = Reply(PIECE, piece_words=10, pace_s=0.03)
    site.outside.claude.script(*[slowly] * 3)
    await site.starts()
    await ana.writes(f"@draper {ASK}")
    left = await ana.sees("word0")
    await asyncio.sleep(after_s)
    assert slack.world.find(left.ref).stream_since is not None

    assert site.app.process is not None
    site.app.process.kill()
    await site.app.dies()
    await site.starts()
    await site.quiet()

    shown = Shown.at(ana)
    assert (shown.lost, shown.twice, shown.placeholders) == (0, 0, 0)
    assert slack.world.find(left.ref).stream_since is None
    assert ana.now(left).has("word0")
    rated = [seen for seen in ana.chat() if "5" in seen.buttons]
    assert len(rated) == 1
    assert slack.world.pings == []
