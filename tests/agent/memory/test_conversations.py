"""Conversations: who may read one, what a prompt sees of it, what is asked in it."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clients.errors import NoSuchClient
from agent.clients.operations import new_client
from agent.ctx import Caller
from agent.errors import BadInput
from agent.memory import conversations
from agent.memory.operations import DialogClosed, answer, focus, interview, leave
from agent.memory.schemas import Dialog, Line, Said, Standing
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run

QUESTION = Dialog(id=UUID(int=0), kind="interview", step="offer", answers={"a": "b"})


async def say(world: World, caller: Caller, *texts: str) -> list[UUID]:
    kept = []
    for content in texts:
        async with world.tenant(caller) as session:
            said = Said(content, "telegram", chat="1", channel_message_id=content)
            kept.append(await conversations.say(session, caller, said))
    return kept


async def reads(world: World, reader: Caller, message: UUID) -> bool:
    async with world.tenant(reader) as session:
        return await conversations.text_of(session, message) is not None


async def ask(world: World, caller: Caller, question: Dialog = QUESTION) -> UUID:
    async with world.tenant(caller) as session:
        return await conversations.ask(session, caller, question, minutes=5)


async def standing(world: World, caller: Caller) -> Standing:
    assert caller.conversation_id is not None
    async with world.tenant(caller) as session:
        return await conversations.standing(
            session, caller.conversation_id, caller.user_id
        )


async def test_a_private_chat_is_its_person_s_alone(world: World) -> None:
    ana = await world.settled(AS_ANA)
    [said] = await say(world, ana, "between us")
    assert await reads(world, ana, said)
    assert await reads(world, AS_ANA, said)  # hers from any door
    assert not await reads(world, AS_BOB, said)
    assert not await reads(world, replace(AS_BOB, chat_id=ana.chat_id), said)
    assert not await reads(world, AS_EVE, said)


async def test_a_group_is_read_from_inside_it_alone(world: World) -> None:
    ana = await world.settled(AS_ANA, "-5", "group")
    [said] = await say(world, ana, "in the group")
    assert await reads(world, replace(AS_BOB, chat_id=ana.chat_id), said)
    assert not await reads(world, AS_BOB, said)
    assert not await reads(world, AS_ANA, said)  # not even hers, from outside
    assert not await reads(world, replace(AS_EVE, chat_id=ana.chat_id), said)


async def test_a_channel_is_read_by_every_member_and_nobody_else(world: World) -> None:
    ana = await world.settled(AS_ANA, "-7", "channel")
    [said] = await say(world, ana, "to all")
    assert await reads(world, AS_BOB, said)
    assert not await reads(world, AS_EVE, said)


async def test_a_chat_goes_on_with_the_conversation_it_began(world: World) -> None:
    ana = await world.settled(AS_ANA)
    async with world.tenant(ana) as session:
        again = await conversations.ensure(session, ana, is_private=True)
    assert again == ana.conversation_id
    assert await one(world.owner, "SELECT conversation_id FROM chats") == again


async def test_a_prompt_sees_the_latest_turns_before_its_message_in_order(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    said = await say(world, ana, *(str(n) for n in range(14)))
    async with world.tenant(ana) as session:
        await conversations.answer(session, ana, "done", run_id=UUID(int=5))
    [last] = await say(world, ana, "now")
    assert ana.conversation_id is not None
    async with world.tenant(ana) as session:
        seen = await conversations.history(session, ana.conversation_id, before=last)
        early = await conversations.history(
            session, ana.conversation_id, before=said[2]
        )
    wanted = [Line("user", str(n)) for n in range(3, 14)]
    assert seen == [*wanted, Line("assistant", "done")]
    assert len(seen) == conversations.HISTORY
    assert early == [Line("user", "0"), Line("user", "1")]


async def test_a_messenger_s_message_is_found_as_it_was_kept(world: World) -> None:
    ana = await world.settled(AS_ANA)
    await say(world, ana, "77")
    for caller, chat, found in (
        (ana, "1", "77"),
        (ana, "2", None),
        (AS_BOB, "1", None),
    ):
        async with world.tenant(caller) as session:
            wanted = Said("new", "telegram", chat=chat, channel_message_id="77")
            assert await conversations.find_said(session, wanted) == found


async def test_a_person_is_asked_one_thing_at_a_time_in_a_conversation(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA, "-5", "group")
    bob = replace(AS_BOB, chat_id=ana.chat_id, conversation_id=ana.conversation_id)
    await ask(world, ana)
    second = await ask(world, ana, replace(QUESTION, step="voice"))
    bobs = await ask(world, bob)
    for caller, dialog_id, step in ((ana, second, "voice"), (bob, bobs, "offer")):
        found = (await standing(world, caller)).dialog
        assert found is not None
        assert (found.id, found.step, found.answers) == (dialog_id, step, {"a": "b"})
    states = await run(world.owner, "SELECT status FROM dialogs ORDER BY id")
    assert [row.status for row in states] == ["abandoned", "active", "active"]


async def test_a_question_that_expired_is_asked_no_more(world: World) -> None:
    ana = await world.settled(AS_ANA)
    asked = await ask(world, ana)
    await run(world.owner, "UPDATE dialogs SET expires_at = now()")
    assert (await standing(world, ana)).dialog is None
    with pytest.raises(DialogClosed):
        await world.call(answer, ana, dialog_id=asked, step="offer", text="tea")
    await ask(world, ana)  # and does not stand in the way of the next
    assert (await standing(world, ana)).dialog is not None


async def test_an_answer_is_kept_and_an_empty_one_skips(world: World) -> None:
    ana = await world.settled(AS_ANA)
    asked = await ask(world, ana)
    kept = await world.call(answer, ana, dialog_id=asked, step="offer", text=" tea ")
    assert kept.skipped is False
    dialog = (await standing(world, ana)).dialog
    assert dialog is not None
    assert dialog.answers == {"a": "b", "offer": "tea"}
    kept = await world.call(answer, ana, dialog_id=asked, step="offer", text=" ")
    assert kept.skipped is True


async def test_an_old_question_s_button_answers_nothing(world: World) -> None:
    ana = await world.settled(AS_ANA)
    asked = await ask(world, ana)
    with pytest.raises(DialogClosed, match="closed"):
        await world.call(answer, ana, dialog_id=asked, step="voice", text="dry")
    await world.call(leave, ana, dialog_id=asked)
    with pytest.raises(DialogClosed):
        await world.call(answer, ana, dialog_id=asked, step="offer", text="x")
    with pytest.raises(DialogClosed):
        await world.call(leave, ana, dialog_id=asked)


async def test_nobody_answers_or_leaves_another_s_question(world: World) -> None:
    ana = await world.settled(AS_ANA, "-5", "group")
    asked = await ask(world, ana)
    bob = replace(AS_BOB, chat_id=ana.chat_id, conversation_id=ana.conversation_id)
    with pytest.raises(DialogClosed):
        await world.call(answer, bob, dialog_id=asked, step="offer", text="mine")
    with pytest.raises(DialogClosed):
        await world.call(leave, bob, dialog_id=asked)
    dialog = (await standing(world, ana)).dialog
    assert dialog is not None
    assert dialog.answers == {"a": "b"}


async def test_a_dialog_moves_and_closes_once(world: World) -> None:
    ana = await world.settled(AS_ANA)
    dialog = replace(QUESTION, id=await ask(world, ana))
    async with world.tenant(ana) as session:
        moved = replace(dialog, step="voice", answers={"offer": "tea"})
        assert await conversations.move(session, moved)
        assert await conversations.close(session, dialog.id, "completed")
        assert not await conversations.close(session, dialog.id, "completed")
        assert not await conversations.move(session, dialog)
    [row] = await run(world.owner, "SELECT step, answers, status FROM dialogs")
    assert tuple(row) == ("voice", {"offer": "tea"}, "completed")


async def test_focus_turns_the_conversation_and_its_chat_to_a_brand(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    made = await world.call(new_client, ana, name="Acme Clinics")
    chosen = await world.call(focus, ana, name="acme")
    assert (chosen.client_id, chosen.created) == (made.client_id, False)
    now = await standing(world, ana)
    assert (now.client_id, now.client_name) == (made.client_id, "Acme Clinics")
    assert await one(world.owner, "SELECT client_id FROM chats") == made.client_id
    with pytest.raises(BadInput, match="Which client"):
        await world.call(focus, ana)
    with pytest.raises(NoSuchClient):
        await world.call(focus, ana, name="Zeta")


async def test_an_interview_is_about_a_client_of_this_workspace(world: World) -> None:
    made = await world.call(new_client, AS_ANA, name="Acme")
    asked = await world.call(interview, AS_ANA, client_id=made.client_id)
    assert asked.name == "Acme"
    with pytest.raises(Exception, match="not here any more"):
        await world.call(interview, AS_EVE, client_id=made.client_id)


KEYS = (
    "sk-ant-api03-" + "a1B2" * 12,
    "sk-proj-" + "a1B2" * 12,
    "xoxb-123456789012-abcdefghij",
    "xoxe.xoxp-1-abcdefghij",
    "xapp-1-A0123-456-abcdef",
    "123456789:AAE-abcdefghijklmnopqrstuvwxyz_0123",
    "AKIAIOSFODNN7EXAMPLE",
    "AIza" + "Sy0" * 11 + "ab",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIE cut off",
)


@pytest.mark.parametrize("key", KEYS)
def test_a_pasted_key_is_not_kept(key: str) -> None:
    assert conversations.redact(f"use {key}") == "use [key removed]"
    assert conversations.redact(f"{key}\n") in {"[key removed]\n", "[key removed]"}


@pytest.mark.parametrize(
    "text",
    [
        "write an ad for ask-anything, our sk-line",
        "call 123456789: we open at 9:30",
        "the order no. is 20261121:42",
        "xoxo, see you",
        "AKIA is short",
    ],
)
def test_what_people_say_is_kept_as_they_say_it(text: str) -> None:
    assert conversations.redact(text) == text


@given(st.text(), st.sampled_from(KEYS[:-2]), st.text())
def test_no_key_survives_wherever_it_stands(before: str, key: str, after: str) -> None:
    assert key not in conversations.redact(f"{before} {key} {after}")
