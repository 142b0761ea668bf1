"""Add the history, the outbox and the throttles.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.roles import APP, DOOR, TAKEN, WORKER
from db.script import statements

revision = "0002"
down_revision = "0001"

UNPLACED = f"{rls.GLOBAL} AND actor_id = {rls.MINE.partition(' = ')[2]}"
"""What a person did outside any workspace, such as signing in."""

TABLES = """
CREATE TABLE events (
    id uuid CONSTRAINT pk_events PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid
        CONSTRAINT fk_events_workspace_id REFERENCES workspaces ON DELETE RESTRICT,
    stream_type text NOT NULL, stream_id text NOT NULL, version bigint NOT NULL,
    category text NOT NULL, type text NOT NULL,
    schema_version smallint NOT NULL DEFAULT 1,
    stream text NOT NULL
        GENERATED ALWAYS AS (category || '/' || stream_type || ':' || stream_id)
            STORED,
    data jsonb NOT NULL DEFAULT '{}', before jsonb, after jsonb,
    metadata jsonb NOT NULL DEFAULT '{}',
    actor_type text NOT NULL, actor_id uuid,
    ip_address inet, user_agent text, correlation_id uuid, causation_id uuid,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_events_workspace_id_stream_version
        UNIQUE NULLS NOT DISTINCT (workspace_id, stream, version),
    CONSTRAINT ck_events_category
        CHECK (category IN ('domain', 'audit', 'privacy', 'secret', 'autopilot',
            'analytics')),
    CONSTRAINT ck_events_actor_type
        CHECK (actor_type IN ('user', 'agent', 'contact', 'system', 'anonymous'))
);
CREATE INDEX ix_events_workspace_id_category_occurred_at
    ON events (workspace_id, category, occurred_at DESC);
CREATE INDEX ix_events_workspace_id_type_occurred_at
    ON events (workspace_id, type, occurred_at DESC);
CREATE INDEX ix_events_actor_id ON events (actor_id);
CREATE INDEX ix_events_correlation_id ON events (correlation_id);
CREATE INDEX ix_events_occurred_at ON events USING brin (occurred_at);

CREATE TABLE outbox (
    id uuid CONSTRAINT pk_outbox PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid
        CONSTRAINT fk_outbox_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    topic text NOT NULL, key text NOT NULL, payload jsonb NOT NULL,
    available_at timestamptz NOT NULL DEFAULT now(),
    attempts smallint NOT NULL DEFAULT 0, last_error text, published_at timestamptz,
    CONSTRAINT uq_outbox_topic_key UNIQUE (topic, key)
);
CREATE INDEX ix_outbox_workspace_id ON outbox (workspace_id)
    WHERE workspace_id IS NOT NULL;
CREATE INDEX ix_outbox_available_at ON outbox (available_at)
    WHERE published_at IS NULL;

CREATE UNLOGGED TABLE throttles (
    key text NOT NULL, kind text NOT NULL, count integer NOT NULL DEFAULT 0,
    state text, window_started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_throttles PRIMARY KEY (key),
    CONSTRAINT ck_throttles_kind CHECK (kind IN ('rate', 'circuit')),
    CONSTRAINT ck_throttles_state CHECK (state IN ('closed', 'open', 'half_open')),
    CONSTRAINT ck_throttles_circuits_have_state
        CHECK ((kind = 'circuit') = (state IS NOT NULL))
);
"""

RIGHTS = """
CREATE SEQUENCE event_versions;
GRANT USAGE ON SEQUENCE event_versions
    TO agent_app, agent_door, agent_worker, agent_vault, agent_eraser;

GRANT SELECT, INSERT ON events TO agent_app, agent_worker;
GRANT INSERT, SELECT (id, workspace_id, stream, version, schema_version, occurred_at)
    ON events TO agent_door, agent_vault;
GRANT SELECT, INSERT, UPDATE (data, before, after, metadata, actor_id, ip_address,
    user_agent) ON events TO agent_eraser;

GRANT INSERT ON outbox TO agent_app, agent_door;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO agent_worker;

GRANT SELECT, INSERT, UPDATE ON throttles TO agent_door;
GRANT SELECT, INSERT, UPDATE, DELETE ON throttles TO agent_worker;
"""

UNDO = """
DROP SEQUENCE event_versions;
DROP TABLE throttles, outbox, events;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("events"),
        rls.allow("events", APP, UNPLACED, name="own", verb="SELECT"),
        *(rls.allow("events", role, "true") for role in TAKEN),
        *rls.closed("outbox"),
        rls.allow("outbox", APP, rls.HERE, verb="INSERT"),
        rls.allow("outbox", DOOR, "true", verb="INSERT"),
        rls.allow("outbox", WORKER, "true"),
        *rls.closed("throttles"),
        rls.allow("throttles", DOOR, "true"),
        rls.allow("throttles", WORKER, "true"),
        *rls.erasable("outbox", "throttles"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
