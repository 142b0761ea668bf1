"""An answer grows by a stream, and is one message at the end, whatever happens."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import Button, Inbound, Kind, MessageGone, NotSent, Outgoing
from channels.rates import Act
from channels.slack.clients import OneClient
from channels.slack.door import SlackDoor
from channels.slack.streams import LIFE_S, Streams
from tests.standins.slack import Slack

WORKING = "Working on it: homepage copy. Usually about 40 s."
STOP = (Button("Stop", "d1:0"),)
RATING = tuple(Button(str(n), f"d1:{n}") for n in range(1, 6))


@dataclass
class Answer:
    """One answer in a thread, as the postman sends it."""

    door: SlackDoor
    slack: Slack
    thread: str
    chat: str = Slack.channel
    extra: dict[str, str] = field(default_factory=lambda: {"asker": Slack.anna})
    ts: str = ""

    def outgoing(self, markdown: str, **more: Any) -> Outgoing:
        at: dict[str, Any] = {"chat": self.chat, "thread": self.thread}
        return Outgoing(Slack.team, markdown=markdown, extra=self.extra, **at, **more)

    async def begins(self, said: str = WORKING) -> None:
        first = self.outgoing(said, progress=said, partial=True, buttons=STOP)
        self.ts = await self.door.send(first)

    async def grows(self, text: str, progress: str = WORKING) -> None:
        so_far = self.outgoing(text, progress=progress, partial=True, buttons=STOP)
        await self.door.edit(so_far, self.ts)

    async def ends(self, text: str = "All of it.") -> None:
        await self.door.edit(self.outgoing(text, buttons=RATING), self.ts)

    @property
    def shown(self) -> str:
        """What stands under the question, of all our messages there."""
        there = self.slack.messages(self.chat, self.thread)
        [ours] = [m for m in there if m.user == Slack.bot]
        return ours.text

    @property
    def text(self) -> str:
        """The same without the task's title, as a stream shows it."""
        return self.shown.partition("\n\n")[2]


@pytest.fixture
def tick() -> list[float]:
    """The door's clock; Slack's is set forward with it by ``passes``."""
    return [0.0]


@pytest.fixture
def door(client: AsyncWebClient, tick: list[float]) -> SlackDoor:
    clients = OneClient(client)
    return SlackDoor(clients, Streams(clients, now=lambda: tick[0]))


@pytest.fixture
async def answer(door: SlackDoor, slack: Slack) -> Answer:
    root = await slack.say("@draper write", channel=slack.channel)
    return Answer(door, slack, root)


def called(slack: Slack, *but: str) -> list[str]:
    quiet = {"agents.sessions.setStatus", "assistant.threads.setStatus", *but}
    return [name for name, _ in slack.world.calls if name not in quiet]


def passes(slack: Slack, tick: list[float], seconds: float) -> None:
    slack.world.shift_s += seconds
    tick[0] += seconds


async def test_an_answer_streams_under_its_task_and_ends_as_the_message(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    assert answer.shown == WORKING
    await answer.grows("Payroll for clinics. ")
    await answer.grows("Payroll for clinics. Done by noon, ")
    assert answer.text == "Payroll for clinics. Done by noon, "

    await answer.ends("Payroll for clinics.\n\nYou asked for: copy")

    assert answer.shown == "Payroll for clinics.\n\nYou asked for: copy"
    [_, ours] = slack.messages(slack.channel, answer.thread)
    assert (ours.ts, ours.buttons) == (answer.ts, ["1", "2", "3", "4", "5"])
    assert called(slack) == [
        "chat.startStream",
        *["chat.appendStream"] * 2,
        *("chat.stopStream", "chat.update"),
    ]


async def test_a_stream_can_be_stopped_by_its_button(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()

    await slack.press(answer.ts, "Stop")

    assert slack.deliveries[-1].payload["actions"][0]["value"] == "d1:0"


async def test_only_what_is_new_is_added(answer: Answer, slack: Slack) -> None:
    await answer.begins()
    whole = " ".join(f"word{n}" for n in range(200)) + " "
    for end in range(0, len(whole), 7):
        await answer.grows(whole[:end] or WORKING)

    added = [args["chunks"] for name, args in slack.world.calls if "append" in name]
    assert len(added) > 100
    said = "".join(chunk["text"] for [chunk] in added)
    assert whole.startswith(said)
    assert len(whole) - len(said) < 20


async def test_the_tasks_title_follows_what_is_being_done(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows(WORKING)
    await answer.grows("One. Two. ", progress="Checking against your 3 rules.")

    assert answer.shown == "Checking against your 3 rules.\n\nOne. Two. "
    [task, _] = slack.world.calls[-1][1]["chunks"]
    assert (task["type"], task["status"]) == ("task_update", "in_progress")
    await answer.ends()
    [stopped] = [a for name, a in slack.world.calls if name == "chat.stopStream"]
    assert [chunk["status"] for chunk in stopped["chunks"]] == ["complete"]


async def test_a_look_that_brings_nothing_new_asks_nothing_of_slack(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One. Two")
    before = called(slack)

    await answer.grows("One. Two")
    await answer.grows("One. **Two of")

    assert called(slack) == before


async def test_a_text_that_was_changed_goes_on_by_edits(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("The first try begins. ")

    await answer.grows("A second try. It")
    await answer.grows("A second try. It goes on")

    assert answer.shown.startswith("A second try. It goes on")
    await answer.ends()
    assert answer.shown == "All of it."
    assert called(slack).count("chat.startStream") == 1


async def test_a_page_that_closes_before_where_the_text_had_got_to_stands_still(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One paragraph.\n\nAnother that grows and ")

    await answer.grows("One paragraph.")

    assert answer.text == "One paragraph.\n\nAnother that grows and "
    assert "chat.update" not in called(slack)


@pytest.mark.parametrize("loud", ["<!channel>", "@here", "<@U0BELA>", "<!subteam^S1>"])
async def test_no_stream_pings_anybody_however_its_text_is_cut(
    answer: Answer, slack: Slack, loud: str
) -> None:
    text = f"Hello {loud} and `{loud}` and <https://a.io|{loud}> there "
    await answer.begins(f"Working on {loud}")
    for end in range(1, len(text)):
        await answer.grows(text[:end], progress=f"Writing for {loud}")
    assert slack.world.pings == []
    await answer.ends(text)

    assert slack.world.pings == []


# time


async def test_before_it_is_five_minutes_old_a_stream_goes_on_as_edits_of_itself(
    answer: Answer, slack: Slack, tick: list[float]
) -> None:
    await answer.begins()
    await answer.grows("One. Two. Three ")
    passes(slack, tick, LIFE_S)

    await answer.grows("One. Two. Three. Four. Five")
    passes(slack, tick, 60)
    await answer.grows("One. Two. Three. Four. Five. Six")

    assert answer.shown.startswith("One. Two. Three. Four. Five. Six")
    assert called(slack)[-3:] == ["chat.stopStream", "chat.update", "chat.update"]
    await answer.ends()
    assert answer.shown == "All of it."
    assert [m.ts for m in slack.messages(slack.channel)] == [answer.thread, answer.ts]


async def test_a_stream_that_slack_closed_loses_nothing(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One. Two. Three ")
    slack.world.shift_s += 301

    await answer.grows("One. Two. Three. Four")

    assert answer.shown.startswith("One. Two. Three. Four")
    await answer.ends()
    assert answer.shown == "All of it."


async def test_an_ended_stream_is_ended_again_without_harm(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.ends()
    await answer.ends()
    slack.world.shift_s += 301
    await answer.ends("All of it, rated.")

    assert answer.shown == "All of it, rated."


# other processes, broken lines


async def test_a_new_process_ends_the_stream_it_knows_nothing_of(
    answer: Answer, client: AsyncWebClient, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One. Two. Three ")
    answer.door = SlackDoor(OneClient(client))

    await answer.ends("One. Two. Three. Four.")

    assert answer.shown == "One. Two. Three. Four."
    [_, ours] = slack.messages(slack.channel, answer.thread)
    assert len(ours.buttons) == 5


async def test_a_new_process_goes_on_with_a_text_by_edits(
    answer: Answer, client: AsyncWebClient, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One. Two. Three ")
    old, answer.door = answer.door, SlackDoor(OneClient(client))

    await answer.grows("One. Two. Three. Four")
    assert answer.shown.startswith("One. Two. Three. Four")
    answer.door = old  # should the first one wake again
    await answer.grows("One. Two. Three. Four. Five")
    assert answer.shown.startswith("One. Two. Three. Four. Five")
    await answer.ends()

    assert answer.shown == "All of it."
    assert called(slack).count("chat.startStream") == 1


@pytest.mark.parametrize("acts", [True, False])
async def test_an_addition_of_unknown_fate_is_not_made_twice(
    answer: Answer, slack: Slack, *, acts: bool
) -> None:
    await answer.begins()
    slack.fail(method="chat.appendStream", drop=True, acts=acts)

    await answer.grows("One. Two. Three")

    assert answer.shown.startswith("One. Two. Three")
    assert answer.shown.count("Two") == 1


async def test_an_end_of_unknown_fate_is_tried_again(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    slack.fail(method="chat.update", retry_after_s=1, status=429)
    with pytest.raises(NotSent):
        await answer.ends()
    slack.fail(method="chat.stopStream", error="message_not_in_streaming_state")

    await answer.ends()

    assert answer.shown == "All of it."


async def test_a_flood_wait_is_passed_on_and_loses_no_text(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    slack.fail(method="chat.appendStream", retry_after_s=7, status=429)
    with pytest.raises(NotSent) as caught:
        await answer.grows("One. Two. ")
    await answer.grows("One. Two. Three ")

    assert caught.value.retry_after_s == 7
    assert answer.text == "One. Two. Three "


async def test_a_message_deleted_while_it_streams_is_told_gone(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    del slack.world.messages[slack.channel, answer.ts]

    with pytest.raises(MessageGone):
        await answer.grows("One. Two. ")
    with pytest.raises(MessageGone):
        await answer.ends()


# where there can be no stream


@pytest.mark.parametrize(
    "error",
    [
        *("channel_type_not_supported", "unknown_method", "method_not_supported"),
        *("feature_disabled", "missing_recipient_team_id", "ratelimited"),
    ],
)
async def test_where_streams_are_refused_it_is_a_message_that_is_edited(
    answer: Answer, slack: Slack, tick: list[float], error: str
) -> None:
    slack.fail(method="chat.startStream", error=error)

    await answer.begins()
    await answer.grows("One. Two")

    assert answer.shown.startswith("One. Two")
    assert called(slack) == ["chat.startStream", "chat.postMessage", "chat.update"]
    # It is not asked for again with every message, but some day.
    again = Answer(answer.door, slack, answer.thread)
    await again.begins()
    assert called(slack).count("chat.startStream") == 1
    passes(slack, tick, 601)
    await again.begins()
    assert called(slack).count("chat.startStream") == 2


async def test_a_minute_full_of_starts_is_sat_out_everywhere_a_hiccup_is_not(
    answer: Answer, slack: Slack, tick: list[float]
) -> None:
    slack.fail(method="chat.startStream", retry_after_s=20, status=429)
    await answer.begins()
    root = await slack.say("@draper hi", channel=slack.private)
    other = Answer(answer.door, slack, root, chat=slack.private)
    await other.begins()
    assert called(slack).count("chat.startStream") == 1
    passes(slack, tick, 21)
    slack.fail(method="chat.startStream", error="service_unavailable")
    await other.begins()
    assert called(slack)[-2:] == ["chat.startStream", "chat.postMessage"]

    await other.begins()

    assert called(slack)[-1] == "chat.startStream"


async def test_a_stream_that_may_have_no_buttons_goes_without(
    answer: Answer, slack: Slack
) -> None:
    slack.fail(method="chat.startStream", error="invalid_chunks")

    await answer.begins()
    await answer.grows("One. Two. ")

    assert answer.text == "One. Two. "


async def test_outside_threads_nothing_streams(door: SlackDoor, slack: Slack) -> None:
    answer = Answer(door, slack, thread="", chat=slack.dm())

    await answer.begins()

    assert called(slack) == ["chat.postMessage"]
    assert slack.world.calls[0][0] == "chat.postMessage"


async def test_in_a_thread_of_the_direct_conversation_an_answer_streams(
    door: SlackDoor, slack: Slack
) -> None:
    root = await slack.say("write")
    answer = Answer(door, slack, thread=root, chat=slack.dm())

    await answer.begins()
    await answer.grows("One. Two. ")
    await answer.ends()

    assert answer.shown == "All of it."
    assert "chat.appendStream" in called(slack)


async def test_without_a_stream_the_line_stands_under_the_text_where_there_is_room(
    door: SlackDoor, slack: Slack
) -> None:
    answer = Answer(door, slack, thread="", chat=slack.dm())
    await answer.begins()

    await answer.grows("One. Two.", progress="Checking against your rule.")
    assert slack.messages(slack.dm())[0].text == (
        "One. Two.\n\n_Checking against your rule._"
    )
    await answer.grows(door.pages("word " * 2_000)[0], progress="Checking " * 20)
    assert "Checking" not in slack.messages(slack.dm())[0].text
    await answer.ends()

    assert slack.messages(slack.dm())[0].text == "All of it."


async def test_a_command_where_we_are_no_guest_is_still_answered_to_one_alone(
    answer: Answer, slack: Slack
) -> None:
    slack.world.rooms[slack.channel].joined = False
    url = await slack.command("/draper", "skills", channel=slack.channel)
    answer.extra |= {"response_url": url, "trigger_id": "7"}

    await answer.begins()

    assert answer.ts == "whisper:7"


async def test_a_stream_too_many_is_forgotten_and_still_ends_as_its_message(
    client: AsyncWebClient, slack: Slack
) -> None:
    clients = OneClient(client)
    door = SlackDoor(clients, Streams(clients, most=2))
    roots = [await slack.say("@draper hi", channel=slack.channel) for _ in range(3)]
    answers = [Answer(door, slack, root) for root in roots]
    for answer in answers:
        await answer.begins()

    for answer in answers:
        await answer.grows("One. Two. ")
        await answer.ends()

    assert [answer.shown for answer in answers] == ["All of it."] * 3
    # The one that was forgotten went on by edits.
    assert called(slack).count("chat.appendStream") == 2


# pace and status


async def test_streams_share_what_slack_takes_in_a_minute(
    answer: Answer, slack: Slack
) -> None:
    door = answer.door
    before = door.interval_s(answer.chat)
    await answer.begins()
    alone = door.interval_s(answer.chat)
    assert 60 / alone <= 100
    assert alone < before
    root = await slack.say("@draper hi", channel=slack.private)
    other = Answer(door, slack, root, chat=slack.private)
    await other.begins()

    assert door.interval_s(answer.chat) == door.interval_s(other.chat) == 2 * alone
    [appends] = door.rates(answer.chat, Act.STREAM)
    assert appends.most <= 60 * 100 / appends.per_s
    assert door.rates(answer.chat, Act.SEND)[0].scope == f"chat:{answer.chat}"
    await other.ends()
    assert door.interval_s(slack.private) == before
    await answer.ends()
    assert door.interval_s(answer.chat) == before


async def test_a_thread_says_that_we_work_until_the_answer_stands(
    answer: Answer, slack: Slack
) -> None:
    where = (slack.channel, answer.thread)
    await answer.begins()
    assert slack.world.sessions[where] == "processing"
    await answer.grows("One. Two. ")
    assert slack.world.sessions[where] == "processing"

    await answer.ends()

    assert slack.world.sessions[where] == "active"


async def test_who_asked_something_rests_and_is_at_work_again_once_it_is_answered(
    answer: Answer, slack: Slack
) -> None:
    where = (slack.channel, answer.thread)
    await answer.begins()
    await answer.ends("For whom is it?")
    assert slack.world.sessions[where] == "active"

    await answer.grows("For nurses. ")
    await answer.grows("For nurses. Who ")

    assert slack.world.sessions[where] == "processing"
    said = [name for name, _ in slack.world.calls if name.startswith("agents")]
    assert len(said) == 3


async def test_a_stream_that_goes_on_by_edits_is_still_at_work(
    answer: Answer, slack: Slack, tick: list[float]
) -> None:
    await answer.begins()
    passes(slack, tick, LIFE_S)

    await answer.grows("One. Two")

    assert slack.world.sessions[slack.channel, answer.thread] == "processing"


async def test_a_workspace_without_sessions_shows_the_older_line(
    answer: Answer, slack: Slack
) -> None:
    slack.world.is_agent = False
    where = (slack.channel, answer.thread)

    await answer.begins()
    assert slack.world.thread_status[where] == WORKING
    await answer.ends()
    await answer.begins()

    assert slack.world.thread_status[where] == WORKING
    sessions = [n for n, _ in slack.world.calls if n.startswith("agents")]
    assert len(sessions) == 1


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"drop": True}, {"retry_after_s": 9}, {"error": "feature_off"}],
)
async def test_a_status_that_fails_holds_nothing_up(
    answer: Answer, slack: Slack, fault: dict[str, Any]
) -> None:
    slack.fail(method="agents.sessions.setStatus", times=9, **fault)
    slack.fail(method="assistant.threads.setStatus", times=9, **fault)

    await answer.begins()
    await answer.ends()

    assert answer.shown == "All of it."


async def test_slacks_own_stop_is_acknowledged_by_resting(
    answer: Answer, slack: Slack
) -> None:
    await answer.begins()
    await answer.grows("One. Two. ")
    await slack.stop(slack.channel, answer.thread)
    stop = Inbound(
        channel=answer.door.name,
        kind=Kind.STOP,
        event_id="e",
        account=slack.team,
        chat=slack.channel,
        sender=slack.anna,
        message_id=answer.ts,
        thread=answer.thread,
    )

    await answer.door.acknowledge(stop)
    assert slack.world.sessions[slack.channel, answer.thread] == "active"
    await answer.grows("One. Two. Three")
    await answer.ends("Stopped.")

    assert answer.shown == "Stopped."
