"""The skills folder changes while the app runs; nobody restarts it."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.agent.catalog.making import make
from tests.scenarios.house import House, Opens

PATIENCE_S = 10.0
OF_KETTLES = """
    SELECT s.is_active, s.current_version, v.changelog,
           (SELECT count(*) FROM skill_versions w WHERE w.skill_id = s.id) AS kept
    FROM skills s JOIN skill_versions v
      ON v.skill_id = s.id AND v.version = s.current_version
    WHERE s.name = 'kettles'
"""


async def comes_true(is_so: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells a test
            await asyncio.sleep(0.02)


async def serves(house: House, version: str) -> None:
    """Wait until that version of the kettles answers."""
    services = house.made.core.services
    await comes_true(lambda: services.shelf.files["kettles"].version == version)


def remake(root: Path, version: str) -> None:
    shutil.rmtree(root / "kettles")
    make(root, head={"version": f'"{version}"'})


async def test_a_changed_folder_is_served_and_another_process_hears_of_it(
    opens: Opens, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    make(here)
    make(there)
    async with opens(skills=here) as one, opens(skills=there) as two:
        with capture_logs() as logs:
            remake(here, "1.3.0")
            await serves(one, "1.3.0")
            await serves(two, "1.3.0")
        told = [log["name"] for log in logs if log["event"] == "skill.loaded"]
        assert told == ["kettles"], "only who looked at it tells"
        [row] = await one.rows(OF_KETTLES)
        assert (row.current_version, row.kept) == ("1.3.0", 2)
        assert row.changelog == "SKILL.md changed"
        ana = await one.member("telegram")
        await ana.writes("boil the kettle for Acme")
        await ana.sees("How good is it")
        run = await one.run()
        pinned = "SELECT version FROM skill_versions WHERE id = :id"
        assert await one.asks(pinned, id=run.skill_version_id) == "1.3.0"


async def test_a_broken_folder_keeps_its_old_version_and_one_that_is_gone_is_off(
    opens: Opens, tmp_path: Path
) -> None:
    make(tmp_path / "skills")
    make(tmp_path / "skills", "pots")
    async with opens(skills=tmp_path / "skills") as house:
        services = house.made.core.services
        head = tmp_path / "skills/kettles/SKILL.md"
        head.write_text("---\nname: kettles\n")
        shutil.rmtree(tmp_path / "skills/pots")
        await comes_true(
            lambda: services.shelf.problems and not services.shelf.file("pots")
        )
        assert services.shelf.file("kettles") is not None
        [problem] = services.shelf.problems
        assert str(problem).startswith(
            "kettles/SKILL.md:1: The front matter is missing"
        )
        assert services.router.route("/kettles now").skill == "kettles"
        off = "SELECT is_active FROM skills WHERE name = 'pots'"
        assert await house.asks(off) is False
        remake(tmp_path / "skills", "1.2.0")
        make(tmp_path / "skills", "pots")
        await comes_true(
            lambda: services.shelf.file("pots") and not services.shelf.problems
        )
        assert await house.asks(off) is True


@pytest.mark.parametrize("broken", [True, False])
async def test_a_folder_broken_at_the_start_is_served_as_it_was_last(
    opens: Opens, tmp_path: Path, *, broken: bool
) -> None:
    make(tmp_path / "skills")
    async with opens(skills=tmp_path / "skills"):
        pass
    if broken:
        (tmp_path / "skills/kettles/SKILL.md").write_text("---")
    else:
        shutil.rmtree(tmp_path / "skills")  # not mounted, say: no reason to drop all
    async with opens(skills=tmp_path / "skills") as house:
        assert house.made.core.services.shelf.file("kettles") is not None
        assert house.made.core.services.shelf.problems
