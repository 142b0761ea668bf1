"""``draper runs``: an operator looks at every workspace's runs, and acts on one."""

import argparse
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.ctx import Caller
from agent.gate import invoke
from agent.runs.operations import start_run
from agent.runs.schemas import Started
from bot.cli import main, run_commands, runs
from bot.cli.refusal import Refusal
from bot.durable import events
from bot.durable.port import Event
from bot.settings import Settings
from db.server_bootstrap import Urls
from tests.agent.world import AS_ANA, AS_EVE, World, asked
from tests.db.asking import one, run
from tests.seeds import ACME

ASKED = "write an ad for canary-tea"

EVENT = "INSERT INTO engine.events (id, name, data) VALUES ('c', 'c', '{}')"


class Sender:
    """Sends into the embedded engine's table, in the transaction given."""

    async def emit(self, session: Any, name: str, data: Any, *, key: str) -> None:
        await events.send_in(session, [Event(name, data, key)])


@pytest.fixture
def world(
    app_engine: AsyncEngine, system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> World:
    return World(app_engine, system_engine, owner_engine)


class Desk:
    """The command line of one installation."""

    def __init__(self, urls: Urls, world: World) -> None:
        given: dict[str, Any] = {
            "database_url": urls.app,
            "database_system_url": urls.system,
        }
        self._settings = Settings(_env_file=None, **given)
        self.world = world

    async def says(self, *words: str) -> str:
        parser = argparse.ArgumentParser()
        runs.add(parser)
        return await run_commands.do(parser.parse_args(words), self._settings)

    async def answers(self, *words: str) -> Any:
        return json.loads(await self.says(*words, "--json"))

    async def refuses(self, *words: str) -> Refusal:
        with pytest.raises(Refusal) as refused:
            await self.says(*words)
        return refused.value

    async def starts(
        self, caller: Caller, key: str = "inbox:1", *, kind: str = "private"
    ) -> Started:
        chat = str(caller.user_id)
        placed = await self.world.settled(caller, chat=chat, kind=kind)
        async with self.world.ctx(placed, asked(placed, key, ASKED)) as opened:
            ctx = replace(opened, events=Sender())
            return await invoke(start_run, ctx, {"brief": ASKED})

    async def puts(self, run_id: UUID, **row: object) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in row)
        statement = f"UPDATE runs SET {columns} WHERE id = :id"  # noqa: S608 - ours
        await run(self.world.owner, statement, id=run_id, **row)


@pytest.fixture
def desk(database: Urls, world: World) -> Desk:
    return Desk(database, world)


async def test_runs_of_every_workspace_are_listed_without_their_words(
    desk: Desk,
) -> None:
    first = await desk.starts(AS_ANA)
    second = await desk.starts(AS_EVE)
    said = await desk.says("list")
    assert str(first.run_id) in said
    assert str(second.run_id) in said
    assert "canary" not in said
    lines = said.splitlines()
    bars = [[at for at, mark in enumerate(line) if mark == "|"] for line in lines]
    assert bars[0] == bars[2] == bars[3]


async def test_a_list_narrows_by_status_workspace_and_number(desk: Desk) -> None:
    first = await desk.starts(AS_ANA)
    second = await desk.starts(AS_EVE)
    await desk.puts(first.run_id, status="failed")

    async def ids(*words: str) -> list[str]:
        return [line["id"] for line in await desk.answers("list", *words)]

    assert await ids() == [str(second.run_id), str(first.run_id)]
    assert await ids("--status", "failed") == [str(first.run_id)]
    assert await ids("--workspace", "rival") == [str(second.run_id)]
    assert await ids("--workspace", str(ACME)) == [str(first.run_id)]
    assert await ids("--limit", "1") == [str(second.run_id)]


@pytest.mark.parametrize("words", [("list",), ("show", "1")])
async def test_a_workspace_that_is_not_there_is_named(
    desk: Desk, words: tuple[str, ...]
) -> None:
    refused = await desk.refuses(*words, "--workspace", "nope")
    assert refused.message == "There is no workspace nope."


async def test_stuck_is_what_should_move_and_has_not(desk: Desk) -> None:
    stuck, fresh = await desk.starts(AS_ANA), await desk.starts(AS_EVE)
    waiting = await desk.starts(AS_ANA, "inbox:2")
    await run(desk.world.owner, "ALTER TABLE runs DISABLE TRIGGER touch_updated_at")
    for each, status in ((stuck, "running"), (waiting, "waiting_input")):
        await desk.puts(each.run_id, status=status)
        await run(
            desk.world.owner,
            "UPDATE runs SET updated_at = now() - interval '1 hour' WHERE id = :id",
            id=each.run_id,
        )
    found = [line["id"] for line in await desk.answers("list", "--stuck")]
    assert found == [str(stuck.run_id)]
    assert str(fresh.run_id) not in found


async def test_one_run_is_shown_by_number_id_or_how_its_id_begins(desk: Desk) -> None:
    started = await desk.starts(AS_ANA)
    for name in (str(started.number), str(started.run_id), str(started.run_id)[:13]):
        said = await desk.says("show", name)
        assert said.startswith("Run #1: Answer, queued")
        assert "by Ana in telegram at 2" in said
        assert "canary" not in said
    told = await desk.answers("show", "1")
    assert (told["workspace"], told["status"]) == ("Acme", "queued")
    assert "asked" not in told


async def test_a_run_is_shown_with_its_steps_and_the_engines(desk: Desk) -> None:
    started = await desk.starts(AS_ANA)
    await run(
        desk.world.owner,
        "INSERT INTO run_steps (workspace_id, run_id, position, name, kind, status,"
        " started_at, completed_at, error_message) VALUES (:w, :r, 1, 'write', 'llm',"
        " 'failed', now(), now() + interval '2 s', 'Claude is busy.')",
        w=ACME,
        r=started.run_id,
    )
    await run(
        desk.world.owner,
        "INSERT INTO engine.runs (function_id, event_id) VALUES ('run-skill', :e)",
        e=f"{started.run_id}:1",
    )
    await run(
        desk.world.owner,
        "INSERT INTO engine.jobs (run_id, attempt, error, due_at)"
        " SELECT id, 2, 'Told: Claude is busy.', now() + interval '40 s'"
        " FROM engine.runs",
    )
    said = await desk.says("show", "1")
    assert "2.00 s | Claude is busy." in said
    assert "Engine: run-skill" in said
    assert "for its next try until 2" in said
    assert "after 2 failed" in said
    told = await desk.answers("show", "1")
    assert told["engine"][0]["steps"][0]["attempt"] == 2
    assert told["waiting_for"] == "retry"


async def test_why_somebody_rejected_a_draft_is_theirs(desk: Desk) -> None:
    await desk.starts(AS_ANA)
    await run(
        desk.world.owner,
        "UPDATE runs SET status = 'cancelled', error_code = 'rejected',"
        " error_message = 'Bob will hate it', metadata = :metadata",
        metadata='{"reasons": ["phrase Bob"]}',
    )
    for said in (await desk.says("show", "1"), str(await desk.answers("show", "1"))):
        assert "The draft was rejected." in said
        assert "Bob" not in said


async def test_a_number_of_two_workspaces_needs_the_workspace(desk: Desk) -> None:
    await desk.starts(AS_ANA)
    await desk.starts(AS_EVE)
    refused = await desk.refuses("show", "1")
    assert "means more than one run" in refused.message
    assert "Acme" in refused.message
    assert "--workspace" in refused.hint
    assert "Rival" in await desk.says("show", "1", "--workspace", "Rival")


@pytest.mark.parametrize("name", ["77", "0f0f", "00000000-0000-7000-8000-000000000000"])
async def test_a_run_that_is_not_there_is_named(desk: Desk, name: str) -> None:
    assert (await desk.refuses("show", name)).message == f"There is no run {name}."


@pytest.mark.parametrize("name", ["tea", "-", "0" * 40, "#1"])
async def test_what_cannot_name_a_run_is_said(desk: Desk, name: str) -> None:
    assert "neither" in (await desk.refuses("cancel", "--", name)).message


async def test_cancelling_stops_the_run_and_tells_whoever_asked(desk: Desk) -> None:
    started = await desk.starts(AS_ANA)
    said = await desk.says("cancel", "1")
    assert said == "Run #1 of Acme is stopped."
    assert await one(desk.world.owner, "SELECT status FROM runs") == "cancelled"
    shown = "SELECT payload->>'text' FROM deliveries WHERE run_id = :r"
    text = await one(desk.world.owner, shown, r=started.run_id)
    assert text.startswith("Stopped.")
    key = f"{started.run_id}:1:cancelled"
    sent = "SELECT count(*) FROM engine.events WHERE id = :id"
    assert await one(desk.world.owner, sent, id=key) == 1


async def test_what_an_operator_did_is_audited_as_the_systems(desk: Desk) -> None:
    await desk.starts(AS_ANA)
    await desk.says("cancel", "1")
    [line] = await run(
        desk.world.owner,
        "SELECT actor_type, actor_id, metadata->>'channel' AS door FROM events"
        " WHERE type = 'runs.cancel'",
    )
    assert (line.actor_type, line.actor_id, line.door) == ("system", None, "cli")


async def test_retrying_asks_the_engine_for_the_same_in_the_same_chat(
    desk: Desk,
) -> None:
    started = await desk.starts(AS_ANA, kind="group")
    await desk.says("cancel", "1")
    assert await desk.answers("retry", "1") == {
        "id": str(started.run_id),
        "number": 1,
        "status": "queued",
    }
    [event] = await run(
        desk.world.owner,
        "SELECT data FROM engine.events WHERE id = :id",
        id=f"{started.run_id}:2",
    )
    [first] = await run(
        desk.world.owner,
        "SELECT data FROM engine.events WHERE id = :id",
        id=f"{started.run_id}:1",
    )
    assert event.data == {**first.data, "attempt": 2}
    assert event.data["chat_id"]


async def test_an_ended_run_is_not_stopped_and_a_live_one_not_retried(
    desk: Desk,
) -> None:
    started = await desk.starts(AS_ANA)
    alive = await desk.refuses("retry", "1")
    assert alive.hint == f"`draper runs cancel {started.run_id}` stops it."
    await desk.puts(started.run_id, status="completed")
    ended = await desk.refuses("cancel", "1")
    assert "completed already" in ended.message
    assert ended.hint == f"`draper runs retry {started.run_id}` starts it again."


async def test_nobody_acts_in_the_place_of_somebody_gone(desk: Desk) -> None:
    started = await desk.starts(AS_ANA)
    await desk.puts(started.run_id, user_id=None)
    assert "no account any more" in (await desk.refuses("cancel", "1")).message
    assert await one(desk.world.owner, "SELECT status FROM runs") == "queued"


async def test_durable_functions_without_a_run_are_listed_and_shown(desk: Desk) -> None:
    owner = desk.world.owner
    await run(
        owner, "INSERT INTO engine.events (id, name, data) VALUES ('c', 'c', '{}')"
    )
    [made] = await run(
        owner,
        "INSERT INTO engine.runs (function_id, event_id, status, ended_at, output)"
        " VALUES ('sweep', 'c', 'completed', now(), '\"secret\"') RETURNING id",
    )
    assert "sweep" in await desk.says("list", "--engine")
    assert await desk.answers("list", "--engine", "--status", "failed") == []
    shown = await desk.says("show", str(made.id))
    assert "sweep" in shown
    assert "secret" not in shown
    refused = await desk.refuses("list", "--engine", "--status", "waiting_input")
    assert "It is one of: queued," in refused.hint


@pytest.mark.parametrize("limit", ["0", "-1", "many", ""])
def test_a_limit_of_nothing_is_no_limit(
    limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["runs", "list", f"--limit={limit}"])
    assert ended.value.code == 2
    assert "it must be 1 or more" in capsys.readouterr().err
