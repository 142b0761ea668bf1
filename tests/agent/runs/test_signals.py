"""What people do with a piece, kept as a source of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from agent.catalog import moved_on, own_versions
from agent.catalog.evidence import Complaint, complaints
from agent.runs import signals
from agent.runs.export_operations import export_output
from agent.runs.revise_operations import revise_output
from db.tenancy import system
from tests.agent.catalog.test_evidence import LONG_AGO
from tests.agent.catalog.versioned import RULES, SKILL, Workshop, rules
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.db.asking import one, run
from tests.seeds import ANA, BOB

ROWS = """
    SELECT source, signal, comment, reviewer_id, overall_score FROM feedback
    WHERE output_id = :id ORDER BY signal
"""
DRAFT = """
    INSERT INTO approvals (workspace_id, subject_type, subject_id, subject_version,
        run_id, status, feedback, decided_by_id, decided_at, channel)
    SELECT workspace_id, 'run', run_id, :n, run_id, :status, :feedback, :by, now(),
        'telegram'
    FROM outputs WHERE id = :id
"""


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


async def rows(shop: Workshop, output_id: UUID) -> list[Mapping[str, Any]]:
    return [row._asdict() for row in await run(shop.world.owner, ROWS, id=output_id)]


async def implicit(shop: Workshop) -> list[Complaint]:
    async with shop.world.tenant(AS_ANA) as session:
        found = await complaints(session, SKILL, LONG_AGO)
    return [one for one in found if one.source == "implicit"]


async def test_wishes_for_a_piece_are_one_signal_with_all_their_words(
    shop: Workshop,
) -> None:
    output_id = await shop.piece()
    for wish in ("shorter", "less salty", "shorter"):
        await shop.world.call(
            revise_output, AS_BOB, output_id=str(output_id), instruction=wish
        )
    [row] = await rows(shop, output_id)
    assert (row["source"], row["signal"]) == ("implicit", "revise")
    assert (row["comment"], row["overall_score"]) == ("shorter; less salty", None)
    [said] = await implicit(shop)
    assert (said.text, said.score, said.source) == (
        "shorter; less salty",
        None,
        "implicit",
    )


async def test_another_take_is_no_wish(shop: Workshop) -> None:
    output_id = await shop.piece()
    await shop.world.call(
        revise_output, AS_BOB, output_id=str(output_id), instruction="another take"
    )
    [row] = await rows(shop, output_id)
    assert (row["signal"], row["comment"]) == ("regenerate", None)
    assert await implicit(shop) == []


async def test_taking_a_piece_as_a_file_accepts_it(shop: Workshop) -> None:
    output_id = await shop.piece()
    key = await one(
        shop.world.owner, "SELECT storage_key FROM outputs WHERE id = :id", id=output_id
    )
    shop.world.files.kept[key] = b"# Kettle\n\nIt boils."
    await shop.world.call(
        export_output, AS_BOB, output_id=str(output_id), format="html"
    )
    assert [row["signal"] for row in await rows(shop, output_id)] == ["accept"]


async def test_what_was_decided_about_drafts_goes_with_the_piece(
    shop: Workshop,
) -> None:
    output_id = await shop.piece()
    for n, status, feedback in (
        (1, "revision_requested", "too salesy"),
        (2, "revision_requested", "name the price"),
        (3, "approved", None),
    ):
        draft = {"n": n, "status": status, "feedback": feedback, "by": BOB}
        await run(shop.world.owner, DRAFT, id=output_id, **draft)
    async with shop.world.tenant(AS_ANA) as session:
        await signals.decided(session, output_id)
        await signals.decided(session, output_id)
    found = [(row["signal"], row["comment"]) for row in await rows(shop, output_id)]
    assert found == [("accept", None), ("revise", "too salesy; name the price")]


async def test_words_of_a_secret_are_not_kept(shop: Workshop) -> None:
    output_id = await shop.piece()
    secret = "sk-ant-api03-" + "a" * 80
    await shop.world.call(
        revise_output, AS_BOB, output_id=str(output_id), instruction=f"use {secret}"
    )
    [row] = await rows(shop, output_id)
    assert secret not in row["comment"]


async def left_lying(
    shop: Workshop, *, days: int = 4, wrote_after: bool = True
) -> UUID:
    """A piece shown in Bob's chat so long ago; perhaps he wrote there since."""
    bob = await shop.world.settled(AS_BOB)
    output_id = await shop.piece(AS_BOB)
    await run(
        shop.world.owner,
        """UPDATE runs SET conversation_id = :c WHERE id =
               (SELECT run_id FROM outputs WHERE id = :id)""",
        c=bob.conversation_id, id=output_id,
    )  # fmt: skip
    await run(
        shop.world.owner,
        "UPDATE outputs SET created_at = now() - make_interval(days => :d)"
        " WHERE id = :id",
        d=days, id=output_id,
    )  # fmt: skip
    await run(
        shop.world.owner,
        """INSERT INTO deliveries (workspace_id, run_id, channel, account, recipient,
               purpose, dedupe_key, payload, status, sent_revision)
           SELECT workspace_id, run_id, 'telegram', '', '1/', 'reply', id::text, '{}',
               'sent', 0 FROM outputs WHERE id = :id""",
        id=output_id,
    )
    if wrote_after:
        await run(
            shop.world.owner,
            """INSERT INTO messages (workspace_id, conversation_id, author_id, role,
                   channel, content)
               VALUES (:ws, :c, :u, 'user', 'telegram', 'and now an ad')""",
            ws=bob.workspace_id, c=bob.conversation_id, u=BOB,
        )  # fmt: skip
    return output_id


async def swept(shop: Workshop) -> int:
    async with system(shop.world.system, "worker") as session:
        return await signals.ignored(session, 500)


async def test_what_was_seen_and_left_lying_is_ignored_once(shop: Workshop) -> None:
    output_id = await left_lying(shop)
    assert [await swept(shop), await swept(shop)] == [1, 0]
    [row] = await rows(shop, output_id)
    assert (row["signal"], row["reviewer_id"]) == ("ignored", BOB)


@pytest.mark.parametrize("so", [{"days": 2}, {"days": 20}, {"wrote_after": False}])
async def test_what_nobody_saw_or_is_too_new_or_too_old_is_not(
    shop: Workshop, so: dict[str, Any]
) -> None:
    await left_lying(shop, **so)
    assert await swept(shop) == 0


async def test_what_was_rated_is_not_ignored(shop: Workshop) -> None:
    output_id = await left_lying(shop)
    async with shop.world.ctx(AS_BOB) as ctx:
        await signals.note(ctx, output_id, "accept")
    assert await swept(shop) == 0


async def told(shop: Workshop) -> int:
    async with system(shop.world.system, "worker") as session:
        return await moved_on.tell(session, 500)


async def test_who_has_a_version_of_their_own_hears_of_the_houses_once(
    shop: Workshop,
) -> None:
    await shop.world.settled(AS_ANA)
    await shop.world.settled(AS_BOB, chat="2")
    key = "SELECT storage_key FROM skill_versions WHERE id = :id"
    kept = shop.world.files.kept[await one(shop.world.owner, key, id=shop.house_id)]
    row = "| K03 | may | judge | It names the cup. | Cups differ. |"
    files = {**json.loads(kept)["files"], "RULES.md": rules(*RULES, row)}
    here = AS_ANA.workspace_id
    async with shop.world.tenant(AS_ANA) as session:
        made = await own_versions.make(
            session, shop.world.files, here, SKILL, files,
            origin="user", changelog="K03", by=ANA,
        )  # fmt: skip
        await own_versions.put_in_force(
            session, shop.world.files, here, SKILL, made.version_id
        )
    assert await told(shop) == 0
    await shop.release("1.2.0", RULES[:1])
    assert [await told(shop), await told(shop)] == [1, 0]
    payload = "SELECT payload FROM deliveries WHERE purpose = 'notice'"
    shown = await one(shop.world.owner, payload)
    assert "1.2.0 is out. You work by 1.1.0" in shown["text"]
    assert [button["label"] for button in shown["buttons"]] == [
        "See what changed",
        "Take it",
    ]
