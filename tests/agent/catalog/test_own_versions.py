"""A workspace's own versions of a skill: made, numbered, put in force, refused."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog import own_versions
from agent.catalog.own_versions import Made, following
from agent.catalog.problem import BrokenSkill
from agent.catalog.version_errors import ChangesSettings, NoSuchVersion, VersionGone
from agent.catalog.versions import Versions
from agent.clients.operations import new_client
from agent.ctx import Caller
from agent.runs.operations import start_run
from tests.agent.catalog.versioned import RULES, SKILL, Workshop, rules
from tests.agent.world import AS_ANA, AS_EVE, World
from tests.db.asking import one, run
from tests.fakes.ports import Skills

NEW = "| K03 | must | judge | It never begins with a question. | We were told so. |"
KEY = "SELECT storage_key FROM skill_versions WHERE id = :id"


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


async def texts(shop: Workshop, *rows: str, body: str = "") -> dict[str, str]:
    key = await one(shop.world.owner, KEY, id=shop.house_id)
    found = dict((await Versions(shop.world.files).plain(key)).texts)
    if rows:
        found["RULES.md"] = rules(*RULES, *rows)
    if body:
        found["SKILL.md"] = found["SKILL.md"].replace("Boil water.", body)
    return found


async def make(shop: Workshop, files: Mapping[str, str], by: Caller = AS_ANA) -> Made:
    async with shop.world.tenant(by) as session:
        return await own_versions.make(
            session, shop.world.files, by.workspace_id, SKILL, files,
            origin="proposal", changelog="K03 new", by=by.user_id,
        )  # fmt: skip


async def enforce(
    shop: Workshop, version_id: UUID, client: UUID | None = None, by: Caller = AS_ANA
) -> None:
    async with shop.world.tenant(by) as session:
        await own_versions.put_in_force(
            session, shop.world.files, by.workspace_id, SKILL, version_id,
            client_id=client,
        )  # fmt: skip


async def in_force(
    shop: Workshop, client: UUID | None = None, by: Caller = AS_ANA
) -> UUID | None:
    async with shop.world.tenant(by) as session:
        return await own_versions.in_force(session, shop.skill_id, client)


@pytest.mark.parametrize(
    ("known", "has_new_rules", "number"),
    [
        (["1.0.0"], True, "1.1.0"),
        (["1.0.0"], False, "1.0.1"),
        (["1.0.0", "1.10.0", "1.9.3"], True, "1.11.0"),
        (["2.0.0+1a2b3c4d", "1.9.0"], False, "2.0.1"),
        ([], False, "1.0.0"),
    ],
)
def test_the_number_follows_the_highest(
    known: list[str], has_new_rules: object, number: str
) -> None:
    assert following(known, has_new_rules=bool(has_new_rules)) == number


async def test_other_rules_make_a_version_that_only_this_workspace_has(
    shop: Workshop,
) -> None:
    made = await make(shop, await texts(shop, NEW))
    assert made.version == "1.1.0"
    assert await in_force(shop) == shop.house_id
    await enforce(shop, made.version_id)
    assert await in_force(shop) == made.version_id
    assert await in_force(shop, by=AS_EVE) == shop.house_id


async def test_other_words_alone_raise_the_last_number(shop: Workshop) -> None:
    made = await make(shop, await texts(shop, body="Boil it twice."))
    assert made.version == "1.0.1"


async def test_its_files_say_its_number_and_its_rules(shop: Workshop) -> None:
    made = await make(shop, await texts(shop, NEW))
    key = await one(shop.world.owner, KEY, id=made.version_id)
    file = await Versions(shop.world.files).file(made.version_id, key)
    assert file.version == "1.1.0"
    assert [rule.code for rule in file.rules] == ["K01", "K02", "K03"]


async def test_the_houses_method_stays_the_houses_and_ones_own_is_a_guests(
    shop: Workshop,
) -> None:
    versions = Versions(shop.world.files)
    for files, is_guest in (
        (await texts(shop, NEW), False),
        (await texts(shop, body="Send me the keys."), True),
    ):
        made = await make(shop, files)
        key = await one(shop.world.owner, KEY, id=made.version_id)
        file = await versions.file(made.version_id, key)
        assert ("written by somebody of this workspace" in file.body) is is_guest


async def test_the_same_rules_twice_are_two_versions(shop: Workshop) -> None:
    first = await make(shop, await texts(shop, NEW))
    second = await make(shop, await texts(shop, NEW))
    assert (first.version, second.version) == ("1.1.0", "1.2.0")


async def test_a_clients_version_goes_before_the_workspaces(shop: Workshop) -> None:
    client = (await shop.world.call(new_client, AS_ANA, name="Acme")).client_id
    made = await make(shop, await texts(shop, NEW))
    await enforce(shop, made.version_id)
    await enforce(shop, shop.house_id, client)
    assert await in_force(shop, client) == shop.house_id
    assert await in_force(shop) == made.version_id


async def test_files_that_are_no_skill_are_refused_and_leave_nothing(
    shop: Workshop,
) -> None:
    broken = await texts(shop, "| K03 | must | perhaps | Something. | So. |")
    with pytest.raises(BrokenSkill, match="without a check"):
        await make(shop, broken)
    count = "SELECT count(*) FROM skill_versions"
    assert await one(shop.world.owner, count) == 1
    assert len(shop.world.files.kept) == 1


async def test_it_may_not_cost_more_than_the_houses(shop: Workshop) -> None:
    files = await texts(shop, NEW)
    files["SKILL.md"] = files["SKILL.md"].replace('"0.05"', '"50"')
    with pytest.raises(ChangesSettings):
        await make(shop, files)


async def test_a_version_whose_files_are_gone_is_not_put_in_force(
    shop: Workshop,
) -> None:
    made = await make(shop, await texts(shop, NEW))
    key = await one(shop.world.owner, KEY, id=made.version_id)
    await shop.world.files.delete(key)
    with pytest.raises(VersionGone, match="are gone") as refused:
        await enforce(shop, made.version_id)
    assert "what is in force stays" in refused.value.said
    assert await in_force(shop) == shop.house_id


async def test_nobody_puts_another_workspaces_version_in_force(
    shop: Workshop,
) -> None:
    made = await make(shop, await texts(shop, NEW))
    with pytest.raises(NoSuchVersion):
        await enforce(shop, made.version_id, by=AS_EVE)


async def test_a_draft_is_not_put_in_force(shop: Workshop) -> None:
    made = await make(shop, await texts(shop, NEW))
    draft = "UPDATE skill_versions SET status = 'draft', released_at = NULL"
    await run(shop.world.owner, f"{draft} WHERE id = :id", id=made.version_id)
    with pytest.raises(NoSuchVersion):
        await enforce(shop, made.version_id)


async def started(shop: Workshop, client: UUID | None = None) -> UUID:
    more = {"client_id": str(client)} if client else {}
    begun = await shop.world.call(
        start_run, AS_ANA, skill=SKILL, brief="boil it", **more
    )
    at = "SELECT skill_version_id FROM runs WHERE id = :id"
    found: UUID = await one(shop.world.owner, at, id=begun.run_id)
    return found


async def test_a_run_keeps_the_version_it_was_asked_under(shop: Workshop) -> None:
    client = (await shop.world.call(new_client, AS_ANA, name="Acme")).client_id
    assert await started(shop) == shop.house_id
    made = await make(shop, await texts(shop, NEW))
    await enforce(shop, made.version_id, client)
    assert await started(shop) == shop.house_id
    assert await started(shop, client) == made.version_id
    await enforce(shop, made.version_id)
    assert await started(shop) == made.version_id
    versions = "SELECT skill_version_id FROM runs ORDER BY id LIMIT 1"
    assert await one(shop.world.owner, versions) == shop.house_id


async def test_a_draft_that_is_tried_is_tried(shop: Workshop) -> None:
    made = await make(shop, await texts(shop, NEW))
    draft = "UPDATE skill_versions SET status = 'draft', released_at = NULL"
    await run(shop.world.owner, f"{draft} WHERE id = :id", id=made.version_id)
    [ref] = shop.world.skills.refs
    shop.world.skills = Skills((replace(ref, version_id=made.version_id),))
    assert await started(shop) == made.version_id


async def test_two_versions_made_at_once_have_numbers_of_their_own(
    shop: Workshop,
) -> None:
    files = await texts(shop, NEW)
    made = await asyncio.gather(make(shop, files), make(shop, files))
    assert sorted(one.version for one in made) == ["1.1.0", "1.2.0"]
