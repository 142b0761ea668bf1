"""A skill's versions at the wire: a team's own, seen, written by, rolled back."""

import json
from typing import Any

from agent.catalog import own_versions
from agent.ctx import Caller, Ctx, Role
from tests.scenarios.house import House
from tests.scenarios.people import Person
from tests.standins.anthropic import Reply

SKILL = "copywriting"
ASK = "write homepage copy for Acme, a payroll tool for clinics"
PIECE = """# Payroll that lets you go home

Friday, five o'clock. The last patient leaves, and so do you.

Import your roster. Check the exceptions, then press Pay.
"""
EDIT = PIECE.replace("# ", "").replace("five o'clock", "noon")
LESSON = "Never begin with a question."
OF_RUN = """
    SELECT v.version, v.workspace_id IS NOT NULL AS is_own, r.workspace_id, r.user_id
    FROM runs r JOIN skill_versions v ON v.id = r.skill_version_id
    ORDER BY r.id DESC LIMIT 1
"""
SIGNALS = """
    SELECT f.signal, f.edit_diff FROM feedback f WHERE f.workspace_id = :ws
    AND f.source = 'implicit'
"""


async def latest(house: House) -> Any:
    [row] = await house.rows(OF_RUN)
    return row


async def writes_one(house: House, ana: Person) -> None:
    house.claude.script(Reply(PIECE))
    await ana.writes(ASK)
    await ana.sees("lets you go home", buttons=("5",))
    await house.rests()


async def adopts(house: House, ana: Any) -> None:
    """Ana's team has a version of its own, with a lesson in its method."""
    services = house.made.core.services
    file = services.shelf.files[SKILL]
    texts = dict(file.texts)
    texts["SKILL.md"] += f"\n{LESSON}\n"
    here = ana.workspace_id

    async def adopt(ctx: Ctx) -> None:
        made = await own_versions.make(
            ctx.session, ctx.objects, here, SKILL, texts,
            origin="proposal", changelog="No questions at the start", by=ana.user_id,
        )  # fmt: skip
        await own_versions.put_in_force(
            ctx.session, ctx.objects, here, SKILL, made.version_id
        )

    await services.call(adopt, Caller(here, ana.user_id, Role.OWNER))


async def test_a_teams_own_version_writes_for_it_alone_and_is_rolled_back_by_a_press(
    house: House, door: str
) -> None:
    ana, zoe = await house.member(door), await house.member(door)
    await writes_one(house, ana)
    first = await latest(house)
    assert first.is_own is False
    await adopts(house, first)
    await writes_one(house, ana)
    mine = await latest(house)
    assert (mine.is_own, mine.workspace_id) == (True, first.workspace_id)
    assert LESSON in json.dumps(house.claude.requests[-1].body)
    await writes_one(house, zoe)
    assert (await latest(house)).is_own is False
    await ana.writes(f"versions of {SKILL}")
    listed = await ana.sees("its versions", mine.version, "yours", "in force")
    assert listed.has("No questions at the start")
    await ana.presses("See what changed", listed)
    await ana.sees("The method, new", "Never begin with a question")
    await ana.presses("Roll back", listed)
    await ana.sees("is back at", first.version, f"it was {mine.version}")
    await writes_one(house, ana)
    assert (await latest(house)).is_own is False


async def test_a_version_that_is_not_there_is_refused_in_a_clear_word(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await ana.writes(f"pin {SKILL} 9.9.9")
    await ana.sees("There is no version 9.9.9 of copywriting", "versions")
    bob = await house.member(door, role="member")
    await bob.writes(f"roll back {SKILL}")
    await bob.sees("admin")


async def test_a_piece_sent_back_changed_is_kept_as_a_lesson(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await writes_one(house, ana)
    mine = await latest(house)
    await ana.writes(EDIT)
    await ana.sees("I keep your version", "1 passage changed")
    await house.rests()
    [row] = await house.rows(SIGNALS, ws=mine.workspace_id)
    assert (row.signal, row.edit_diff) == ("edit", "- five o'clock.\n+ noon.")
    assert (await latest(house)).version == mine.version


async def test_another_version_needs_no_router_of_its_own(house: House) -> None:
    ana = await house.member("telegram")
    await writes_one(house, ana)
    mine = await latest(house)
    await adopts(house, mine)
    shelves = house.made.core.services.shelves
    assert shelves is not None
    await shelves.refresh()
    shelf, router = await shelves.of(mine.workspace_id)
    assert LESSON in shelf.files[SKILL].body
    assert router is shelves.router
    assert LESSON not in shelves.shelf.files[SKILL].body
