import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from channels.contract import Kind, Received
from channels.slack import http
from channels.slack.http import MAX_BODY_BYTES, Webhook
from tests.channels.slack.conftest import Inbox, serving
from tests.channels.slack.test_verify import NOW, SECRET, headers
from tests.standins.slack import Slack
from tests.standins.slack.delivery import ACK_S

CHALLENGE = b'{"type": "url_verification", "challenge": "3eZbrw", "token": "x"}'


@pytest.fixture
def webhook(inbox: Inbox) -> Webhook:
    return Webhook(inbox.keep, signing_secret=SECRET)


@pytest.fixture
async def patient() -> AsyncIterator[Slack]:
    """Slack that waits for an answer as long as it really does."""
    async with Slack(hurry=1) as standin:
        standin.echoes = False
        yield standin


async def test_the_address_is_proved_with_the_challenge(
    webhook: Webhook, inbox: Inbox
) -> None:
    answer = await webhook.receive(CHALLENGE, headers(CHALLENGE), now=NOW)

    assert (answer.status, answer.body) == (200, "3eZbrw")
    assert inbox.offered == []


async def test_even_a_challenge_must_be_signed(webhook: Webhook) -> None:
    answer = await webhook.receive(CHALLENGE, {}, now=NOW)

    assert answer.status == 401
    assert "3eZbrw" not in answer.body


async def test_a_replay_after_five_minutes_is_refused_and_not_kept(
    webhook: Webhook, inbox: Inbox
) -> None:
    later = NOW + timedelta(seconds=301)

    answer = await webhook.receive(b"{}", headers(b"{}"), now=later)

    assert (answer.status, inbox.offered) == (401, [])


async def test_a_body_over_the_cap_is_refused_unread(
    webhook: Webhook, inbox: Inbox
) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)

    answer = await webhook.receive(body, headers(body), now=NOW)

    assert (answer.status, inbox.offered) == (413, [])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"type": "brand_new"}'])
async def test_what_cannot_be_read_is_kept_and_acknowledged(
    webhook: Webhook, inbox: Inbox, body: bytes
) -> None:
    stamp = str(int(NOW.timestamp()))
    given = {
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature(stamp, body),
    }

    answer = await webhook.receive(body, given, now=NOW)

    assert (answer.status, [row.body for row in inbox.rows]) == (200, [body])


def signature(stamp: str, body: bytes) -> str:
    """By hand, since the SDK signs no body that is not UTF-8."""
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(SECRET.encode(), base, "sha256").hexdigest()


async def test_what_is_not_kept_is_asked_for_again(
    webhook: Webhook, inbox: Inbox
) -> None:
    inbox.failures = 1

    first = await webhook.receive(b"{}", headers(b"{}"), now=NOW)
    again = headers(b"{}") | {"X-Slack-Retry-Num": "1"}
    second = await webhook.receive(b"{}", again, now=NOW)

    assert (first.status, second.status, len(inbox.rows)) == (503, 200, 1)


async def test_a_keep_that_takes_too_long_is_given_up_in_time() -> None:
    async def hang(_: Sequence[Received]) -> None:
        await asyncio.Event().wait()

    webhook = Webhook(hang, signing_secret=SECRET, keep_within_s=0.01)

    assert (await webhook.receive(b"{}", headers(b"{}"), now=NOW)).status == 503
    assert http.KEEP_WITHIN_S < ACK_S


@pytest.mark.parametrize("secret", ["", "  "])
def test_an_empty_secret_is_refused_at_once(secret: str) -> None:
    async def keep(_: Sequence[Received]) -> None: ...

    with pytest.raises(ValueError, match="SLACK_SIGNING_SECRET"):
        Webhook(keep, signing_secret=secret)


async def posted(
    slack: Slack, inbox: Inbox, acts: Callable[[], Awaitable[object]]
) -> None:
    webhook = Webhook(inbox.keep, signing_secret=slack.secret)
    async with serving(webhook) as url:
        slack.post_events_to(url)
        await acts()
        await slack.settle()


async def test_one_mention_arrives_twice_and_is_kept_once(
    slack: Slack, inbox: Inbox
) -> None:
    await posted(slack, inbox, lambda: slack.say("@draper hi", channel=slack.channel))

    assert [d.answers for d in slack.deliveries] == [["200"], ["200"]]
    assert len({row.event_id for row in inbox.offered}) == 2
    assert [inbound.text for inbound in inbox.seen] == ["hi"]


async def test_a_retry_whose_first_try_failed_is_kept(
    slack: Slack, inbox: Inbox
) -> None:
    inbox.failures = 2

    await posted(slack, inbox, lambda: slack.say("hi"))

    [delivery] = slack.deliveries
    assert delivery.answers == ["503", "503", "200"]
    assert [inbound.text for inbound in inbox.seen] == ["hi"]


async def test_a_retry_whose_first_try_was_kept_changes_nothing(
    slack: Slack, inbox: Inbox
) -> None:
    async def keep_but_stumble(events: Sequence[Received]) -> None:
        await inbox.keep(events)
        if len(inbox.offered) == 1:
            await asyncio.sleep(1)

    webhook = Webhook(keep_but_stumble, signing_secret=slack.secret)
    async with serving(webhook) as url:
        slack.post_events_to(url)
        await slack.say("hi")
        await slack.settle()

    [delivery] = slack.deliveries
    assert delivery.answers == ["timeout", "200"]
    assert (len(inbox.offered), len(inbox.rows)) == (2, 1)


async def test_commands_and_presses_are_acknowledged_with_nothing(
    slack: Slack, inbox: Inbox
) -> None:
    body = b"command=%2Fdraper&text=skills&team_id=T1&user_id=U1&channel_id=C1"
    webhook = Webhook(inbox.keep, signing_secret=SECRET)

    answer = await webhook.receive(body, headers(body), now=NOW)

    assert (answer.status, answer.body) == (200, "")
    assert [inbound.kind for inbound in inbox.seen] == [Kind.COMMAND]


async def test_three_hundred_posts_from_two_channels_are_all_kept(
    patient: Slack, inbox: Inbox
) -> None:
    async def talk() -> None:
        for number in range(150):
            await patient.say(f"@draper {number}", channel=patient.channel)
            await patient.say(f"private {number}")

    await posted(patient, inbox, talk)

    assert len(inbox.seen) == 300
    assert len({inbound.text for inbound in inbox.seen}) == 300


async def test_a_clock_that_is_off_by_minutes_is_refused_every_time(
    slack: Slack, inbox: Inbox
) -> None:
    slack.world.shift_s = -400

    await posted(slack, inbox, lambda: slack.say("hi"))

    assert slack.deliveries[0].answers == ["401"] * 4
    assert inbox.offered == []
