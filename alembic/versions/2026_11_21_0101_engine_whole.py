"""Let the engine wait, batch, debounce, throttle and tick.

Safe online: columns without a rewrite, small tables; lock_timeout 5 s. Undo forgets
waits and what was gathered.
"""

from alembic import op

revision = "0101"
down_revision = "0100"

# All functions of all processes: who dispatches need not be who can call.
FUNCTIONS = """
    CREATE TABLE engine.functions (
        id text PRIMARY KEY,
        app text NOT NULL,
        url text NOT NULL DEFAULT '',
        config json NOT NULL,
        synced_at timestamptz NOT NULL DEFAULT now()
    )
"""
JOBS = """
    ALTER TABLE engine.jobs
        ADD answer json,
        ADD priority integer NOT NULL DEFAULT 0,
        DROP CONSTRAINT jobs_kind_check,
        ADD CONSTRAINT jobs_kind_check
            CHECK (kind IN ('call', 'sleep', 'wait', 'invoke'))
"""
# rank is set only where a priority lets a run overtake; seq breaks ties.
RUNS = (
    """
    ALTER TABLE engine.runs
        ADD rank timestamptz,
        ADD expires_at timestamptz,
        ADD singleton text,
        ADD invoked_by text,
        ADD batched boolean NOT NULL DEFAULT false
    """,
    "DROP INDEX engine.runs_lane_seq_idx",
    """
    CREATE INDEX ON engine.runs (lane, rank NULLS FIRST, seq)
        WHERE status = 'active' AND lane IS NOT NULL
    """,
    """
    CREATE INDEX ON engine.runs (expires_at)
        WHERE status = 'active' AND expires_at IS NOT NULL
    """,
    """
    CREATE INDEX ON engine.runs (singleton)
        WHERE status = 'active' AND singleton IS NOT NULL
    """,
    "CREATE INDEX ON engine.runs (function_id) WHERE status = 'active'",
)
# What an unfinished run listens for: a step's answer, or (without a step) its end.
# value is what one leaf of a matching event must be; null when any event may match.
WATCHES = """
    CREATE TABLE engine.watches (
        run_id uuid NOT NULL REFERENCES engine.runs (id) ON DELETE CASCADE,
        step_id text NOT NULL DEFAULT '',
        place smallint NOT NULL DEFAULT 0,
        event text NOT NULL,
        value text,
        condition text,
        until timestamptz,
        PRIMARY KEY (run_id, step_id, place)
    )
"""
BATCHES = """
    CREATE TABLE engine.batches (
        run_id uuid NOT NULL REFERENCES engine.runs (id) ON DELETE CASCADE,
        place integer NOT NULL,
        event_id text NOT NULL REFERENCES engine.events (id),
        PRIMARY KEY (run_id, place)
    )
"""
# Theoretical arrival times, for rate limits, throttles and idempotency keys.
METERS = """
    CREATE TABLE engine.meters (
        key text PRIMARY KEY,
        free_at timestamptz NOT NULL
    )
"""
# Events held back for a debounce or a batch, until due_at.
GATHERINGS = """
    CREATE TABLE engine.gatherings (
        function_id text NOT NULL,
        key text NOT NULL,
        due_at timestamptz NOT NULL,
        deadline timestamptz,
        PRIMARY KEY (function_id, key)
    )
"""
GATHERED = """
    CREATE TABLE engine.gathered (
        function_id text NOT NULL,
        key text NOT NULL,
        event_id text NOT NULL REFERENCES engine.events (id),
        PRIMARY KEY (function_id, key, event_id),
        FOREIGN KEY (function_id, key) REFERENCES engine.gatherings ON DELETE CASCADE
    )
"""
CRONS = """
    CREATE TABLE engine.crons (
        function_id text NOT NULL REFERENCES engine.functions (id) ON DELETE CASCADE,
        expression text NOT NULL,
        next_at timestamptz NOT NULL,
        PRIMARY KEY (function_id, expression)
    )
"""
INDEXES = (
    "CREATE INDEX ON engine.jobs (due_at) WHERE losses > 0",
    "CREATE INDEX ON engine.watches (event, value)",
    "CREATE INDEX ON engine.batches (event_id)",
    "CREATE INDEX ON engine.gatherings (due_at)",
    "CREATE INDEX ON engine.gathered (event_id)",
    "CREATE INDEX ON engine.crons (next_at)",
    "CREATE INDEX ON engine.meters (free_at)",
)
GRANT = """
    GRANT SELECT, INSERT, UPDATE, DELETE ON
        engine.functions, engine.watches, engine.batches, engine.meters,
        engine.gatherings, engine.gathered, engine.crons
    TO agent_worker
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    tables = (FUNCTIONS, WATCHES, BATCHES, METERS, GATHERINGS, GATHERED, CRONS)
    for statement in (JOBS, *RUNS, *tables, *INDEXES, GRANT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "DROP TABLE engine.crons, engine.gathered, engine.gatherings, engine.meters,"
        " engine.batches, engine.watches, engine.functions"
    )
    op.execute(
        "DELETE FROM engine.runs r USING engine.jobs j"
        " WHERE j.run_id = r.id AND j.kind IN ('wait', 'invoke')"
    )
    op.execute("DROP INDEX engine.jobs_due_at_idx1, engine.runs_function_id_idx")
    op.execute(
        "ALTER TABLE engine.jobs DROP CONSTRAINT jobs_kind_check,"
        " DROP answer, DROP priority,"
        " ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('call', 'sleep'))"
    )
    op.execute(
        "ALTER TABLE engine.runs DROP rank, DROP expires_at, DROP singleton,"
        " DROP invoked_by, DROP batched"
    )
    op.execute(
        "CREATE INDEX ON engine.runs (lane, seq)"
        " WHERE status = 'active' AND lane IS NOT NULL"
    )
