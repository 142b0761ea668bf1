import copy
import json
from typing import Any

import pytest

from bot.durable.face import sync
from bot.durable.face.problems import Problem
from bot.durable.reach import Reach
from bot.durable.steps import Steps
from tests.bot.durable.face.conftest import Side
from tests.bot.durable.face.site import OTHER_KEY

FUNCTIONS = "SELECT id, app, url FROM engine.functions ORDER BY id"
CONFIG: dict[str, Any] = {
    "id": "far-go",
    "name": "go",
    "triggers": [{"event": "go"}],
    "steps": {
        "step": {
            "id": "step",
            "name": "step",
            "runtime": {"type": "http", "url": "http://127.0.0.1:1/api"},
        }
    },
}
APP: dict[str, Any] = {
    "appname": "far",
    "url": "http://127.0.0.1:1/api",
    "functions": [CONFIG],
    "v": "0.1",
}


def app(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(APP), **changes}


def function(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(CONFIG), **changes}


def refusal(given: Any) -> str:
    with pytest.raises(Problem) as caught:
        sync.read(json.dumps(given).encode(), Reach())
    assert caught.value.status == 400
    return caught.value.message


async def register(side: Side, given: Any) -> Any:
    answer = await side.http.post("/fn/register", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_app_is_known_once_it_registered(side: Side) -> None:
    assert await register(side, APP) == {"ok": True, "modified": True, "app_id": "far"}
    assert await register(side, APP) == {"ok": True, "modified": False, "app_id": "far"}
    found = [tuple(row) for row in await side.world.rows(FUNCTIONS)]
    assert found == [("far-go", "far", "http://127.0.0.1:1/api")]
    shown = (await side.http.get("/v1/apps/far/functions")).json()
    assert [(one["slug"], one["url"]) for one in shown] == [found[0][::2]]


async def test_it_may_move_and_change_its_functions(side: Side) -> None:
    await register(side, APP)
    others = [function(id="far-b"), function(id="far-a")]
    moved = app(url="http://127.0.0.1:2/x", functions=others)
    assert (await register(side, moved))["modified"] is True
    found = [tuple(row) for row in await side.world.rows(FUNCTIONS)]
    assert found == [
        ("far-a", "far", "http://127.0.0.1:2/x"),
        ("far-b", "far", "http://127.0.0.1:2/x"),
    ]


async def test_the_sdk_registers_by_itself(side: Side) -> None:
    site = side.site()

    async def go(ctx: object, steps: Steps) -> None:
        """Do nothing."""

    site.declare("go", go)
    site.declare("tick", go, retries=3)
    async with site.open() as url:
        assert site.registered == {"ok": True, "modified": True, "app_id": "far"}
        found = [tuple(row) for row in await side.world.rows(FUNCTIONS)]
        assert found == [("far-go", "far", url), ("far-tick", "far", url)]


async def test_the_sdk_shows_what_is_not_supported(side: Side) -> None:
    site = side.site()

    async def go(ctx: object, steps: Steps) -> None:
        """Do nothing."""

    site.declare("go", go, idempotency="event.data.id.matches('x')")
    async with site.open():
        assert "far-go" in site.registered["error"]
        assert "matches" in site.registered["error"]
    assert await side.world.rows(FUNCTIONS) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"triggers": [{"event": "a", "expression": "event.data.x.matches('y')"}]},
            "matches",
        ),
        ({"triggers": [{"cron": "every day"}]}, "every day"),
        ({"concurrency": [{"limit": 1, "key": "event.data.map(x, x)"}]}, "map"),
        ({"deferred": {"x": 1}}, "deferred"),
        ({"throttle": {"limit": 1, "period": "soon"}}, "soon"),
    ],
)
def test_an_unsupported_option_is_refused_by_name(
    changes: dict[str, Any], named: str
) -> None:
    said = refusal(app(functions=[function(id="far-ok"), function(**changes)]))
    assert "far-go" in said
    assert named in said


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([], "not a JSON object"),
        (app(functions=[]), "'functions' is no list"),
        (app(functions={"a": 1}), "'functions' is no list"),
        (app(functions=[1]), "not an object"),
        (app(functions=[function(id="")]), "'id' is missing"),
        (app(functions=[function(id="a\x00")]), "'id' is missing, or no text"),
        (app(functions=[function(id="i" * 501)]), "longer than 500"),
        (app(functions=[function(), function()]), "Two functions are called"),
        (app(appname=""), "'appname' is missing"),
        (app(appname=7), "'appname' is missing"),
        (app(url=None), "'url' is missing"),
        (app(url="http://169.254.169.254/latest"), "may not call 169.254.169.254"),
        (app(url="https://example.com/api"), "--app-host example.com"),
        (app(url="file:///etc/passwd"), "no address of http"),
        (app(functions=[function(triggers=3)]), "far-go"),
    ],
)
def test_what_is_no_registration_is_refused_by_what_is_wrong(
    given: Any, named: str
) -> None:
    assert named in refusal(given)


async def test_of_a_bad_registration_nothing_is_kept(side: Side) -> None:
    given = app(functions=[function(), function(id="far-b", deferred={"x": 1})])
    answer = await side.http.post("/fn/register", json=given)
    assert (answer.status_code, answer.json()["code"]) == (400, "unsupported")
    assert "deferred" in answer.json()["error"]
    assert await side.world.rows(FUNCTIONS) == []


async def test_no_app_takes_a_function_from_another(side: Side) -> None:
    await register(side, APP)
    answer = await side.http.post("/fn/register", json=app(appname="thief"))
    assert answer.status_code == 409
    assert "'far-go' belongs to app 'far'" in answer.json()["error"]


async def test_no_app_takes_the_place_of_one_inside_a_process(side: Side) -> None:
    inside = (
        "INSERT INTO engine.functions (id, app, config) VALUES ('far-x', 'far', '{}')"
    )
    await side.world.tell(inside)
    answer = await side.http.post("/fn/register", json=APP)
    assert answer.status_code == 409


async def test_without_the_signing_key_nobody_registers(side: Side) -> None:
    for shown in ("", "Bearer x", "Bearer " + "0" * 64):
        headers = {"authorization": shown}
        answer = await side.http.post("/fn/register", json=APP, headers=headers)
        assert answer.status_code == 401
    assert await side.world.rows(FUNCTIONS) == []


async def test_an_app_with_another_key_is_told_so(side: Side) -> None:
    site = side.site(signing_key=OTHER_KEY)

    async def go(ctx: object, steps: Steps) -> None:
        """Do nothing."""

    site.declare("go", go)
    async with site.open():
        assert "signing key" in site.registered["error"]


async def test_an_app_that_expects_a_development_server_is_refused(side: Side) -> None:
    headers = {"x-inngest-expected-server-kind": "dev"}
    answer = await side.http.post("/fn/register", json=APP, headers=headers)
    assert answer.status_code == 400
