"""How PostgreSQL looks for things once it has counted many sleeping runs."""

from bot.durable import dispatch
from db.server_bootstrap import Urls
from tests.bot.durable.world import World
from tests.conftest import administer

SLEEPING = (
    (
        "INSERT INTO engine.events (id, name, data, dispatched_at) "
        "SELECT 'f' || n, 'go', '{}', now() FROM generate_series(1, 20000) n"
    ),
    (
        "INSERT INTO engine.runs (function_id, event_id) "
        "SELECT 't-go', id FROM engine.events"
    ),
    (
        "INSERT INTO engine.watches (run_id, step_id, event, value) "
        "SELECT id, s, s, event_id FROM engine.runs, unnest(ARRAY['a', 'b']) s"
    ),
)


async def test_an_event_nobody_waits_for_is_not_looked_for_among_all_waits(
    world: World, database: Urls
) -> None:
    for statement in SLEEPING:
        await world.tell(statement)
    await administer(database.admin, "ANALYZE engine.watches")
    pending = dispatch.PENDING.replace("$1", "200")
    plan = [line[0] for line in await world.rows(f"EXPLAIN {pending}")]
    assert any("watches_event_value_idx" in line for line in plan), plan
    assert not any("Seq Scan on watches" in line for line in plan), plan
