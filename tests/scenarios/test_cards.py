"""What cannot be undone asks its own person once more, in words, and is done once."""

from tests.scenarios.house import House, Member
from tests.scenarios.people import Person, Seen
from tests.scenarios.test_assistant import at_home, consent

STANDS = "SELECT count(*) FROM workspace_members WHERE user_id = :id"
BUTTONS = ("Remove", "Cancel")


async def with_bob(house: House, door: str) -> tuple[Person, Member, Member]:
    """An admin, and Bob, whom they may remove."""
    _, boss = await at_home(house, "telegram")
    ana = house.stranger(door)
    me = await house.enrol(role="admin", workspace=boss.workspace_id)
    await house.introduce(ana, me)
    bob = await house.enrol(role="member", workspace=boss.workspace_id)
    await house.rows(
        "UPDATE workspace_members SET display_name = 'Bob' WHERE user_id = :id",
        id=bob.user_id,
    )
    return ana, me, bob


async def gets_a_card(ana: Person) -> Seen:
    """Ask for Bob's removal."""
    await ana.commands("remove Bob")
    return await ana.sees("Remove Bob from this workspace", buttons=BUTTONS)


async def test_what_cannot_be_undone_is_asked_once_more_and_then_done(
    house: House, door: str
) -> None:
    ana, me, bob = await with_bob(house, door)
    card = await gets_a_card(ana)
    assert card.has("This cannot be undone")
    assert await house.asks(STANDS, id=bob.user_id) == 1, "nothing is done yet"
    await ana.presses("Remove", card)
    done = await ana.sees_change(card, "Approved")
    assert done.buttons == []
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 0
    kept = await consent(house)
    assert (kept.status, kept.channel, kept.decided_by_id) == (
        *("approved", door, me.user_id),
    )
    assert kept.used_at is not None
    told = await house.rows(
        "SELECT type FROM events WHERE workspace_id = :home AND category = 'audit'"
        " AND stream_type <> 'press' ORDER BY id",
        home=me.workspace_id,
    )
    assert {"runs.approve_call", "identity.remove_member"} <= {r.type for r in told}


async def test_cancel_does_nothing(house: House, door: str) -> None:
    ana, _, bob = await with_bob(house, door)
    card = await gets_a_card(ana)
    await ana.presses("Cancel", card)
    left = await ana.sees_change(card, "nothing is done")
    assert left.buttons == []
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 1
    assert (await consent(house)).status == "rejected"


async def test_two_quick_presses_have_one_effect(house: House) -> None:
    ana, _, bob = await with_bob(house, "telegram")
    card = await gets_a_card(ana)
    await ana.press(card, "Remove")
    await ana.press(card, "Remove")
    await ana.press(card, "Cancel")
    await ana.is_told("That was already approved by you")
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 0
    done = "SELECT count(*) FROM events WHERE type = 'identity.remove_member'"
    here = f"{done} AND workspace_id = :home"
    home = (await consent(house)).workspace_id
    assert await house.asks(here, home=home) == 1


async def test_a_role_lost_between_card_and_press_is_refused_on_the_card(
    house: House, door: str
) -> None:
    ana, me, bob = await with_bob(house, door)
    card = await gets_a_card(ana)
    await house.rows(
        "UPDATE workspace_members SET role = 'member' WHERE user_id = :id",
        id=me.user_id,
    )
    await ana.press(card, "Remove")
    over = await ana.sees_change(card, "Nothing is done", "needs the admin role")
    assert over.buttons == []
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 1
    assert (await consent(house)).status == "cancelled"


async def test_a_card_too_old_is_closed_in_words(house: House) -> None:
    ana, _, bob = await with_bob(house, "telegram")
    card = await gets_a_card(ana)
    await house.rows("UPDATE approvals SET expires_at = now() WHERE status = 'pending'")
    await ana.press(card, "Remove")
    over = await ana.sees_change(card, "too old to be pressed")
    assert over.buttons == []
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 1


async def test_nobody_else_presses_a_person_s_card(house: House) -> None:
    group = house.group("telegram")
    _, boss = await at_home(house, "telegram")
    ana, eve = (house.stranger("telegram", group) for _ in range(2))
    for person in (ana, eve):
        who = await house.enrol(role="admin", workspace=boss.workspace_id)
        await house.introduce(person, who)
    bob = await house.enrol(role="member", workspace=boss.workspace_id)
    await house.rows(
        "UPDATE workspace_members SET display_name = 'Bob' WHERE user_id = :id",
        id=bob.user_id,
    )
    card = await gets_a_card(ana)
    await eve.press(card, "Remove")
    await eve.is_told("not yours to press")
    assert ana.now(card).buttons == list(BUTTONS)
    assert await house.asks(STANDS, id=bob.user_id) == 1
    await ana.presses("Cancel", card)
    await ana.sees_change(card, "nothing is done")
    await house.rests()


async def test_what_has_changed_since_the_card_is_not_done(house: House) -> None:
    ana, _, bob = await with_bob(house, "telegram")
    card = await gets_a_card(ana)
    await house.rows(
        "UPDATE approvals SET request = jsonb_set(request, '{params,name}', '\"Eve\"')"
        " WHERE status = 'pending'"
    )
    await ana.press(card, "Remove")
    await ana.sees_change(card, "Nothing is done")
    await house.rests()
    assert await house.asks(STANDS, id=bob.user_id) == 1
