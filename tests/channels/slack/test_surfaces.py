"""What stands beside messages: within Slack's limits, and no failure but its own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from channels.abilities import Home, Prompt, Row
from channels.contract import Button, NotSent, OutFile, Outgoing, Refused
from channels.slack import home, prompts
from channels.slack.clients import OneClient
from channels.slack.door import SlackDoor
from tests.standins.slack import Slack
from tests.standins.slack import blocks as kit
from tests.standins.slack.state import Room
from tests.standins.slack.surface_api import _home_faults

TEAM = "T0ACME"
BUTTONS = st.lists(
    st.builds(
        Button, st.text(min_size=1, max_size=90).filter(str.strip), st.just("d:1")
    ),
    max_size=6,
).map(tuple)
WORDS = st.text(max_size=4_000).map(lambda text: text if text.strip() else "")
ROWS = st.builds(Row, WORDS, WORDS, WORDS, BUTTONS)


def page(*rows: Row) -> Home:
    return Home(rows, "D0ANNA")


@given(st.lists(ROWS, max_size=40))
def test_every_page_is_one_that_slack_shows(rows: list[Row]) -> None:
    view = home.view(page(*rows))
    assert _home_faults(view) == []
    assert not kit.pings("", view["blocks"], links_names=False)


def test_what_is_too_much_for_a_page_is_left_out_and_that_is_said() -> None:
    rows = (Row("a", "b", "c", (Button("d", "e"),)),) * 30
    view = home.view(page(*rows))
    assert len(view["blocks"]) == 100
    assert "more than fits here" in str(view["blocks"][-1])


def test_nothing_on_a_page_pings_anybody() -> None:
    view = home.view(page(Row("", "<!channel> **@here** <@U0BELA>")))
    assert not kit.pings("", view["blocks"], links_names=True)


async def test_a_page_is_shown_anew_and_slack_refuses_a_stale_one(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    await door.show_home(TEAM, slack.anna, page(Row(text="one")))
    first = slack.world.homes[slack.anna]
    await door.show_home(TEAM, slack.anna, page(Row(text="two")))
    assert slack.home() == "two"
    told = client.views_publish(
        user_id=slack.anna, view=home.view(page(Row(text="x"))), hash=first["hash"]
    )
    with pytest.raises(Exception, match="hash_conflict"):
        await told


async def test_a_page_for_nobody_is_a_refusal(
    client: AsyncWebClient, slack: Slack
) -> None:
    del slack
    with pytest.raises(Refused):
        await SlackDoor(OneClient(client)).show_home(TEAM, "U0GONE", page())


async def test_four_prompts_are_offered_and_no_thread_is_named(
    client: AsyncWebClient, slack: Slack
) -> None:
    door, room = SlackDoor(OneClient(client)), slack.dm()
    many = [Prompt(f"Title {n} " + "x" * 90, "y" * 3_000) for n in range(6)]
    assert await door.suggest(TEAM, room, "", many)
    shown = slack.world.prompts[room]
    assert len(shown) == prompts.MOST
    assert all(len(one["title"]) <= prompts.LABEL for one in shown)
    slack.world.prompts.clear()
    await door.suggest(TEAM, room, "1700000000.000100", many)
    assert not slack.world.prompts, "with a thread the agent view shows none"


async def test_what_slack_will_not_do_beside_messages_harms_nothing(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    for method in (
        "assistant.threads.setSuggestedPrompts",
        "agents.sessions.setStatus",
        "conversations.open",
    ):
        slack.fail(method=method, drop=True)
    assert not await door.suggest(TEAM, slack.dm(), "", [Prompt("a", "b")])
    assert not await door.entitle(TEAM, slack.dm(), "1700000000.000100", "A title")
    assert await door.direct(TEAM, slack.anna) == ""
    assert await door.direct(TEAM, slack.anna) == slack.dm()


def only(slack: Slack, **more: str) -> Outgoing:
    extra = {"only": slack.anna, **more}
    return Outgoing(TEAM, slack.channel, "For you", extra=extra)


async def test_a_whisper_is_seen_by_one_and_edited_by_nobody(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    ts = await door.send(only(slack))
    assert ts.startswith("whisper:")
    assert len(slack.messages(slack.channel, user=slack.anna)) == 1
    assert not slack.messages(slack.channel, user=slack.bela)


async def test_a_file_for_one_is_handed_to_them_and_never_to_the_channel(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    file = OutFile("keys.md", "text/markdown", b"# Yours")
    sent = await door.send(replace(only(slack), file=file))
    assert sent.startswith("whisper:")
    assert not slack.messages(slack.channel)
    [direct] = slack.messages(slack.dm())
    assert direct.files == ["keys.md"]
    slack.fail(method="conversations.open", error="user_disabled")
    with pytest.raises(NotSent):
        await door.send(replace(only(slack), file=file))
    assert not slack.messages(slack.channel)


async def test_what_grows_for_one_streams_to_nobody_else(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    root = await slack.say("@draper hi", channel=slack.channel)
    extra = {"only": slack.anna, "asker": slack.anna}
    growing = Outgoing(
        TEAM, slack.channel, "Thin", thread=root, partial=True, extra=extra
    )
    assert (await door.send(growing)).startswith("whisper:")
    seen = slack.messages(slack.channel, root, user=slack.bela)
    assert [message.ts for message in seen] == [root]


async def test_who_left_the_channel_is_answered_by_the_hook_and_then_directly(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    slack.world.absent.add((slack.channel, slack.anna))
    url = await slack.command("/draper", "usage", channel=slack.channel)
    for _ in range(5):
        await door.send(only(slack, response_url=url))
    assert not slack.messages(slack.dm())
    await door.send(only(slack, response_url=url))
    [direct] = slack.messages(slack.dm())
    assert direct.text == "For you"


async def test_a_channel_that_is_archived_is_answered_directly_or_ends_with_a_reason(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    room = slack.world.add_room(Room("C0OLD", "channel", "old", archived=True))
    said = Outgoing(TEAM, room.id, "For you", extra={"only": slack.anna})
    await door.send(said)
    assert len(slack.messages(slack.dm())) == 1
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.fail(method=method, error="is_archived")
    with pytest.raises(Refused, match="archived"):
        await door.send(said)
