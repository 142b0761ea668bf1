"""A skill that people make in chat: three answers, a try, saved, called, changed."""

from agent.catalog.versions import HOUSE
from tests.scenarios.house import House, Opens
from tests.scenarios.people import Person, Seen
from tests.standins.anthropic import Reply

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


SHARP = """## Method
1. Find the loss.
2. Say it in ten words.

## Template
```
<the line>
```

## Phrases
- thumb stopping line
- hook
"""


async def test_where_a_model_is_it_sharpens_the_method_and_proposes_phrases(
    opens: Opens,
) -> None:
    async with opens(guess_s=3) as house:
        ana = await house.member("telegram")
        house.claude.script(Reply(SHARP), Reply("I lost three clients in a week."))
        card = await drafts(ana, "thumb-stopper")
        assert card.has("thumb stopping line")
        assert '"hook"' not in card.text, "a word alone would call it all the time"
        await ana.sees("I lost three clients")
        made = await house.asks(
            "SELECT prompt_template FROM skill_versions v "
            "JOIN skills s ON s.id = v.skill_id WHERE s.name = 'thumb-stopper'"
        )
        assert "2. Say it in ten words." in made
        [asked, *_] = [r for r in house.claude.requests if r.path == "/v1/messages"]
        assert "<outside" in str(asked.body["messages"]), "answers are no orders"


async def test_a_skill_that_is_off_says_so_and_is_turned_on_again(house: House) -> None:
    ana = await house.member("telegram")
    await ana.writes("/skills off popup-cro")
    await ana.sees("Pop-ups", "off in this workspace")
    await ana.writes("/popup_cro")
    told = await ana.sees("popup-cro is off")
    await ana.presses("Turn on again", told)
    await ana.sees("Pop-ups", "on again")
