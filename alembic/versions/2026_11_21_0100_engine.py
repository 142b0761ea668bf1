"""Add schema engine: the embedded engine's events, runs, jobs, memos and slots.

Safe online: a new schema; lock_timeout 5 s; no backfill. Undo forgets unfinished runs;
the record people read (``runs``, ``run_steps``) lives elsewhere and stays.
"""

from alembic import op

revision = "0100"
down_revision = "0014"

# Payloads are json, not jsonb: they are only carried, and must come back as they were,
# NUL escapes included.
EVENTS = """
    CREATE TABLE engine.events (
        id text PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        data json NOT NULL,
        person json NOT NULL DEFAULT '{}',
        sent_at timestamptz NOT NULL DEFAULT now(),
        dispatched_at timestamptz
    )
"""
PENDING = "CREATE INDEX ON engine.events (seq) WHERE dispatched_at IS NULL"

RUNS = """
    CREATE TABLE engine.runs (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        seq bigint GENERATED ALWAYS AS IDENTITY,
        function_id text NOT NULL,
        event_id text NOT NULL REFERENCES engine.events (id),
        status text NOT NULL DEFAULT 'active'
            CHECK (status IN ('active', 'completed', 'failed', 'cancelled')),
        lane text,
        lane_limit integer CHECK (lane_limit > 0),
        racing boolean NOT NULL DEFAULT false,
        output json,
        error json,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        UNIQUE (event_id, function_id),
        CHECK ((lane IS NULL) = (lane_limit IS NULL)),
        CHECK ((status = 'active') = (ended_at IS NULL))
    )
"""

# A lease is a due_at in the future with a worker's name on it; token fences it.
JOBS = """
    CREATE TABLE engine.jobs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id uuid NOT NULL REFERENCES engine.runs (id) ON DELETE CASCADE,
        step_id text NOT NULL DEFAULT '',
        name text NOT NULL DEFAULT '',
        kind text NOT NULL DEFAULT 'call' CHECK (kind IN ('call', 'sleep')),
        blocked boolean NOT NULL DEFAULT false,
        due_at timestamptz NOT NULL DEFAULT now(),
        worker uuid,
        token bigint NOT NULL DEFAULT 0,
        attempt integer NOT NULL DEFAULT 0,
        losses integer NOT NULL DEFAULT 0,
        again boolean NOT NULL DEFAULT false,
        error text NOT NULL DEFAULT '',
        UNIQUE (run_id, step_id)
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)
"""
DUE = "CREATE INDEX ON engine.jobs (due_at) WHERE NOT blocked"
BLOCKED = "CREATE INDEX ON engine.jobs (run_id) WHERE blocked"

MEMOS = """
    CREATE TABLE engine.memos (
        run_id uuid NOT NULL REFERENCES engine.runs (id) ON DELETE CASCADE,
        step_id text NOT NULL,
        name text NOT NULL,
        attempt integer NOT NULL DEFAULT 0,
        failed boolean NOT NULL DEFAULT false,
        body json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (run_id, step_id)
    )
"""

# Who is inside a concurrency lane; the waiting ones are its runs with blocked jobs.
SLOTS = """
    CREATE TABLE engine.slots (
        run_id uuid PRIMARY KEY REFERENCES engine.runs (id) ON DELETE CASCADE,
        lane text NOT NULL
    )
"""
LANE = "CREATE INDEX ON engine.slots (lane)"
LANE_RUNS = """
    CREATE INDEX ON engine.runs (lane, seq) WHERE status = 'active' AND lane IS NOT NULL
"""

GRANTS = (
    "GRANT USAGE ON SCHEMA engine TO agent_app, agent_worker",
    "GRANT INSERT ON engine.events TO agent_app",
    """
    GRANT SELECT, INSERT, UPDATE, DELETE
        ON engine.events, engine.runs, engine.jobs, engine.memos, engine.slots
        TO agent_worker
    """,
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("CREATE SCHEMA engine")
    for statement in (EVENTS, PENDING, RUNS, JOBS, DUE, BLOCKED, MEMOS, SLOTS):
        op.execute(statement)
    for statement in (LANE, LANE_RUNS, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA engine CASCADE")
