"""In a thread on Slack an answer streams, and is one message whatever comes between."""

from typing import Any

from tests.scenarios.house import House, Opens
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.people import Seen, until
from tests.standins.anthropic import Reply
from tests.standins.slack import Slack
from tests.standins.slack.state import Message

ASK = "@draper write homepage copy for Acme, a payroll tool for clinics"
WORDS = " ".join(f"slow{n}" for n in range(60))
SLOWLY = Reply(WORDS, pace_s=0.02)
FOR_LONG = Reply(" ".join(f"slow{n}" for n in range(600)), pace_s=0.02)


async def in_a_channel(house: House) -> OnSlack:
    ana = await house.member("slack", house.group("slack"))
    assert isinstance(ana, OnSlack)
    return ana


def message(slack: Slack, seen: Seen) -> Message:
    return slack.world.find(seen.ref)


def made(slack: Slack, ana: OnSlack, method: str) -> list[dict[str, Any]]:
    """The calls of a method that were about Ana's channel."""
    return [
        args
        for name, args in slack.world.calls
        if name == method and args.get("channel") == ana.channel
    ]


async def test_an_answer_in_a_thread_streams_and_ends_with_its_ratings(
    house: House,
) -> None:
    ana = await in_a_channel(house)
    house.claude.script(SLOWLY)
    root = await ana.writes(ASK)
    begun = await ana.sees("Working on it", buttons=("Stop",))
    growing = await ana.sees("slow0")
    assert message(house.slack, growing).stream_since is not None
    sessions, here = house.slack.world.sessions, (ana.channel, root)
    await until(lambda: sessions.get(here) == "processing", "not at work")

    done = await ana.sees("slow59", buttons=("1", "5"))
    await house.rests()

    assert begun.ref == growing.ref == done.ref
    assert len(ana.chat()) == 1
    assert len(made(house.slack, ana, "chat.appendStream")) > 1
    await until(lambda: sessions.get(here) == "active", "still at work")
    await ana.presses("5", done)
    await ana.sees_change(done, "5 of 5")


async def test_a_new_process_ends_the_stream_of_one_that_is_no_more(
    opens: Opens,
) -> None:
    async with opens() as house:
        ana = await in_a_channel(house)
        house.claude.script(SLOWLY)
        await ana.writes(ASK)
        left = await ana.sees("slow0")
    assert message(ana.world, left).stream_since is not None

    async with opens() as house:
        done = await ana.sees("slow59", buttons=("5",))
        await house.rests()
        assert (done.ref, len(ana.chat())) == (left.ref, 1)
        assert message(ana.world, done).stream_since is None
        await ana.presses("5", done)
        await ana.sees_change(done, "5 of 5")


async def test_a_stream_that_slack_closes_in_mid_sentence_loses_nothing(
    house: House,
) -> None:
    ana = await in_a_channel(house)
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0")

    message(house.slack, growing).stream_since = 0.0  # more than five minutes ago
    await ana.sees("slow30")
    done = await ana.sees("slow59", buttons=("5",))
    await house.rests()

    assert done.has(WORDS)
    assert (done.ref, len(ana.chat())) == (growing.ref, 1)
    assert made(house.slack, ana, "chat.update")


async def test_slacks_own_stop_stops_the_run(house: House) -> None:
    ana = await in_a_channel(house)
    house.claude.script(FOR_LONG)
    root = await ana.writes(ASK)
    growing = await ana.sees("slow0")

    await house.slack.stop(ana.channel, root, user=ana.user)

    stopped = await ana.sees_change(growing, "Stopped")
    assert "Stop" not in stopped.buttons
    await house.rests()
    assert len(ana.chat()) == 1
    assert (await house.run()).status == "cancelled"
    sessions = house.slack.world.sessions
    here = ana.channel, root
    await until(lambda: sessions.get(here) == "active", "still at work")
    # Pressed once more, there is nothing left to stop, and nothing to say.
    await house.slack.stop(ana.channel, root, user=ana.user)
    await house.rests()
    assert len(ana.chat()) == 1


async def test_who_may_not_stop_it_is_told_and_it_goes_on(house: House) -> None:
    group = house.group("slack")
    account = await house.enrol()
    ana = house.stranger("slack", group)
    eve = house.stranger("slack", group)
    assert isinstance(ana, OnSlack)
    assert isinstance(eve, OnSlack)
    await house.introduce(ana, account)
    await house.introduce(
        eve, await house.enrol(workspace=account.workspace_id, role="viewer")
    )
    house.claude.script(SLOWLY)
    root = await ana.writes(ASK)
    growing = await ana.sees("slow0")

    await house.slack.stop(group, root, user=eve.user)

    done = await ana.sees("slow59", buttons=("5",))
    await house.rests()
    assert done.ref == growing.ref
    assert (await house.run()).status == "completed"
    assert len(ana.chat()) == 2  # the answer, and what Eve was told
