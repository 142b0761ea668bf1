"""Files that people share on Slack, and what stands in for one."""

from collections.abc import Callable

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.abilities import Fetches, NotFetched
from channels.contract import Attachment
from channels.slack import files
from channels.slack.clients import OneClient
from channels.slack.door import SlackDoor
from tests.standins.slack import Slack
from tests.standins.slack.state import Fault, File

MOST = 1_000


def shared(slack: Slack, body: bytes = b"Our tea is green.") -> Attachment:
    file = File("F1", "tea.txt", len(body), slack.anna, body)
    slack.world.files["F1"] = file
    return Attachment("F1")


def unscoped(slack: Slack) -> None:
    slack.world.scopes.remove("files:read")


def deleted(slack: Slack) -> None:
    slack.world.files.clear()


async def test_a_shared_file_is_fetched_whole(slack: Slack, door: SlackDoor) -> None:
    assert isinstance(door, Fetches)
    assert await door.fetch("T", shared(slack), at_most=MOST) == b"Our tea is green."


@pytest.mark.parametrize(
    ("goes_wrong", "why"),
    [(unscoped, "may not read files"), (deleted, "no longer has it")],
)
async def test_a_file_out_of_reach_is_no_file(
    slack: Slack, door: SlackDoor, goes_wrong: Callable[[Slack], None], why: str
) -> None:
    file = shared(slack)
    goes_wrong(slack)
    with pytest.raises(NotFetched, match=why) as caught:
        await door.fetch("T", file, at_most=MOST)
    assert not caught.value.may_work


async def test_a_larger_file_is_not_fetched_whatever_its_size_is_said_to_be(
    slack: Slack, door: SlackDoor
) -> None:
    file = shared(slack, b"x" * 5_000)
    with pytest.raises(NotFetched, match="larger than"):
        await door.fetch("T", file, at_most=MOST)
    slack.world.files["F1"].length = 5
    with pytest.raises(NotFetched, match="larger than"):
        await door.fetch("T", file, at_most=MOST)


async def test_slacks_page_for_signing_in_is_no_file(
    slack: Slack, client: AsyncWebClient
) -> None:
    shared(slack)
    page = f"{slack.origin}/signin"
    with pytest.raises(NotFetched, match="does not let me open it"):
        await files._stream(client, page, MOST)
    client.token = "xoxb-of-somebody-else"
    with pytest.raises(NotFetched, match="does not let me open it"):
        await files._stream(client, f"{slack.origin}/files/F1", MOST)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/files-pri/F1",
        "https://slack.com.evil.test/F1",
        "https://evilslack.com/F1",
        "http://files.slack.com/F1",
        "https://files.slack.com@evil.test/F1",
        "file:///etc/passwd",
    ],
)
def test_our_token_is_shown_to_slack_alone(url: str) -> None:
    with pytest.raises(NotFetched, match="another service"):
        files._ensure_slacks(url, "https://slack.com/api/")
    files._ensure_slacks(
        "https://files.slack.com/files-pri/F1", "http://127.0.0.1/api/"
    )


async def test_trouble_may_pass(slack: Slack, door: SlackDoor) -> None:
    file = shared(slack)
    slack.world.faults.append(Fault("download", times=9, drop=True))
    with pytest.raises(NotFetched) as caught:
        await door.fetch("T", file, at_most=MOST)
    assert caught.value.may_work
    assert slack.bot_token not in str(caught.value)


@pytest.fixture
def door(client: AsyncWebClient) -> SlackDoor:
    return SlackDoor(OneClient(client))
