"""Clients over REST: stale edits, whom a brief is for, and refused attempts kept."""

from typing import Any
from uuid import UUID, uuid1

import httpx

from agent.clients.operations import new_client
from agent.clients.shelf_operations import archive_client
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.bot.surfaces.conftest import Api
from tests.db.asking import one, run


async def made(api: Api, key: str, name: str) -> str:
    answer = await api.post("clients.new", key, {"name": name})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["client_id"])


async def edited(api: Api, key: str, **asked: Any) -> httpx.Response:
    return await api.post("clients.edit", key, asked)


async def test_a_stale_edit_is_a_conflict_that_names_who_changed_what(
    api: Api, ana: str
) -> None:
    acme = await made(api, ana, "Acme")
    for version, text in enumerate(("calm", "warm")):
        done = await edited(
            api, ana, client_id=acme, part="voice", text=text, version=version
        )
        assert done.json()["version"] == version + 1
    stale = await edited(api, ana, client_id=acme, part="voice", text="x", version=1)
    assert stale.status_code == 409
    assert stale.json()["code"] == "client_changed"
    assert "Ana changed it meanwhile" in stale.json()["detail"]
    other = await edited(api, ana, client_id=acme, part="price", text="49", version=1)
    assert other.json()["version"] == 3


async def newest(world: World) -> Any:
    [row] = await run(world.owner, "SELECT * FROM runs ORDER BY id DESC LIMIT 1")
    return row


async def test_a_brief_says_whom_it_is_for(api: Api, ana: str, world: World) -> None:
    acme = await made(api, ana, "Acme")
    beacon = await made(api, ana, "Beacon")
    await edited(api, ana, client_id=acme, part="voice", text="calm")
    started = await api.post("runs.start", ana, {"brief": "a slogan for Acme's shop"})
    assert started.status_code == 202, started.text
    assert ((row := await newest(world)).client_id, row.client_version) == (
        (UUID(acme), 1)
    )
    named = {"brief": "a slogan for Acme", "client_id": beacon}
    await api.post("runs.start", ana, named)
    assert (await newest(world)).client_id == UUID(beacon)
    await api.post("runs.start", ana, {"brief": "a slogan"})
    assert (await newest(world)).client_id is None


async def test_where_nobody_can_be_asked_it_is_refused(
    api: Api, ana: str, world: World
) -> None:
    acme, _ = await made(api, ana, "Acme"), await made(api, ana, "Beacon")
    both = await api.post("runs.start", ana, {"brief": "Acme or Beacon, a slogan"})
    assert (both.status_code, both.json()["code"]) == (422, "client_ambiguous")
    await world.call(archive_client, AS_ANA, name="Acme")
    for asked in ({"brief": "a slogan for Acme"}, {"brief": "x", "client_id": acme}):
        away = await api.post("runs.start", ana, asked)
        assert (away.status_code, away.json()["code"]) == (409, "client_archived")
    foreign = (await world.call(new_client, AS_EVE, name="Topsecret")).client_id
    for client_id in (foreign, uuid1()):
        gone = await api.post(
            "runs.start", ana, {"brief": "x", "client_id": str(client_id)}
        )
        assert (gone.status_code, gone.json()["code"]) == (404, "client_gone")
    assert await one(world.owner, "SELECT count(*) FROM runs") == 0


async def test_a_refused_attempt_is_kept_and_a_refused_look_is_not(
    api: Api, world: World
) -> None:
    key = await api.key(AS_BOB, scopes="read")
    for _ in range(2):
        refused = await api.post("clients.archive", key, {"name": "Acme"})
        assert refused.status_code == 403
    kept = await run(
        world.owner,
        "SELECT data, actor_id FROM events WHERE type = 'operation.refused'",
    )
    assert 1 <= len(kept) <= 2  # the minute may have ended in between
    assert kept[0].data["operation"] == "clients.archive"
    assert kept[0].actor_id == AS_BOB.user_id
    seen = len(kept)
    look = await api.post("identity.audit", await api.key(AS_BOB, scopes="write"), {})
    assert look.status_code == 403
    assert (
        await one(
            world.owner, "SELECT count(*) FROM events WHERE type = 'operation.refused'"
        )
        == seen
    )
