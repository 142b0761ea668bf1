"""A skill's versions, listed, compared, pinned, rolled back and carried over."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.catalog import own_versions, skillfile
from agent.catalog.carrying import carried
from agent.catalog.chosen_version_operations import (
    pin_version,
    roll_back,
    take_version,
    unpin_version,
)
from agent.catalog.own_versions import Made
from agent.catalog.skill_operations import save_skill, show_skill
from agent.catalog.skillfile import SkillFile
from agent.catalog.version_errors import (
    BothReworded,
    MovedOn,
    NoSuchVersion,
    NothingBefore,
    UpToDate,
)
from agent.catalog.version_operations import compare_versions, list_versions
from agent.catalog.versions import Versions
from agent.clients.operations import new_client
from agent.errors import Forbidden
from agent.runs.output_operations import score_output
from agent.runs.own_skill_operations import change_skill, new_skill
from tests.agent.catalog import making
from tests.agent.catalog.versioned import RULES, SKILL, Workshop, rules
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one

K03 = "| K03 | must | judge | It never begins with a question. | We were told so. |"
K04 = "| K04 | may | judge | It names the cup. | Cups differ. |"
KEY = "SELECT storage_key FROM skill_versions WHERE id = :id"


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


async def house_texts(shop: Workshop) -> dict[str, str]:
    key = await one(shop.world.owner, KEY, id=shop.house_id)
    return dict((await Versions(shop.world.files).plain(key)).texts)


async def adopt(shop: Workshop, files: Mapping[str, str]) -> Made:
    """A version of Ana's team's own, in force."""
    here = AS_ANA.workspace_id
    async with shop.world.tenant(AS_ANA) as session:
        made = await own_versions.make(
            session, shop.world.files, here, SKILL, files,
            origin="proposal", changelog="K03 new", by=AS_ANA.user_id,
        )  # fmt: skip
        await own_versions.put_in_force(
            session, shop.world.files, here, SKILL, made.version_id
        )
    return made


async def ruled(shop: Workshop, *rows: str) -> Made:
    return await adopt(shop, {**await house_texts(shop), "RULES.md": rules(*rows)})


async def here(shop: Workshop) -> str:
    found = await shop.world.call(list_versions, AS_BOB, skill=SKILL)
    return next(line.number for line in found.lines if line.is_in_force)


async def test_the_list_says_who_when_why_and_how_people_score_it(
    shop: Workshop,
) -> None:
    made = await ruled(shop, *RULES, K03)
    client = await shop.world.call(new_client, AS_ANA, name="Acme")
    await shop.world.call(
        pin_version, AS_ANA, skill=SKILL, version="1.0", client="for Acme"
    )
    output_id = str(await shop.piece(version=made.version_id))
    rehearsed = str(await shop.piece(version=made.version_id, provider="rehearsal"))
    await shop.world.call(score_output, AS_BOB, output_id=output_id, score=4)
    await shop.world.call(score_output, AS_BOB, output_id=rehearsed, score=1)
    own, house = (await shop.world.call(list_versions, AS_BOB, skill=SKILL)).lines
    assert (own.number, own.is_own, own.is_in_force) == ("1.1.0", True, True)
    assert (own.changelog, own.made_by, own.origin) == ("K03 new", "Ana", "proposal")
    assert (own.n, own.mean) == (1, 4.0)
    assert (house.number, house.is_own, house.pinned_for) == ("1.0.0", False, ["Acme"])
    assert client.name == "Acme"
    [only] = (await shop.world.call(list_versions, AS_EVE, skill=SKILL)).lines
    assert (only.number, only.is_in_force) == ("1.0.0", True)


async def test_a_comparison_tells_rules_one_by_one_and_the_words(
    shop: Workshop,
) -> None:
    files = await house_texts(shop)
    files["RULES.md"] = rules(RULES[0].replace("40", "30"), K03)
    files["SKILL.md"] = files["SKILL.md"].replace("Boil water.", "Boil it twice.")
    await adopt(shop, files)
    found = await shop.world.call(compare_versions, AS_BOB, skill=SKILL)
    assert (found.old, found.new) == ("1.0.0", "1.1.0")
    told = [(one.name, one.before, one.after) for one in found.changes]
    assert told == [
        (
            "K01",
            "(must, code) It has 40 words at most.",
            "(must, code) It has 30 words at most.",
        ),
        ("K02", "(should, judge) It says how hot.", ""),
        ("K03", "", "(must, judge) It never begins with a question."),
        ("SKILL.md", "Boil water.", "Boil it twice."),
    ]
    assert found.storage_key == ""


async def test_a_long_comparison_comes_as_a_file_too(shop: Workshop) -> None:
    files = await house_texts(shop)
    files["SKILL.md"] += "Stir. " * 700
    await adopt(shop, files)
    found = await shop.world.call(compare_versions, AS_BOB, skill=SKILL)
    body = shop.world.files.kept[found.storage_key]
    assert len(body) == found.size_bytes
    assert b"+ Stir. Stir." in body


async def test_one_press_goes_back_and_a_second_press_of_it_does_nothing(
    shop: Workshop,
) -> None:
    await ruled(shop, *RULES, K03)
    await ruled(shop, *RULES, K03, K04)
    press = {"skill": SKILL, "leaves": "1.2.0"}
    done = await shop.world.call(roll_back, AS_ANA, **press)
    assert (done.version, done.was) == ("1.1.0", "1.2.0")
    with pytest.raises(MovedOn):
        await shop.world.call(roll_back, AS_ANA, **press)
    assert await here(shop) == "1.1.0"
    await shop.world.call(roll_back, AS_ANA, skill=SKILL)
    assert await here(shop) == "1.0.0"
    with pytest.raises(NothingBefore):
        await shop.world.call(roll_back, AS_ANA, skill=SKILL)
    audited = "SELECT count(*) FROM events WHERE type = 'catalog.roll_back'"
    assert await one(shop.world.owner, audited) == 2


async def test_who_is_no_admin_chooses_nothing(shop: Workshop) -> None:
    await ruled(shop, *RULES, K03)
    with pytest.raises(Forbidden):
        await shop.world.call(roll_back, AS_BOB, skill=SKILL)
    with pytest.raises(Forbidden):
        await shop.world.call(unpin_version, AS_BOB, skill=SKILL)
    with pytest.raises(Forbidden):
        await shop.world.call(take_version, AS_BOB, skill=SKILL)
    assert await here(shop) == "1.1.0"


async def test_unpinned_it_follows_the_house_again(shop: Workshop) -> None:
    await ruled(shop, *RULES, K03)
    done = await shop.world.call(unpin_version, AS_ANA, skill=SKILL)
    assert (done.version, done.was, done.follows) == ("1.0.0", "1.1.0", True)
    await shop.release("2.0.0", (*RULES, K04))
    assert await here(shop) == "2.0.0"


async def test_a_version_that_is_not_there_is_refused_by_name(shop: Workshop) -> None:
    with pytest.raises(NoSuchVersion, match=r"no version 7\.0\.0 of kettles"):
        await shop.world.call(pin_version, AS_ANA, skill=SKILL, version="7.0.0")
    with pytest.raises(NoSuchVersion, match="no skill teapots"):
        await shop.world.call(pin_version, AS_ANA, skill="teapots", version="1.0.0")


async def test_the_houses_newer_version_is_taken_with_ones_own_rules(
    shop: Workshop,
) -> None:
    await ruled(shop, *RULES, K03)
    await shop.release("1.2.0", (RULES[0], K04), body="Boil water slowly.")
    told = await shop.world.call(list_versions, AS_ANA, skill=SKILL)
    assert (told.newer, await here(shop)) == ("1.2.0", "1.1.0")
    done = await shop.world.call(take_version, AS_ANA, skill=SKILL)
    assert (done.house, done.version, done.was) == ("1.2.0", "1.3.0", "1.1.0")
    assert (done.carried, done.kept) == (["K03"], [])
    key = "SELECT storage_key FROM skill_versions WHERE version = '1.3.0'"
    file = await Versions(shop.world.files).plain(await one(shop.world.owner, key))
    assert [rule.code for rule in file.rules] == ["K01", "K04", "K03"]
    assert file.body.startswith("Boil water slowly.")
    with pytest.raises(UpToDate):
        await shop.world.call(take_version, AS_ANA, skill=SKILL)


async def test_where_both_reworded_the_method_ones_own_stays(shop: Workshop) -> None:
    files = await house_texts(shop)
    files["SKILL.md"] = files["SKILL.md"].replace("Boil water.", "Boil it twice.")
    await adopt(shop, files)
    await shop.release("1.2.0", body="Boil water slowly.")
    with pytest.raises(BothReworded):
        await shop.world.call(take_version, AS_ANA, skill=SKILL)
    assert await here(shop) == "1.0.1"


def file_of(folder: Path, number: str, *rows: str) -> SkillFile:
    return skillfile.load(
        making.make(
            folder / number,
            SKILL,
            head={"version": f'"{number}"', "type": "with_rules"},
            files={"RULES.md": rules(*rows)},
        )
    )


def test_rules_are_laid_together_by_their_ids(tmp_path: Path) -> None:
    base = file_of(tmp_path, "1.0.0", *RULES)
    own = file_of(tmp_path, "1.1.0", RULES[0].replace("40", "30"), K03)
    theirs = K03.replace("with a question", "with a number")
    new = file_of(tmp_path, "1.2.0", RULES[0].replace("40", "50"), RULES[1], theirs)
    found = carried(base, own, new)
    lines = [line for line in found.texts["RULES.md"].splitlines() if "| K0" in line]
    # K01: both changed it. K02: one's own dropped it. K03: two rules with one id.
    ours = RULES[0].replace("40", "30")
    assert lines == [ours, theirs, K03.replace("3", "4", 1)]
    assert (found.carried, found.kept) == (("K01", "K02", "K04"), ("K01",))


def test_what_is_in_the_house_already_is_not_carried(tmp_path: Path) -> None:
    base = file_of(tmp_path, "1.0.0", *RULES)
    own = file_of(tmp_path, "1.1.0", *RULES, K03)
    new = file_of(tmp_path, "1.2.0", *RULES, K03)
    assert carried(base, own, new).carried == ()


async def test_a_skill_of_ones_own_is_rolled_back_too_and_changed_again(
    world: World,
) -> None:
    answers = {"delivers": "One line that stops a thumb.", "knows": "topic"}
    hooks = {"name": "hooks", **answers, "never": "no hashtags"}
    await world.call(new_skill, AS_BOB, **hooks)
    await world.call(save_skill, AS_BOB, name="hooks")
    await world.call(change_skill, AS_BOB, **{**hooks, "never": "no emojis"})
    await world.call(save_skill, AS_BOB, name="hooks")
    done = await world.call(roll_back, AS_ANA, skill="hooks")
    assert (done.version, done.was) == ("1.0.0", "1.1.0")
    current = "SELECT current_version FROM skills WHERE name = 'hooks'"
    assert await one(world.owner, current) == "1.0.0"
    found = await world.call(compare_versions, AS_BOB, skill="hooks", old="1.1")
    assert [(c.before, c.after) for c in found.changes if c.what == "rule"] == [
        ("(must, code) no emojis", "(must, code) no hashtags")
    ]
    await world.call(change_skill, AS_BOB, **{**hooks, "never": "no links"})
    await world.call(save_skill, AS_BOB, name="hooks")
    assert await one(world.owner, current) == "1.2.0"


async def test_a_house_version_that_bears_the_same_number_is_told_apart(
    shop: Workshop,
) -> None:
    await ruled(shop, *RULES, K03)
    await shop.release("1.1.0", (*RULES, K04))
    card = await shop.world.call(show_skill, AS_BOB, name=SKILL)
    assert (card.version, card.rules) == ("1.1.0", 3)
    names = {"skill": SKILL, "old": "1.1.0", "new": "house 1.1.0"}
    found = await shop.world.call(compare_versions, AS_BOB, **names)
    rules = [one.name for one in found.changes if one.what == "rule"]
    assert rules == ["K03", "K04"]
    await shop.world.call(pin_version, AS_ANA, skill=SKILL, version="house 1.1.0")
    listed = await shop.world.call(list_versions, AS_BOB, skill=SKILL)
    assert [line.is_own for line in listed.lines if line.is_in_force] == [False]
