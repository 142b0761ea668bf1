"""Let the ratings of a test be counted whole, whoever looks, and without their words.

A score of a piece in a private chat counts in a test as any other; who looks is shown
no more than sums. The nightly look finds the tests that run.

Safe online: a function, policies and column grants; lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.roles import APP, OWNER, WORKER
from db.script import statements

revision = "0124"
down_revision = "0123"

RATINGS = """
CREATE FUNCTION experiment_ratings(experiment uuid) RETURNS TABLE (
    unit text, is_candidate boolean, exposed_at timestamptz, rater text,
    score double precision, is_before boolean
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT x.unit_type || ':' || x.unit_id, a.key = 'candidate', x.first_exposed_at,
        f.reviewer_key, f.overall_score::float8, r.arm_id IS DISTINCT FROM x.arm_id
    FROM experiments e
    JOIN experiment_exposures x ON x.experiment_id = e.id
    JOIN experiment_arms a ON a.id = x.arm_id
    JOIN runs r ON r.workspace_id = e.workspace_id AND r.skill_id = e.subject_id
        AND r.provider IS DISTINCT FROM 'rehearsal'
        AND (e.client_id IS NULL OR r.client_id = e.client_id)
        AND CASE WHEN x.unit_type = 'client' THEN r.client_id = x.unit_id
                 ELSE r.user_id = x.unit_id
                     AND (e.client_id IS NOT NULL OR r.client_id IS NULL) END
    JOIN outputs o ON o.run_id = r.id AND o.kind NOT IN ('answer', 'export')
    JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
    WHERE e.id = experiment AND e.workspace_id =
            NULLIF(current_setting('app.workspace_id', true), '')::uuid
        AND (r.arm_id = x.arm_id OR f.created_at < e.started_at)
    ORDER BY f.created_at, f.id
$$;
"""

CALL = "experiment_ratings(uuid)"
READ = {
    "experiments": (
        "id, workspace_id, client_id, subject_id, kind, status, started_at"
    ),
    "experiment_arms": "id, key",
    "experiment_exposures": (
        "experiment_id, arm_id, unit_type, unit_id, first_exposed_at"
    ),
    "outputs": "id, run_id, kind",
    "feedback": "id, output_id, source, reviewer_key, overall_score, created_at",
}
RUNS = "provider, arm_id"
"""The worker reads of runs what its sweeps need; this is added."""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, columns in READ.items():
        op.execute(rls.allow(table, WORKER, "true", name="experiments", verb="SELECT"))
        op.execute(_right("GRANT", columns, table, "TO"))
    op.execute(_right("GRANT", RUNS, "runs", "TO"))
    for statement in (*statements(RATINGS), *rls.run_as(WORKER, CALL, APP)):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {WORKER}")
    op.execute(f"DROP FUNCTION {CALL}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
    for table, columns in READ.items():
        op.execute(f"DROP POLICY experiments ON {table}")
        op.execute(_right("REVOKE", columns, table, "FROM"))
    op.execute(_right("REVOKE", RUNS, "runs", "FROM"))


def _right(verb: str, columns: str, table: str, to: str) -> str:
    return f"{verb} SELECT ({columns}) ON {table} {to} {WORKER}"
