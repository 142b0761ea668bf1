"""Keys of models: entered in every door's form, or pasted; kept sealed."""

import re
from typing import Any

import pytest

from agent.vault.connections import secret_of
from tests.scenarios.house import House, Member
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import until
from tests.standins.anthropic import Fault

GOOD = "sk-ant-api03-" + "aB3" * 20 + "x4f2"
OTHER = "sk-ant-api03-" + "zY9" * 20 + "k7m8"
STORE = "Store it as this workspace's key"


async def in_use(house: House, member: Member, provider: str = "anthropic") -> Any:
    """The key that calls of this workspace would be made with."""
    services = house.made.core.services
    async with services.as_role("vault") as session:
        return await secret_of(session, services.key, member.workspace_id, provider)


ODD = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"
"""A key of no known looks."""


async def known(
    house: House, door: str, group: Any = None, **given: Any
) -> tuple[Any, Member]:
    person, member = house.stranger(door, group), await house.enrol(**given)
    await house.introduce(person, member)
    return person, member


@pytest.fixture
def key(house: House) -> str:
    """A key that the stand-in accepts."""
    house.claude.others.add(GOOD)
    return GOOD


async def test_slack_asks_for_a_key_in_a_window(house: House, key: str) -> None:
    ana, member = await known(house, "slack")
    assert isinstance(ana, OnSlack)
    await ana.commands("key anthropic")
    view = await ana.sees_form("Key")
    fields = [block["label"]["text"] for block in view["blocks"]]
    assert fields == ["Service", "Key"]
    assert not await ana.fills(view, Key=key)
    await ana.sees("Stored as anthropic", key[-4:], "One test call: ok.")
    assert await in_use(house, member) == key


async def test_a_window_says_at_once_what_is_wrong(house: House, key: str) -> None:
    ana, _ = await known(house, "slack")
    await ana.commands("key")
    view = await ana.sees_form("Key")
    view["blocks"][1]["element"].pop("min_length")  # as an older page would have it
    errors = await ana.fills(view, Service="Anthropic", Key="short")
    assert errors == {"secret:secret": "At least 12 characters, please."}
    kept = await house.asks("SELECT count(*) FROM inbox WHERE kind = 'form'")
    assert not await ana.fills(view, Service="Anthropic", Key=key)
    await ana.sees("Stored as anthropic")
    now = await house.asks("SELECT count(*) FROM inbox WHERE kind = 'form'")
    assert now == kept + 1


async def test_what_only_we_can_see_is_asked_once_more(house: House, key: str) -> None:
    ana, member = await known(house, "slack")
    await ana.commands("key")
    view = await ana.sees_form("Key")
    await ana.fills(view, Service="OpenAI", Key=key)
    again = await until_another(ana, view)
    hint = again["blocks"][1]["hint"]["text"]
    assert "not a whole key of OpenAI" in hint
    chosen = again["blocks"][0]["element"]["initial_option"]["value"]
    assert chosen == "openai"
    await ana.fills(again, Service="Anthropic", Key=key)
    await ana.sees("Stored as anthropic")
    assert await in_use(house, member) == key


async def until_another(ana: OnSlack, view: dict[str, Any]) -> dict[str, Any]:
    await until(lambda: ana.world.world.views[-1] is not view, "no second form")
    return await ana.sees_form("Key")


async def test_too_late_for_a_window_the_questions_come_one_by_one(
    house: House, key: str
) -> None:
    ana, member = await known(house, "slack")
    house.slack.fail(method="views.open", error="expired_trigger_id")
    await ana.commands("key")
    await ana.presses("Anthropic", await ana.sees("Service", buttons=("OpenAI",)))
    await ana.sees("(2 of 2) Key", "Paste it here")
    await ana.writes(key)
    await ana.sees("Stored as anthropic", "One test call: ok.")
    assert await in_use(house, member) == key


async def test_telegram_asks_deletes_and_stores(house: House, key: str) -> None:
    ana, member = await known(house, "telegram")
    assert isinstance(ana, OnTelegram)
    await ana.commands("key")
    await ana.presses("Anthropic", await ana.sees("Service", buttons=("Leave it",)))
    await ana.sees("Paste it here")
    number = await ana.writes(key)
    await ana.sees("Stored as anthropic", key[-4:])
    assert number not in house.telegram.shown
    assert await in_use(house, member) == key


async def test_a_form_is_gone_on_with_in_another_chat(house: House, key: str) -> None:
    member = await house.enrol()
    phone, page = house.stranger("telegram"), house.stranger("web")
    for person in (phone, page):
        await house.introduce(person, member)
    assert isinstance(page, OnWeb)
    await phone.commands("key")
    await phone.presses("Anthropic", await phone.sees("Service"))
    await phone.sees("Paste it here")
    await page.commands("continue")
    form = await page.sees_form("Key")
    assert form["form"]["fields"][0]["default"] == "anthropic"
    await page.fills(form, Key=key)
    await page.sees("Stored as anthropic")
    await phone.commands("continue")
    await phone.sees("No form or question of yours is open")


async def test_the_web_asks_in_a_form_and_marks_what_is_wrong(
    house: House, key: str
) -> None:
    ana, member = await known(house, "web")
    assert isinstance(ana, OnWeb)
    await ana.commands("key")
    form = await ana.sees_form("Key")
    await ana.fills(form, Service="anthropic", Key=key[:15])
    await until_fault(ana, form["id"])
    shown = ana.shown(form["id"])["form"]["fields"]
    assert "not a whole key" in shown[1]["fault"]
    assert (shown[0]["default"], shown[1]["default"]) == ("anthropic", "")
    await ana.fills(ana.shown(form["id"]), Key=key)
    await ana.sees("Stored as anthropic")
    assert ana.shown(form["id"])["form"] is None
    assert await in_use(house, member) == key


async def until_fault(ana: OnWeb, message: str) -> None:
    def faulty() -> bool:
        form = ana.shown(message)["form"]
        return bool(form and any(field["fault"] for field in form["fields"]))

    await until(faulty, "no fault was shown")


async def test_a_key_typed_with_its_command_needs_no_form(
    house: House, key: str
) -> None:
    ana, member = await known(house, "telegram")
    number = await ana.writes(f"/key anthropic {key}")
    await ana.sees("Stored as anthropic", "One test call: ok.")
    assert number not in house.telegram.shown
    assert await in_use(house, member) == key


async def test_a_pasted_key_is_offered_deleted_and_stored_by_a_press(
    house: House, key: str
) -> None:
    ana, member = await known(house, "telegram")
    number = await ana.writes(key)
    offer = await ana.sees("a key of Anthropic", "I have deleted your message")
    assert number not in house.telegram.shown
    assert await in_use(house, member) is None
    await ana.presses(STORE, offer)
    await ana.sees("Stored as anthropic", "One test call: ok.")
    assert await in_use(house, member) == key


async def test_slack_is_honest_about_what_it_cannot_delete(
    house: House, key: str
) -> None:
    ana, _ = await known(house, "slack")
    await ana.writes(key)
    await ana.sees("a key of Anthropic", "please delete your message yourself")


async def test_a_pasted_key_can_be_forgotten(house: House, key: str) -> None:
    ana, member = await known(house, "telegram")
    await ana.writes(key)
    await ana.presses("Forget it", await ana.sees("a key of Anthropic"))
    await ana.sees("Forgotten")
    assert await in_use(house, member) is None


@pytest.mark.parametrize(
    ("pasted", "answer"),
    [
        ("sk-ant-api03-ab12", "only a part of a key"),
        (f"{OTHER} {OTHER[:-1]}9", "one at a time"),
        (f"{OTHER[:30]}\n{OTHER[30:]}", "a key of Anthropic ...k7m8"),
        (f"{OTHER[:30]} {OTHER[30:]}", "a key of Anthropic ...k7m8"),
        ("xoxb-123456789012-abcdefghijkl", "which I have no use for"),
        ("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", "Whose is it"),
    ],
)
async def test_what_is_pasted_in_odd_ways(
    house: House, pasted: str, answer: str
) -> None:
    ana, _ = await known(house, "telegram")
    number = await ana.writes(pasted)
    await ana.sees(answer)
    assert number not in house.telegram.shown


async def test_a_key_of_nobody_known_is_stored_under_the_name_pressed(
    house: House,
) -> None:
    ana, member = await known(house, "telegram")
    word = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"
    await ana.writes(word)
    await ana.presses("Forget it", await ana.sees("Whose is it", buttons=("Mistral",)))
    await ana.sees("Forgotten")
    assert await in_use(house, member, "mistral") is None


@pytest.mark.parametrize("role", ["member", "owner"])
async def test_a_key_that_nobody_knows_by_sight_is_kept_nowhere_as_it_was_typed(
    house: House, role: str
) -> None:
    ana, _ = await known(house, "telegram", role=role)
    await ana.writes(f"/key replace mistral {ODD}")
    await ana.sees("needs the admin role" if role == "member" else "no key")
    await house.rests()
    for table in ("messages", "inbox", "dialogs", "deliveries"):
        kept = f"SELECT count(*) FROM {table} t WHERE CAST(t AS text) LIKE :odd"  # noqa: S608
        assert await house.asks(kept, odd=f"%{ODD}%") == 0, table


async def test_a_long_word_that_is_no_key_is_just_a_word(house: House) -> None:
    ana, _ = await known(house, "telegram")
    await ana.writes("launch-of-q3-2026-campaign")
    await house.rests()
    said = await house.asks("SELECT content FROM messages ORDER BY id DESC LIMIT 1")
    kept = await house.rows("SELECT content FROM messages WHERE role = 'user'")
    assert "launch-of-q3-2026-campaign" in {row[0] for row in kept}, said


async def test_a_key_in_a_group_is_not_kept_and_must_be_revoked(
    house: House, messenger: str, key: str
) -> None:
    ana, member = await known(house, messenger, house.group(messenger))
    await ana.writes(f"@draper {key}" if messenger == "slack" else f"/key {key}")
    await ana.sees("revoke it now", "console.anthropic.com")
    assert await in_use(house, member) is None
    assert (
        await house.asks(
            "SELECT count(*) FROM connections WHERE workspace_id = :w",
            w=member.workspace_id,
        )
        == 0
    )


async def test_no_group_is_asked_for_a_key(house: House) -> None:
    ana, _ = await known(house, "telegram", house.group("telegram"))
    await ana.writes("/key anthropic")
    await ana.sees("A key is nothing for a group")


async def test_only_an_admin_is_offered_to_store_one(house: House, key: str) -> None:
    ana, _ = await known(house, "telegram", role="member")
    await ana.writes(key)
    await ana.sees("only an admin of this workspace can store one")
    await ana.commands("key")
    await ana.sees("needs the admin role")


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (
            Fault(
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API.",
            ),
            "no credit left",
        ),
        (Fault(529, "overloaded_error", "Overloaded"), "did not answer"),
        (Fault(429, "rate_limit_error", "Slow down"), "rate limit"),
    ],
)
async def test_the_test_call_is_told_in_plain_words(
    house: House, key: str, fault: Fault, answer: str
) -> None:
    ana, member = await known(house, "telegram")
    house.claude.script(fault)
    await ana.writes(f"/key anthropic {key}")
    await ana.sees("Stored as anthropic", answer)
    assert await in_use(house, member) == key


async def test_a_refused_key_is_not_kept(house: House) -> None:
    ana, member = await known(house, "telegram")
    await ana.writes(f"/key anthropic {OTHER}")
    await ana.sees("refuses this key", buttons=("Try another key",))
    assert await in_use(house, member) is None


async def test_keys_are_listed_by_their_ends_and_removed_with_one_more_yes(
    house: House, key: str
) -> None:
    ana, member = await known(house, "telegram")
    await ana.writes(f"/key anthropic {key}")
    await ana.sees("Stored as anthropic")
    await ana.commands("key list")
    listed = await ana.sees("Keys of this workspace", key[-4:], "in use")
    assert not re.search(re.escape(key[:-4]), listed.text)
    await ana.commands("key remove anthropic")
    card = await ana.sees(buttons=("Cancel",))
    assert await in_use(house, member) == key
    yes = next(label for label in card.buttons if label not in {"Cancel", "Change"})
    await ana.presses(yes, card)
    await ana.sees("is gone from here")
    assert await in_use(house, member) is None


async def test_the_inbox_forgets_the_key_with_the_work(house: House, key: str) -> None:
    ana, _ = await known(house, "telegram")
    await ana.writes(key)
    await ana.sees("a key of Anthropic")
    await house.rests()
    [row] = await house.rows(
        "SELECT body, payload::text AS payload FROM inbox"
        " WHERE payload->>'text' = '[key removed]' ORDER BY id DESC LIMIT 1"
    )
    assert row.body == b""
    assert key not in row.payload
    assert "sealed" not in row.payload
