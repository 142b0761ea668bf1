"""A test of two versions at the wire: begun, rated, told, decided by a press."""

from typing import Any
from uuid import UUID

from agent.catalog import own_versions
from agent.ctx import Caller, Ctx, Role
from tests.agent.catalog.laboratory import Laboratory
from tests.scenarios.house import House, Opens
from tests.scenarios.people import Person
from tests.scenarios.test_skill_versions import ASK, PIECE, SKILL
from tests.standins.anthropic import Reply

LESSON = "Never begin with a question."
SKILL_ID = """
    SELECT id FROM skills WHERE name = 'copywriting' AND workspace_id IS NULL
"""
OF_RUN = """
    SELECT r.arm_id, r.workspace_id, r.user_id, v.version
    FROM runs r JOIN skill_versions v ON v.id = r.skill_version_id
    WHERE r.provider IS NOT NULL ORDER BY r.id DESC LIMIT 1
"""
TEST = "SELECT * FROM experiments ORDER BY id DESC LIMIT 1"


async def team(house: House) -> tuple[Person, Any]:
    """An owner on Telegram, and whose workspace it is."""
    home = await house.enrol()
    ana = house.stranger("telegram")
    ana.patience_s = 30.0  # a verdict waits until ratings are quiet, and is drawn
    await house.introduce(ana, home)
    return ana, home


async def adopt(house: House, home: Any) -> UUID:
    """The team has a version of its own that is not in force."""
    services = house.made.core.services
    texts = dict(services.shelf.files[SKILL].texts)
    texts["SKILL.md"] += f"\n{LESSON}\n"

    async def make(ctx: Ctx) -> UUID:
        made = await own_versions.make(
            ctx.session, ctx.objects, home.workspace_id, SKILL, texts,
            origin="proposal", changelog="No questions", by=home.user_id,
        )  # fmt: skip
        return made.version_id

    return await services.call(
        make, Caller(home.workspace_id, home.user_id, Role.OWNER)
    )


async def laboratory(house: House, home: Any) -> Laboratory:
    [skill] = await house.rows(SKILL_ID)
    return Laboratory(
        house.pools.app,
        house.owner,
        home.workspace_id,
        home.user_id,
        skill.id,
        house.made.core.services.clock.now(),
    )


async def number(house: House, version_id: UUID) -> str:
    rows = await house.rows("SELECT id, version FROM skill_versions")
    found: str = next(row.version for row in rows if row.id == version_id)
    return found


async def rates_one(
    house: House, ana: Person, score: int, *, client: str = "", what: str = "Acme"
) -> Any:
    """Ask for a piece, for this client if that is asked, and score it; the run."""
    house.claude.script(Reply(PIECE.replace("Payroll", what)))
    await ana.writes(ASK.replace("Acme", what))
    if client:
        await ana.presses(client, await ana.sees("Whom is it for?"))
    piece = await ana.sees(f"{what} that lets you go home", buttons=("5",))
    await ana.presses(str(score), piece)
    await ana.sees_change(piece, f"{score} of 5")
    [row] = await house.rows(OF_RUN)
    return row


async def test_a_team_tests_a_version_and_promotes_it_by_a_press(opens: Opens) -> None:
    async with opens(learn_s=1.0) as house:
        ana, home = await team(house)
        candidate = await adopt(house, home)
        new = await number(house, candidate)
        await ana.writes(f"test copywriting {new} on 20 % and 70 %")
        await ana.sees("20 % and 70 % make 90 %", "sum to 100")
        await ana.writes(f"test copywriting {new} on 50 %")
        few = await ana.sees(
            "I have not begun", "you have 1", "Trying it on old pieces"
        )
        await ana.presses("Start anyway", few)
        await ana.sees("The test has begun", "50 % of the work", "by lot")
        await ana.writes("how is the test doing?")
        await ana.sees("not enough yet", "1 client or person", "it cannot end")
        lab = await laboratory(house, home)
        n = await lab.divided(each=6, new=5, old=2, candidate=candidate)
        row = await rates_one(house, ana, 4, client=f"Client {n}")
        assert row.arm_id is not None
        card = await ana.sees(f"{new} is better", buttons=(f"Promote {new}", "Go on"))
        assert card.has("points more, surely between", f"{n} clients or people counted")
        await ana.presses("Go on", card)
        await ana.sees("goes on, everybody on their side")
        await ana.presses(f"Promote {new}", card)
        await ana.sees(f"{new} is in force now", "The test is concluded")
        [test] = await house.rows(TEST)
        assert (test.status, test.verdict, test.winner_key) == (
            "concluded",
            "winner",
            "candidate",
        )
        row = await rates_one(house, ana, 5, client=f"Client {n}", what="Bolt")
        assert (row.arm_id, row.version) == (None, new)
        await house.rests()


async def test_harm_stops_the_test_and_owners_are_told_once(opens: Opens) -> None:
    async with opens(learn_s=1.0) as house:
        ana, home = await team(house)
        candidate = await adopt(house, home)
        new = await number(house, candidate)
        await ana.commands(f"test copywriting {new} 50")
        await ana.presses("Start anyway", await ana.sees("I have not begun"))
        begun = await ana.sees("The test has begun")
        lab = await laboratory(house, home)
        n = await lab.divided(each=6, new=1, old=4, candidate=candidate)
        await rates_one(house, ana, 4, client=f"Client {n}")
        card = await ana.sees("I stopped the test", f"{new} is worse")
        await rates_one(house, ana, 5, client=f"Client {n}", what="Bolt")
        await house.rests()
        told = [seen for seen in ana.chat() if seen.has("I stopped the test")]
        assert len(told) == 1
        await ana.presses("Stop the test", begun)
        await ana.is_told("ended already")
        await ana.presses("Go on", card)
        await ana.sees("goes on, everybody on their side")
        await ana.writes("stop the test")
        await ana.sees("The test is over", "written by")
        await ana.commands("tests")
        await ana.sees("Earlier", "worse")
        await house.rests()


async def begins(ana: Person, new: str) -> None:
    await ana.writes(f"test copywriting {new} on 50 %")
    await ana.presses("Start anyway", await ana.sees("I have not begun"))
    await ana.sees("The test has begun", f"{new} does 50 % of the work")


async def test_what_is_put_in_force_meanwhile_ends_a_test_and_is_asked_about_first(
    house: House,
) -> None:
    ana, home = await team(house)
    new = await number(house, await adopt(house, home))
    await begins(ana, new)
    await ana.commands("rule copywriting: never start with a question")
    proposed = await ana.sees("Proposed for", buttons=("See it",))
    await ana.presses("See it", proposed)
    await ana.presses("Accept", await ana.sees("New rule for", buttons=("Accept",)))
    asked = await ana.sees(f"{new} is being tested against", "Nothing is changed yet")
    await ana.presses("Wait", asked)
    await ana.sees("not enough yet", buttons=("Stop the test",))
    await ana.presses("Stop the test and accept", asked)
    await ana.sees("Accepted", f"The test of {new} is over with that")
    await begins(ana, new)
    await ana.commands("rollback copywriting")
    await ana.sees("is back at", f"The test of {new} is over with that")
    await ana.commands("tests")
    await ana.sees("stopped by a roll back", "stopped as a rule was accepted")
    await house.rests()
