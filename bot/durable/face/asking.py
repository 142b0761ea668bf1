"""Look-ups of runs and events, for those who show a signing key."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.durable.database import LOST, Connection, Database
from bot.durable.face import answers, graph, queries, shapes
from bot.durable.face.answers import uuid
from bot.durable.face.graph import Unreadable
from bot.durable.face.keys import Keys
from bot.durable.face.problems import Problem
from bot.durable.face.receiving import body_of

MAX_QUERY_BYTES = 64 * 2**10
GONE = 410
Json = dict[str, Any]


class Stopper(Protocol):
    """Ends runs."""

    async def cancel(self, run_id: str) -> bool:
        """Stop a run; False when it had ended."""
        ...


def prover(keys: Keys) -> Callable[[Request], Awaitable[None]]:
    """Return the check that a request shows a signing key."""

    async def prove(request: Request) -> None:
        if not keys.may_ask(request.headers.get("authorization", "")):
            raise Problem(401, "The signing key is missing, or not this server's.")

    return prove


@contextmanager
def while_there() -> Iterator[None]:
    """Turn the database's absence into an answer.

    Raises:
        Problem: The database is away.
    """
    try:
        yield
    except LOST as error:
        raise Problem(503, "The database does not answer; ask again.") from error


@asynccontextmanager
async def asked(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection.

    Raises:
        Problem: The database is away.
    """
    with while_there():
        async with database.connection() as connection:
            yield connection


def router(database: Database, engine: Stopper, keys: Keys) -> APIRouter:
    """Return the look-ups."""
    api = APIRouter(dependencies=[Depends(prover(keys))])
    _add_runs(api, database, engine)
    _add_events(api, database)
    _add_state(api, database)

    @api.get("/v1/apps/{app}/functions")
    async def functions(app: str) -> Response:
        async with asked(database) as connection:
            rows = await queries.functions(connection, app)
        return JSONResponse([shapes.function(row) for row in rows])

    @api.post("/v0/gql")
    async def query(request: Request) -> Response:
        return await _graph(database, await body_of(request, MAX_QUERY_BYTES))

    return api


def _add_runs(api: APIRouter, database: Database, engine: Stopper) -> None:
    @api.get("/v1/runs/{run_id}")
    async def run(run_id: str) -> Response:
        async with asked(database) as connection:
            row = await _run(connection, run_id)
        return _data(shapes.run(row))

    @api.get("/v1/runs/{run_id}/jobs")
    async def jobs(run_id: str) -> Response:
        async with asked(database) as connection:
            row = await _run(connection, run_id)
            found = await queries.jobs(connection, row["id"])
        return _data([shapes.job(one) for one in found])

    @api.delete("/v1/runs/{run_id}")
    async def cancel(run_id: str) -> Response:
        async with asked(database) as connection:
            await _run(connection, run_id)
        if not await engine.cancel(run_id):
            raise Problem(409, "The run had ended.")
        return Response(status_code=204)


def _add_events(api: APIRouter, database: Database) -> None:
    @api.get("/v1/events/{event_id:path}/runs")
    async def runs(event_id: str) -> Response:
        async with asked(database) as connection:
            rows = await queries.runs_of(connection, event_id)
        return _data([shapes.run(row) for row in rows])

    @api.get("/v1/events/{event_id:path}")
    async def event(event_id: str) -> Response:
        async with asked(database) as connection:
            row = await queries.event(connection, event_id)
        if row is None:
            raise Problem(404, "There is no such event, or it was pruned.")
        return _data(shapes.looked_up_event(row))


def _add_state(api: APIRouter, database: Database) -> None:
    """What a call leaves out when it would be too large; the SDK fetches it here."""

    @api.get("/v0/runs/{run_id}/batch")
    async def batch(run_id: str) -> Response:
        async with asked(database) as connection:
            rows = await queries.events_of(connection, _key(run_id))
        if not rows:
            raise Problem(GONE, "There is no such run, or it was pruned.")
        return JSONResponse([shapes.event(row) for row in rows])

    @api.get("/v0/runs/{run_id}/actions")
    async def actions(run_id: str) -> Response:
        async with asked(database) as connection:
            row = await _run(connection, run_id, GONE)
            memos = await queries.memos(connection, row["id"])
        steps = ",".join(f"{json.dumps(one['step_id'])}:{one['body']}" for one in memos)
        return Response(f"{{{steps}}}", media_type="application/json")


async def _run(connection: Connection, run_id: str, status: int = 404) -> Any:
    row = await queries.run(connection, _key(run_id))
    if row is None:
        raise Problem(status, "There is no such run, or it was pruned.")
    return row


def _key(run_id: str) -> UUID:
    key = uuid(run_id)
    if key is None:
        raise Problem(400, f"{run_id[:100]!r} is no id of a run.")
    return key


async def _graph(database: Database, body: bytes) -> Response:
    try:
        fields = _asked_for(body)
        async with asked(database) as connection:
            return JSONResponse({"data": await answers.answer(connection, fields)})
    except Unreadable as refusal:
        return JSONResponse({"data": {}, "errors": [{"message": str(refusal)}]})


def _asked_for(body: bytes) -> tuple[graph.Field, ...]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    query = given.get("query") if isinstance(given, dict) else None
    if not isinstance(query, str):
        raise Unreadable("The body is not JSON with a query in it.")
    variables = given.get("variables")
    return graph.read(query, variables if isinstance(variables, dict) else {})


def _data(told: Any) -> Response:
    return JSONResponse({"data": told, "metadata": {}})
