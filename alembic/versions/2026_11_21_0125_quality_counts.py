"""Let scores of all pieces count in a skill's quality, whoever looks, without a word.

Most pieces are made in private chats, which row security shows to nobody else. Their
scores are the team's all the same; these functions give numbers and the skills' own
rules, never what was asked, written or said. They are the owner's, for no narrow role
may read the checks, and see the caller's workspace only.

Safe online: two functions; lock_timeout 5 s.
"""

from alembic import op

from db.roles import APP
from db.script import statements

revision = "0125"
down_revision = "0124"

FUNCTIONS = """
CREATE FUNCTION quality_scores(wanted text) RETURNS TABLE (
    skill text, person text, piece text, overall smallint, accuracy smallint,
    quality smallint, usefulness smallint, rule_compliance smallint,
    given_at timestamptz, version text, model text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.name, md5(f.reviewer_key), md5(o.id::text), f.overall_score,
        f.accuracy_score, f.quality_score, f.usefulness_score,
        f.rule_compliance_score, f.created_at, coalesce(v.version, ''),
        coalesce(r.provider || '/' || r.model, '')
    FROM feedback f JOIN outputs o ON o.id = f.output_id
    JOIN runs r ON r.id = o.run_id JOIN skills s ON s.id = r.skill_id
    LEFT JOIN skill_versions v ON v.id = r.skill_version_id
    WHERE f.workspace_id = NULLIF(current_setting('app.workspace_id', true), '')::uuid
        AND f.source = 'human' AND (wanted = '' OR s.name = wanted)
        AND o.kind NOT IN ('answer', 'export')
        AND r.provider IS DISTINCT FROM 'rehearsal'
    ORDER BY f.created_at, f.id
$$;

CREATE FUNCTION quality_counts(wanted text, since timestamptz) RETURNS TABLE (
    kind text, label text, said text, n bigint, of_n bigint, mean double precision
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH asked AS (
        SELECT r.id, r.attempt, s.name FROM runs r JOIN skills s ON s.id = r.skill_id
        WHERE r.workspace_id =
                NULLIF(current_setting('app.workspace_id', true), '')::uuid
            AND (wanted = '' OR s.name = wanted)
            AND r.provider IS DISTINCT FROM 'rehearsal'
    ), pieces AS (
        SELECT o.id, o.created_at, r.name, r.id AS run_id, r.attempt
        FROM asked r JOIN outputs o ON o.run_id = r.id
            AND o.kind NOT IN ('answer', 'export')
    ), rulings AS (
        SELECT p.id, p.name, ruling FROM pieces p
        CROSS JOIN LATERAL (
            SELECT t.output FROM run_steps t
            WHERE t.run_id = p.run_id AND t.attempt = p.attempt AND t.kind = 'check'
                AND t.status = 'completed' AND t.output ? 'rulings'
            ORDER BY t.position DESC LIMIT 1
        ) AS c
        CROSS JOIN LATERAL jsonb_array_elements(c.output->'rulings') AS ruling
        WHERE p.created_at >= since AND ruling->>'skill' = p.name
            AND ruling->>'outcome' IN ('kept', 'broken')
    )
    SELECT 'asked', name, '', count(*), count(*), NULL::float8 FROM asked GROUP BY name
    UNION ALL
    SELECT 'made', name, '', count(*), count(*), NULL FROM pieces
    WHERE created_at >= since GROUP BY name
    UNION ALL
    SELECT 'signal', f.signal, '', count(DISTINCT p.id), count(*), NULL
    FROM pieces p JOIN feedback f ON f.output_id = p.id
    WHERE f.source = 'implicit' AND f.created_at >= since GROUP BY f.signal
    UNION ALL
    SELECT 'judge', p.name, '', count(*), count(*), avg(f.judge_score)::float8
    FROM pieces p JOIN feedback f ON f.output_id = p.id
    WHERE f.source = 'judge' AND f.judge_score IS NOT NULL AND f.created_at >= since
    GROUP BY p.name
    UNION ALL
    SELECT 'rule', ruling->>'code', (array_agg(ruling->>'rule' ORDER BY id DESC))[1],
        count(*) FILTER (WHERE ruling->>'outcome' = 'broken'), count(*), NULL
    FROM rulings GROUP BY name, ruling->>'code'
    UNION ALL
    SELECT 'taught', '', '', count(*), count(*), NULL FROM routing_labels
    WHERE workspace_id = NULLIF(current_setting('app.workspace_id', true), '')::uuid
        AND labelled_by IN ('user', 'operator') AND labelled_at >= since
$$;
"""

CALLS = ("quality_scores(text)", "quality_counts(text, timestamptz)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(FUNCTIONS):
        op.execute(statement)
    for call in CALLS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {call} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {call} TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for call in CALLS:
        op.execute(f"DROP FUNCTION {call}")
