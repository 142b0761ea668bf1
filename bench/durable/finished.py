"""A database that has seen many runs, all of them over."""

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

RUNS = 100_000
FILL = (
    """
    INSERT INTO engine.events (id, name, data, dispatched_at)
    SELECT 'old-' || n, 'chain-3', '{}', now() FROM generate_series(1, :runs) n
    """,
    """
    INSERT INTO engine.runs (function_id, event_id, status, output, ended_at)
    SELECT 'bench-chain-3', 'old-' || n, 'completed', 'null', now()
    FROM generate_series(1, :runs) n
    """,
    """
    INSERT INTO engine.memos (run_id, step_id, name, body)
    SELECT id, 'step ' || n, 'step ' || n, '{"data":"done"}'
    FROM engine.runs, generate_series(0, 2) n
    """,
    "ANALYZE engine.events, engine.runs, engine.memos, engine.jobs",
)


async def fill(admin: URL, runs: int = RUNS) -> None:
    """Leave so many finished runs of three steps behind."""
    engine = create_async_engine(admin)
    async with engine.begin() as connection:
        for statement in FILL:
            await connection.exec_driver_sql(statement.replace(":runs", str(runs)))
    await engine.dispose()
