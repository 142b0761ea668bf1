"""A skill that people make in chat: three answers, a try, saved, called, changed."""

from agent.catalog.versions import HOUSE
from tests.scenarios.house import House
from tests.scenarios.people import Person, Seen

WISH = (
    "First line of a LinkedIn post. A good one: I lost three clients in a week.",
    "topic; who reads it",
    "no hashtags; at most 20 words; never brag about money",
)
OF_HOOK = """
    SELECT s.is_system, s.is_active, s.workspace_id, s.current_version,
           v.origin, v.status, v.storage_key
    FROM skills s JOIN skill_versions v ON v.skill_id = s.id AND v.status = 'active'
    WHERE s.name = :name AND s.workspace_id = :workspace_id
"""
VERSION = "SELECT version FROM skill_versions WHERE id = :id"
BUTTONS = ("Save", "Change", "Drop")


async def drafts(person: Person, name: str) -> Seen:
    """Have them answer the three questions."""
    await person.writes(f"new skill: {name} hooks that stop a thumb")
    for question, answer in zip(
        ("What does it deliver", "What must it know", "What must it never do"),
        WISH,
        strict=True,
    ):
        await person.sees(question)
        await person.writes(answer)
    return await person.sees("as I understood it", buttons=BUTTONS)


async def test_a_skill_is_made_in_chat_tried_saved_and_called_in_its_team_alone(
    house: House,
) -> None:
    ana = await house.member("telegram")
    zoe = await house.member("telegram")
    card = await drafts(ana, "thumb-stopper")
    for said in ("> First line of a LinkedIn", "- Topic?", "- at most 20 words"):
        assert card.has(said)
    await ana.sees("How good is it")
    await house.rests()
    tried = await house.run()
    assert tried.status == "completed"
    await ana.writes("/thumb_stopper a launch")
    await ana.sees("I don", "know", "thumb")
    await ana.presses("Save", card)
    await ana.sees("Saved", "thumb-stopper")
    await house.rests()
    member = await house.asks(
        "SELECT workspace_id FROM skills WHERE name = 'thumb-stopper'"
    )
    [row] = await house.rows(OF_HOOK, name="thumb-stopper", workspace_id=member)
    assert (row.is_system, row.is_active, row.current_version) == (False, True, "1.0.0")
    assert row.origin == "user"
    assert not row.storage_key.startswith(HOUSE)
    await ana.writes("/skills content")
    await ana.sees("Thumb stopper", "yours")
    await ana.writes("thumb stopper about our autumn sale in Graz for small bakeries")
    await house.rests()
    called = await house.run()
    assert (called.number, called.status) == (2, "completed")
    assert await house.asks(VERSION, id=called.skill_version_id) == "1.0.0"
    await zoe.writes("/thumb_stopper about our autumn sale")
    await zoe.sees("I don", "know", "thumb")
    await zoe.writes("skill thumb-stopper")
    await zoe.sees("There is no skill thumb-stopper here")
