"""Add the views that need no table of a later room.

Safe online: views only. Each runs with its reader's rights, so policies hold.
"""

from alembic import op

from db.script import statements

revision = "0014"
down_revision = "0013"

VIEWS = """
CREATE VIEW audit_logs WITH (security_invoker = true) AS
    SELECT id, workspace_id, actor_id AS user_id, type AS action,
        stream_type AS resource_type, stream_id AS resource_id, before AS old_value,
        after AS new_value, metadata, ip_address, user_agent, occurred_at AS created_at
    FROM events WHERE category = 'audit';

CREATE VIEW activity_logs WITH (security_invoker = true) AS
    SELECT id, workspace_id,
        replace(
            regexp_replace(regexp_replace(type, '^occasion\\.', 'event.'),
                '^contact_list\\.', 'lead_group.'),
            '.', '_') AS action,
        CASE stream_type WHEN 'occasion' THEN 'event'
            WHEN 'contact_list' THEN 'lead_group' ELSE stream_type END AS entity_type,
        stream_id AS entity_id, data || metadata AS metadata, occurred_at AS created_at
    FROM events WHERE category = 'domain';

CREATE VIEW autopilot_activity_log WITH (security_invoker = true) AS
    SELECT id, workspace_id, type AS activity_type,
        data ->> 'description' AS activity_description, stream_type AS entity_type,
        stream_id AS entity_id, before, after, metadata, occurred_at AS created_at
    FROM events WHERE category = 'autopilot';

CREATE VIEW privacy_audit_log WITH (security_invoker = true) AS
    SELECT id, workspace_id, actor_id AS user_id, type AS event_type, data AS details,
        ip_address, user_agent, occurred_at AS "timestamp"
    FROM events WHERE category = 'privacy';

CREATE VIEW secret_audit_logs WITH (security_invoker = true) AS
    SELECT id, workspace_id, actor_id AS user_id, stream_id AS connection_id,
        type AS operation, metadata, ip_address, user_agent, occurred_at AS created_at
    FROM events WHERE category = 'secret';

CREATE VIEW user_analytics_events WITH (security_invoker = true) AS
    SELECT id, workspace_id, actor_id AS user_id, type AS event_type,
        data AS event_data, occurred_at AS created_at
    FROM events WHERE category = 'analytics';

CREATE VIEW monthly_usage WITH (security_invoker = true) AS
    SELECT workspace_id, user_id, date_trunc('month', recorded_at) AS month,
        sum(cost_usd) AS total_cost_usd, sum(total_tokens) AS total_tokens,
        count(DISTINCT run_id) AS execution_count
    FROM usage_records GROUP BY 1, 2, 3;

CREATE VIEW ai_model_update_logs WITH (security_invoker = true) AS
    SELECT id, workspace_id, started_at AS run_date,
        result -> 'models_discovered' AS models_discovered,
        result -> 'models_added' AS models_added,
        result -> 'models_deprecated' AS models_deprecated,
        result -> 'providers_checked' AS providers_checked,
        duration_ms AS execution_time_ms, status, error_message
    FROM runs WHERE kind = 'model_discovery';

CREATE VIEW client_profiles WITH (security_invoker = true) AS
    SELECT c.name, c.slug, c.website, c.archived_at, v.*
    FROM clients c
    JOIN client_versions v ON v.client_id = c.id AND v.number = c.version;

CREATE VIEW skill_stats WITH (security_invoker = true) AS
    SELECT r.workspace_id, r.skill_id, r.skill_version_id,
        count(DISTINCT r.id) AS usage_count,
        count(DISTINCT r.id) FILTER (WHERE r.status = 'completed') AS success_count,
        avg(f.overall_score) FILTER (WHERE f.source = 'human') AS avg_human_score,
        avg(f.judge_score) FILTER (WHERE f.source = 'judge') AS avg_judge_score,
        (SELECT avg(x.duration_ms) FROM runs x
            WHERE x.skill_id = r.skill_id AND x.workspace_id = r.workspace_id
            AND x.skill_version_id IS NOT DISTINCT FROM r.skill_version_id
            AND x.provider IS DISTINCT FROM 'rehearsal'
        ) AS avg_execution_time_ms
    FROM runs r
    LEFT JOIN outputs o ON o.run_id = r.id
    LEFT JOIN feedback f ON f.output_id = o.id
    -- A rehearsal says nothing about a skill.
    WHERE r.skill_id IS NOT NULL AND r.provider IS DISTINCT FROM 'rehearsal'
    GROUP BY 1, 2, 3;

CREATE VIEW agent_stats WITH (security_invoker = true) AS
    SELECT workspace_id, agent_id,
        count(*) FILTER (WHERE status = 'completed') AS tasks_completed,
        avg(completed_at - started_at) AS avg_task_duration,
        count(*) FILTER (WHERE status = 'failed') AS error_count,
        avg((status = 'completed')::int)
            FILTER (WHERE status IN ('completed', 'failed')) AS success_rate
    FROM tasks WHERE agent_id IS NOT NULL GROUP BY 1, 2;

CREATE VIEW autopilot_weekly_reports WITH (security_invoker = true) AS
    SELECT o.id, o.workspace_id, (o.data ->> 'week_start')::date AS week_start_date,
        o.data -> 'leads' AS total_leads_generated, o.data -> 'spend' AS total_spend,
        o.data -> 'roi' AS roi, o.data ->> 'best_channel' AS top_performing_channel,
        o.data -> 'claims' AS ai_insights, o.created_at
    FROM outputs o WHERE o.kind = 'weekly_report';
"""

NAMES = (
    *("audit_logs", "activity_logs", "autopilot_activity_log", "privacy_audit_log"),
    *("secret_audit_logs", "user_analytics_events", "monthly_usage"),
    *("ai_model_update_logs", "client_profiles", "skill_stats", "agent_stats"),
    "autopilot_weekly_reports",
)


def upgrade() -> None:
    for statement in statements(VIEWS):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON {', '.join(NAMES)} TO agent_app")


def downgrade() -> None:
    op.execute(f"DROP VIEW {', '.join(NAMES)}")
