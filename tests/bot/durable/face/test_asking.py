import json
from typing import Any

import inngest
import pytest

from bot.durable.steps import Steps
from tests.bot.durable.face.conftest import Side
from tests.bot.durable.face.site import Site

NOBODY = "01940000-0000-7000-8000-000000000000"
QUERY = """
query Get($run: String!, $event: ID!) {
    run(runID: $run) { status output trace { childrenSpans { name outputID } } }
    runTrigger(runID: $run) { payloads }
    event(query: {eventId: $event}) { functionRuns { id } }
}
"""
OUTPUT = "{ runTraceSpanOutputByID(outputID: %s) { data error { message } } }"


@pytest.fixture
async def site(side: Side) -> Site:
    made = side.site()

    async def go(ctx: inngest.Context, steps: Steps) -> Any:
        return await ctx.step.run("one", made.note, "hello")

    async def wrong(ctx: inngest.Context, steps: Steps) -> None:
        raise inngest.NonRetriableError("no way")

    async def waits(ctx: inngest.Context, steps: Steps) -> None:
        await ctx.step.wait_for_event("answer", event="never", timeout=60_000)

    made.declare("go", go)
    made.declare("wrong", wrong)
    made.declare("waits", waits)
    return made


async def get(side: Side, path: str) -> Any:
    answer = await side.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ask(side: Side, query: str, **variables: Any) -> Any:
    given = json.dumps({"query": query, "variables": variables})
    answer = await side.http.post("/v0/gql", content=given)
    assert answer.status_code == 200
    return answer.json()


async def test_a_run_can_be_looked_up(side: Side, site: Site) -> None:
    async with site.open():
        run = await side.run("go", n=1)
    shown = (await get(side, f"/v1/runs/{run.id}"))["data"]
    assert shown["status"] == "Completed"
    assert (shown["output"], shown["function_id"]) == ("hello", "far-go")
    assert shown["run_started_at"] <= shown["ended_at"]
    assert (await get(side, f"/v1/events/{run.event_id}/runs"))["data"] == [shown]
    event = (await get(side, f"/v1/events/{run.event_id}"))["data"]
    assert (event["name"], event["data"]) == ("go", {"n": 1})


async def test_a_failed_run_shows_its_error(side: Side, site: Site) -> None:
    async with site.open():
        run = await side.run("wrong")
    shown = (await get(side, f"/v1/runs/{run.id}"))["data"]
    assert (shown["status"], shown["output"]["message"]) == ("Failed", "no way")
    assert shown["output"]["code"] == "non_retriable_error"


async def test_an_event_whose_id_is_a_path_can_be_looked_up(side: Side) -> None:
    await side.send({"name": "a", "id": "a/b?c"})
    assert (await get(side, "/v1/events/a%2Fb%3Fc"))["data"]["id"] == "a/b?c"
    assert (await get(side, "/v1/events/a%2Fb%3Fc/runs"))["data"] == []


async def test_a_run_can_be_stopped(side: Side, site: Site) -> None:
    async with site.open():
        (key,) = await side.send({"name": "waits"})
        (run,) = await side.world.until(
            key, lambda runs: any(step.kind == "wait" for step in runs[0].steps)
        )
        (job,) = (await get(side, f"/v1/runs/{run.id}/jobs"))["data"]
        assert (job["kind"], job["name"], job["running"]) == ("wait", "answer", False)
        assert (await side.http.delete(f"/v1/runs/{run.id}")).status_code == 204
        shown = (await get(side, f"/v1/runs/{run.id}"))["data"]
        assert shown["status"] == "Cancelled"
        assert (await side.http.delete(f"/v1/runs/{run.id}")).status_code == 409


MISSING = (
    (f"/v1/runs/{NOBODY}", 404),
    ("/v1/runs/nonsense", 400),
    (f"/v1/runs/{NOBODY}/jobs", 404),
    ("/v1/events/nobody", 404),
    (f"/v0/runs/{NOBODY}/actions", 410),
    (f"/v0/runs/{NOBODY}/batch", 410),
    ("/nowhere", 404),
    ("/v1/events", 404),
    ("/v1/events/", 404),
    ("/v1/events/%00", 404),
    ("/v1/events/%ff", 404),
    ("/dev", 404),
)
CLOSED = (
    ("GET", f"/v1/runs/{NOBODY}"),
    ("DELETE", f"/v1/runs/{NOBODY}"),
    ("GET", f"/v1/runs/{NOBODY}/jobs"),
    ("GET", "/v1/events/e1"),
    ("GET", "/v1/events/e1/runs"),
    ("GET", f"/v0/runs/{NOBODY}/actions"),
    ("GET", f"/v0/runs/{NOBODY}/batch"),
    ("GET", "/v1/apps/far/functions"),
    ("POST", "/v0/gql"),
)


async def test_what_there_is_not_is_said_so(side: Side) -> None:
    for path, status in MISSING:
        answer = await side.http.get(path)
        assert (path, answer.status_code) == (path, status)
        assert answer.json()["error"]


async def test_nothing_is_told_without_the_signing_key(side: Side) -> None:
    for method, path in CLOSED:
        for shown in ("", "Bearer", "Bearer nonsense"):
            headers = {"authorization": shown}
            answer = await side.http.request(method, path, headers=headers)
            assert (path, answer.status_code) == (path, 401)
            assert set(answer.json()) == {"error", "status"}


async def test_health_is_for_all(side: Side) -> None:
    answer = await side.http.get("/health", headers={"authorization": ""})
    assert (answer.status_code, answer.json()["message"]) == (200, "working")


async def test_a_suites_queries_are_answered(side: Side, site: Site) -> None:
    async with site.open():
        run = await side.run("go", n=1)
    told = (await ask(side, QUERY, run=run.id, event=run.event_id))["data"]
    assert told["event"] == {"functionRuns": [{"id": run.id}]}
    assert (told["run"]["status"], told["run"]["output"]) == ("COMPLETED", '"hello"')
    (span,) = told["run"]["trace"]["childrenSpans"]
    assert (span["name"], len(told["runTrigger"]["payloads"])) == ("one", 1)
    output = await ask(side, OUTPUT % f'"{span["outputID"]}"')
    shown = output["data"]["runTraceSpanOutputByID"]
    assert shown == {"data": '"hello"', "error": None}


async def test_what_there_is_not_is_null(side: Side) -> None:
    told = await ask(side, QUERY, run=NOBODY, event="e1")
    assert told == {"data": {"run": None, "runTrigger": None, "event": None}}
    for event in ("\x00", "\ud800"):
        told = await ask(side, QUERY, run="nonsense", event=event)
        assert told == {"data": {"run": None, "runTrigger": None, "event": None}}
    assert (await ask(side, OUTPUT % '"x:y"'))["data"] == {
        "runTraceSpanOutputByID": None
    }


REFUSED = (
    ("mutation { x }", "'mutation'"),
    ("{ apps { id } }", "no query 'apps'"),
    ("{ run { id } }", "'runID' is missing"),
    ("{ event(query: 3) { id } }", "'eventId' is missing"),
    ("{ run(runID: $x) { id } }", "'runID' is missing"),
)


async def test_another_query_is_refused_by_name(side: Side) -> None:
    for query, said in REFUSED:
        told = await ask(side, query)
        assert told["data"] == {}
        assert said in told["errors"][0]["message"]


async def test_garbage_is_no_query(side: Side) -> None:
    for body in (b"", b"[]", b'{"query": 3}', b"[" * 60_000):
        answer = await side.http.post("/v0/gql", content=body)
        assert "not JSON with a query" in answer.json()["errors"][0]["message"]
