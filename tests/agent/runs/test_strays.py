"""Files go the night after the rows they belong to, and no other file does."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from agent.catalog.proposals import text_key
from agent.clients.assets import RAW, TEXT, VIEW
from agent.errors import NotFound
from agent.ports import SystemRole
from agent.runs import outputs, results, strays
from agent.runs.trial_cases import Case, Kind
from bot.ports import KeptObjects
from db.objects import LocalObjects
from tests.agent.world import World
from tests.db.asking import run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA, RIVAL

DAY_S = 86_400
SAID = b"Ana's words"


@dataclass
class Attic:
    """A store on disk, and the rows that its files belong to."""

    world: World
    folder: Path

    @property
    def store(self) -> KeptObjects:
        return KeptObjects(LocalObjects(self.folder))

    async def row(self, table: str, **values: object) -> UUID:
        """A row of Acme's; its id."""

        def work(connection: Any) -> Any:
            rows = Rows(connection, ACME, ANA)
            for name in ("runs", "skills"):
                if (key := f"{name[:-1]}_id") in values:
                    rows.use(name, values[key])  # type: ignore[arg-type]
            drafted = rows.draft(table) | values
            made = insert(TABLES[table]).values(drafted)
            return connection.execute(made.returning(TABLES[table].c.id)).scalar_one()

        async with self.world.owner.begin() as connection:
            found: UUID = await connection.run_sync(work)
        return found

    async def run(self, kind: str = "skill", *, ended: str = "now()") -> UUID:
        """A run that ended then."""
        key = str(uuid7())
        number = int(key[:8], 16) ^ int(key[-7:], 16)
        made = await self.row("runs", kind=kind, idempotency_key=key, number=number)
        await run(
            self.world.owner,
            f"UPDATE runs SET completed_at = {ended} WHERE id = :id",  # noqa: S608
            id=made,
        )
        return made

    async def piece(self) -> tuple[UUID, str]:
        """A kept piece of a run: the piece's id and its key without its suffix."""
        of = await self.run()
        stem = f"{ACME}/{of}/1"
        key = outputs.storage_key(stem)
        return await self.row("outputs", run_id=of, storage_key=key), stem

    async def put(self, *keys: str, days: float = 2) -> None:
        """Put files that are so old."""
        at = time.time() - days * DAY_S
        for key in keys:
            await self.store.put(key, SAID, media_type="text/plain")
            os.utime(self.folder / key, (at, at))

    async def drop(self, table: str, row: UUID) -> None:
        await run(self.world.owner, f"DELETE FROM {table} WHERE id = :id", id=row)  # noqa: S608

    async def swept(self) -> set[str]:
        """The files that a night takes."""
        before = self.left()
        eraser: SystemRole = "eraser"
        told = await strays.clear(lambda: self.world.house.as_role(eraser), self.store)
        gone = before - self.left()
        assert told == len(gone)
        return gone

    def left(self) -> set[str]:
        files = (one for one in self.folder.rglob("*") if one.is_file())
        return {one.relative_to(self.folder).as_posix() for one in files}


@pytest.fixture
def attic(world: World, tmp_path: Path) -> Attic:
    return Attic(world, tmp_path / "files")


async def test_all_files_of_a_piece_go_with_its_row_and_those_of_others_stay(
    attic: Attic,
) -> None:
    piece, stem = await attic.piece()
    _, other = await attic.piece()
    mine, theirs = (
        {
            f"outputs/{one}.md",
            results.beside(f"outputs/{one}.md"),
            f"exports/{one}.docx",
            f"exports/{one}.csv",
        }
        for one in (stem, other)
    )
    await attic.put(*mine, *theirs)
    assert await attic.swept() == set()
    await attic.drop("outputs", piece)
    assert await attic.swept() == mine
    assert attic.left() == theirs
    with pytest.raises(NotFound):
        await attic.store.get(f"outputs/{stem}.json")


async def test_what_a_run_left_goes_with_its_run_drafts_and_all(attic: Attic) -> None:
    of = await attic.run("chat")
    answer = f"outputs/{ACME}/{of}/1.md"
    draft = f"drafts/{ACME}/{of}/1/think-1.md"
    files = {answer, draft, results.beside(draft)}
    await attic.put(*files)
    assert await attic.swept() == set()  # an answer has no row until it is judged
    await attic.drop("runs", of)
    assert await attic.swept() == files


async def test_drafts_are_kept_as_long_as_the_steps_that_name_them(
    attic: Attic,
) -> None:
    ended = [
        await attic.run(ended=ended)
        for ended in (
            "now() - interval '15 days'",
            "now() - interval '13 days'",
            "NULL",
        )
    ]
    old, *kept = (f"drafts/{ACME}/{of}/1/write.md" for of in ended)
    await attic.put(old, *kept, days=20)
    assert await attic.swept() == {old}


async def test_what_an_attempt_has_just_put_waits_a_day_for_its_row(
    attic: Attic,
) -> None:
    of = await attic.run()
    lost, fresh = (f"outputs/{ACME}/{of}/{attempt}.md" for attempt in (1, 2))
    await attic.put(lost)
    await attic.put(fresh, days=0.5)
    assert await attic.swept() == {lost}
    running = await attic.run(ended="NULL")
    await attic.put(f"outputs/{ACME}/{running}/1.md")
    assert await attic.swept() == set()


async def proposal(attic: Attic, status: str = "proposed") -> UUID:
    skill = await attic.row("skills", name=f"skill-{uuid7()}", workspace_id=ACME)
    return await attic.row(
        "rules",
        skill_id=skill,
        user_id=None,
        scope="skill",
        status=status,
        proposal={"revision": 2},
    )


def tried(rule: UUID, revision: int, piece: UUID) -> str:
    case = Case("low-1", Kind.SEEN, output_id=str(piece))
    return text_key(ACME, (rule, revision, case.place), "before-1")


async def test_what_a_rule_was_tried_with_goes_when_that_is_decided_or_reworded(
    attic: Attic,
) -> None:
    piece, _ = await attic.piece()
    open_, decided = await proposal(attic), await proposal(attic, "active")
    sample = text_key(ACME, (open_, 2, Case("sample-1", Kind.SAMPLE).place), "after-1")
    kept = {tried(open_, 2, piece), sample}
    gone = {tried(open_, 1, piece), tried(decided, 2, piece)}
    await attic.put(*kept, *gone)
    assert await attic.swept() == gone
    await attic.drop("rules", open_)
    assert await attic.swept() == kept


async def test_what_was_written_anew_for_a_piece_goes_with_that_piece(
    attic: Attic,
) -> None:
    piece, _ = await attic.piece()
    other, _ = await attic.piece()
    rule = await proposal(attic)
    mine, theirs = tried(rule, 2, piece), tried(rule, 2, other)
    await attic.put(mine, theirs)
    await attic.drop("outputs", piece)
    assert await attic.swept() == {mine}


async def test_a_sent_file_goes_with_its_row_and_one_never_sent_after_a_day(
    attic: Attic,
) -> None:
    stem = f"assets/{ACME}/{ANA}"
    row = await attic.row("assets", storage_key=f"{stem}-sent")
    mine = {f"{stem}-sent{suffix}" for suffix in ("", RAW, TEXT, VIEW)}
    never = f"{stem}-never{RAW}"
    await attic.put(*mine, never)
    await attic.put(f"{stem}-just-now{RAW}", days=0.5)
    assert await attic.swept() == {never}
    await attic.drop("assets", row)
    assert await attic.swept() == mine


async def test_files_of_another_installation_and_of_other_sorts_are_let_be(
    attic: Attic,
) -> None:
    elsewhere, of = uuid7(), uuid7()
    await attic.put(
        f"outputs/{elsewhere}/{of}/1.md",
        f"{elsewhere}/rules/{of}/1/low-1/before-1.md",
        f"{ACME}/plots/0123.png",
        f"{ACME}/skills/tea/00ff",
        "skills/tea/00ff",
        f"outputs/{ACME}/notes.md",
    )
    assert await attic.swept() == set()
    await attic.put(f"outputs/{RIVAL}/{of}/1.md")
    assert await attic.swept() == {f"outputs/{RIVAL}/{of}/1.md"}
