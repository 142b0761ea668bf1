"""Add the buyer, the ledger of model calls and the budgets.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.roles import WORKER
from db.script import statements

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE billing_accounts (
    workspace_id uuid NOT NULL
        CONSTRAINT fk_billing_accounts_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legal_name text, billing_email text, address text,
    country char(2) NOT NULL DEFAULT 'IN', state_code char(2), gstin text, pan text,
    currency char(3) NOT NULL DEFAULT 'INR', provider_customer_id text,
    limit_month_usd numeric(12, 6), limit_day_usd numeric(12, 6),
    alert_percent smallint[] NOT NULL DEFAULT '{75,90,100}',
    CONSTRAINT pk_billing_accounts PRIMARY KEY (workspace_id),
    CONSTRAINT ck_billing_accounts_gstin_shape
        CHECK (gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}$'),
    CONSTRAINT ck_billing_accounts_gstin_state CHECK (left(gstin, 2) = state_code),
    CONSTRAINT ck_billing_accounts_pan_shape CHECK (pan ~ '^[A-Z]{5}[0-9]{4}[A-Z]$')
);

CREATE TABLE usage_records (
    id uuid CONSTRAINT pk_usage_records PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_usage_records_workspace_id REFERENCES workspaces
        ON DELETE RESTRICT,
    user_id uuid
        CONSTRAINT fk_usage_records_user_id REFERENCES users ON DELETE SET NULL,
    run_id uuid, skill_id uuid,
    call_key text NOT NULL, kind text NOT NULL, provider text NOT NULL,
    model text NOT NULL,
    input_tokens integer NOT NULL DEFAULT 0,
    cache_read_tokens integer NOT NULL DEFAULT 0,
    cache_write_5m_tokens integer NOT NULL DEFAULT 0,
    cache_write_1h_tokens integer NOT NULL DEFAULT 0,
    output_tokens integer NOT NULL DEFAULT 0, units numeric(12,3),
    total_tokens integer NOT NULL
        GENERATED ALWAYS AS (input_tokens + cache_read_tokens +
            cache_write_5m_tokens + cache_write_1h_tokens + output_tokens) STORED,
    cost_usd numeric(12, 6) NOT NULL, price_version text NOT NULL, latency_ms integer,
    status text NOT NULL DEFAULT 'ok', is_fallback boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_usage_records_workspace_id_call_key UNIQUE (workspace_id, call_key),
    CONSTRAINT ck_usage_records_kind
        CHECK (kind IN ('llm', 'embedding', 'image', 'video', 'ocr', 'search')),
    CONSTRAINT ck_usage_records_status CHECK (status IN ('ok', 'error', 'filtered')),
    CONSTRAINT ck_usage_records_cost_not_negative CHECK (cost_usd >= 0)
);
CREATE INDEX ix_usage_records_user_id ON usage_records (user_id)
    WHERE user_id IS NOT NULL;
CREATE INDEX ix_usage_records_workspace_id_recorded_at
    ON usage_records (workspace_id, recorded_at);
CREATE INDEX ix_usage_records_run_id ON usage_records (run_id);

CREATE TABLE budget_periods (
    id uuid CONSTRAINT pk_budget_periods PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_budget_periods_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid
        CONSTRAINT fk_budget_periods_user_id REFERENCES users ON DELETE CASCADE,
    period text NOT NULL, starts_on date NOT NULL,
    limit_usd numeric(12, 6), spent_usd numeric(12, 6) NOT NULL DEFAULT 0,
    reserved_usd numeric(12, 6) NOT NULL DEFAULT 0,
    alerts_sent smallint[] NOT NULL DEFAULT '{}',
    CONSTRAINT uq_budget_periods_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_budget_periods_workspace_id_user_id_period_starts_on
        UNIQUE NULLS NOT DISTINCT (workspace_id, user_id, period, starts_on),
    CONSTRAINT ck_budget_periods_period CHECK (period IN ('day', 'month')),
    CONSTRAINT ck_budget_periods_sums_not_negative
        CHECK (spent_usd >= 0 AND reserved_usd >= 0)
);
CREATE INDEX ix_budget_periods_user_id ON budget_periods (user_id)
    WHERE user_id IS NOT NULL;

CREATE TABLE budget_reservations (
    id uuid CONSTRAINT pk_budget_reservations PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_budget_reservations_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    budget_period_id uuid NOT NULL, run_id uuid NOT NULL, call_key text NOT NULL,
    amount_usd numeric(12, 6) NOT NULL, settled_usd numeric(12, 6),
    state text NOT NULL DEFAULT 'held', expires_at timestamptz NOT NULL,
    CONSTRAINT uq_budget_reservations_budget_period_id_call_key
        UNIQUE (budget_period_id, call_key),
    CONSTRAINT fk_budget_reservations_workspace_id_budget_period_id
        FOREIGN KEY (workspace_id, budget_period_id)
        REFERENCES budget_periods (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_budget_reservations_state
        CHECK (state IN ('held', 'settled', 'released'))
);
CREATE INDEX ix_budget_reservations_workspace_id ON budget_reservations (workspace_id);
CREATE INDEX ix_budget_reservations_expires_at ON budget_reservations (expires_at)
    WHERE state = 'held';

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON billing_accounts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON budget_periods
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON budget_reservations
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE ON billing_accounts TO agent_app;
GRANT SELECT, INSERT ON usage_records TO agent_app;
GRANT SELECT, INSERT, UPDATE ON budget_periods, budget_reservations TO agent_app;
GRANT SELECT, UPDATE (spent_usd, reserved_usd, alerts_sent)
    ON budget_periods TO agent_worker;
GRANT SELECT, UPDATE (settled_usd, state) ON budget_reservations TO agent_worker;
"""

UNDO = """
DROP TABLE budget_reservations, budget_periods, usage_records, billing_accounts;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("billing_accounts"),
        *rls.tenant("usage_records"),
        *rls.tenant("budget_periods"),
        *rls.tenant("budget_reservations"),
        rls.allow("budget_periods", WORKER, "true"),
        rls.allow("budget_reservations", WORKER, "true"),
        *rls.erasable("billing_accounts", "budget_periods", "budget_reservations"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
