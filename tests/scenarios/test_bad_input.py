"""Whatever arrives: it is kept, answered or ignored, and the process lives."""

import json
from typing import Any

import pytest
import uuid_utils.compat as uuids

from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person, Seen

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def works(house: House, person: Person) -> None:
    """Everything still does."""
    await person.writes(ASK)
    await person.sees("You asked for", "Acme, a payroll tool", buttons=("5",))
    await house.rests()
    failed = await house.rows("SELECT * FROM inbox WHERE status = 'failed'")
    assert failed == []


def longest_of(house: House) -> str:
    said = house.claude.requests[-1].body["messages"][-1]["content"]
    return json.dumps(said)


async def test_forty_thousand_characters_are_read_whole(house: House) -> None:
    """Slack lets people write so much; the model gets the end of it too."""
    ana = await house.member("slack")
    body = "clinics pay people by hand. " * 1400
    house.claude.script("Read to the end.")
    await ana.writes(f"{ASK}. {body} Last words: zebra.")
    await ana.sees("Read to the end", buttons=("5",))
    assert "zebra" in longest_of(house)


async def test_more_than_forty_thousand_characters_are_too_much(house: House) -> None:
    ana = await house.member("slack")
    await ana.writes(f"{ASK} {'so on ' * 7000}")
    await ana.sees("more than 40,000 characters", "part that matters")
    assert house.claude.calls == 0
    await works(house, ana)


async def test_nul_and_half_characters_are_cleaned_away(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    await ana.writes("what about\x00 \ud83d this, \udc00 Mondays?")
    await ana.sees("You asked for", "Mondays")
    await house.rests()
    text = await house.asks("SELECT user_message FROM runs ORDER BY id DESC LIMIT 1")
    assert "\x00" not in text
    text.encode()


async def test_nothing_but_spaces_is_asked_about(house: House, messenger: str) -> None:
    ana = await house.member(messenger)
    await ana.writes("   ")
    await ana.sees("I see no words in that")


async def test_a_photo_without_a_word_is_answered(house: House) -> None:
    ana = await house.member("telegram")
    photo = [{"file_id": "p1", "file_unique_id": "u", "width": 9, "height": 9}]
    assert isinstance(ana, OnTelegram)
    await ana.writes("", photo=photo)
    await ana.sees("photo: Telegram no longer has it", "paste the text")


async def test_a_file_on_slack_is_answered(house: House) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    await house.slack.say("", user=ana.user, files={"brief.pdf": b"%PDF-1.7"})
    await ana.sees("brief.pdf: it is damaged", "paste the text")


@pytest.mark.parametrize(
    "update",
    [
        {"message": "not an object"},
        {"message": {"message_id": "seven"}},
        {"message": {"message_id": 1, "chat": None, "date": 1}},
        {"poll_answer": {"poll_id": "1"}},
        {"hologram": {"from": {"id": 1}}},
        {"callback_query": {"id": "1", "from": {"id": 5}}},
        {"message": {"message_id": 2, "date": 1, "chat": {"id": 5, "type": "vault"}}},
    ],
    ids=lambda update: next(iter(update)),
)
async def test_an_update_nobody_understands_is_kept_and_left(
    house: House, update: dict[str, Any]
) -> None:
    ana = await house.member("telegram")
    number = house.telegram.push(update)
    await works(house, ana)
    [row] = await house.rows(
        "SELECT status, kind, body FROM inbox WHERE event_id = :id", id=str(number)
    )
    assert (row.status, row.kind) == ("ignored", "unknown")
    assert json.loads(row.body)["update_id"] == number


async def test_an_event_slack_invents_tomorrow_is_kept_and_left(house: House) -> None:
    ana = await house.member("slack")
    await house.slack.hear({"type": "hologram_shared", "user": "U1", "channel": "C1"})
    await works(house, ana)


async def test_the_button_of_a_message_long_gone_says_so(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await presses_raw(house, ana, piece, f"{uuids.uuid7()}:0")
    await ana.is_told("no longer there")


@pytest.mark.parametrize("payload", ["", ":", "nonsense", "x:y", "{}:99", "{}:-1"])
async def test_a_button_that_was_never_ours_says_so(house: House, payload: str) -> None:
    ana = await house.member("slack")
    piece = await gets_a_piece(ana)
    delivery = await house.asks("SELECT id FROM deliveries ORDER BY id DESC LIMIT 1")
    await presses_raw(house, ana, piece, payload.format(delivery) or " ")
    await ana.is_told("no longer there")


async def test_a_button_of_another_team_does_nothing(house: House, door: str) -> None:
    ana, eve = await house.member(door), await house.member(door)
    await gets_a_piece(ana)
    await house.rests()
    delivery = await house.asks("SELECT id FROM deliveries ORDER BY id DESC LIMIT 1")
    hers = await gets_a_piece(eve)
    for number in range(6):
        await presses_raw(house, eve, hers, f"{delivery}:{number}")
    await eve.is_told("belongs to another workspace")
    await house.rests()
    rated = "SELECT count(*) FROM feedback f JOIN outputs o ON o.id = f.output_id"
    rated += " JOIN runs r ON r.id = o.run_id JOIN deliveries d ON d.run_id = r.id"
    assert await house.asks(f"{rated} WHERE d.id = :id", id=delivery) == 0


async def test_a_viewer_cannot_press_what_a_member_may(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    account = await house.enrol()
    ana, vic = house.stranger(messenger, group), house.stranger(messenger, group)
    await house.introduce(ana, account)
    viewer = await house.enrol(workspace=account.workspace_id, role="viewer")
    await house.introduce(vic, viewer)
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    await ana.writes(f"{mention} {ASK}")
    piece = await ana.sees("You asked for", buttons=("5",))
    await vic.presses("1", piece)
    await vic.is_told("needs the member role", "you are a viewer")
    await house.rests()
    assert not ana.now(piece).has("Thanks")


async def gets_a_piece(person: Person) -> Seen:
    await person.writes(ASK)
    return await person.sees("You asked for", buttons=("5",))


async def presses_raw(house: House, person: Person, under: Seen, payload: str) -> None:
    """Press a button that is not there (any more), as an old client does."""
    if isinstance(person, OnWeb):
        await person.sends_press(under.ref, payload)
    elif isinstance(person, OnSlack):
        await house.slack.press(under.ref, value=payload, user=person.user)
    else:
        assert isinstance(person, OnTelegram)
        shown = house.telegram.shown[under.ref]
        house.telegram.presses["77"] = None
        house.telegram.post(
            "callback_query",
            {
                "id": "77",
                "from": house.telegram.person(person.user),
                "message": house.telegram.as_json(shown),
                "chat_instance": "1",
                "data": payload,
            },
        )


async def test_what_fails_each_time_ends_in_an_apology_and_lets_the_next_pass(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    async with house.refusing("messages", "content", "poison"):
        await ana.writes("what do you think of poison?")
        await ana.writes("what do you think of Mondays?")
        await ana.sees("Something went wrong on my side", "send it once more")
        await ana.sees("You asked for", "Mondays")
    await house.rests()
    failed = "SELECT attempts FROM inbox WHERE status = 'failed'"
    assert [row.attempts for row in await house.rows(failed)] == [3]
    await house.rows("DELETE FROM inbox WHERE status = 'failed'")
