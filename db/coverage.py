"""How much of what the seeds describe is built: ``python -m db.coverage``.

Counts the targets of ``docs/seed-coverage.csv`` that models and migrations make.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import db.tables  # noqa: F401 - fills the metadata
from db.base import Base

MAP = Path(__file__).parent.parent / "docs" / "seed-coverage.csv"

ROOMS = {
    "identity": "users user_channels access_tokens link_codes workspaces"
    " workspace_members events outbox throttles idempotent_requests",
    "vault": "workspace_keys connections",
    "mailroom": "chats inbox deliveries",
    "billing": "billing_accounts subscriptions payments invoices invoice_lines"
    " invoice_series usage_records budget_periods budget_reservations",
    "clients": "clients client_versions personas assets competitors"
    " competitor_snapshots competitor_changes",
    "crm": "occasions contacts card_scans contact_lists contact_list_members consents"
    " suppressions capture_forms automation_rules automation_firings",
    "catalog": "skills skill_versions skill_settings rules models experiments"
    " experiment_arms experiment_exposures",
    "knowledge": "knowledge_buckets knowledge_documents knowledge_chunks",
    "memory": "conversations messages dialogs memories retrievals graph_entities"
    " graph_relationships",
    "runs": "agents tasks runs run_steps outputs feedback approvals routing_labels",
    "content": "content_pieces content_versions templates",
    "media": "videos",
    "campaigns": "campaigns campaign_personas metric_points",
    "sequences": "sequences sequence_steps sequence_enrolments email_sends"
    " email_events",
    "autopilot": "autopilot_configs",
    "privacy": "privacy_requests support_tickets",
    "hooks": "webhooks publications",
}
"""Every table of the design, built or not, by room."""

BUILT_VIEWS = {
    "identity": "activity_logs audit_logs autopilot_activity_log privacy_audit_log"
    " secret_audit_logs user_analytics_events",
    "billing": "monthly_usage",
    "clients": "client_profiles",
    "runs": "agent_stats ai_model_update_logs autopilot_weekly_reports skill_stats",
}
"""By room; a test holds them against the database."""
LATER_VIEWS = {
    "crm": "lead_activities lead_inbox",
    "knowledge": "knowledge_access_logs",
    "content": "content_calendar",
    "media": "ai_video_stats",
    "campaigns": "campaign_metrics campaign_predictions real_time_metrics",
    "sequences": "email_drafts sequence_stats step_stats",
    "autopilot": "autopilot_cron_monitor",
}

MECHANISMS = {
    "LISTEN/NOTIFY run_<id>": "notify_changed",
    "LISTEN/NOTIFY u_<user>": "notify_changed",
    "core uuidv7()": "uuidv7",
    "pgvector 0.8": "vector_dims",
    "trigger touch_updated_at()": "touch_updated_at",
    "function search_knowledge()": "search_knowledge",
    "pg_advisory_xact_lock(hashtextextended(key, 0))": "pg_advisory_xact_lock",
}
"""A mechanism that is a function of the database, and its name."""
FUNCTIONS = frozenset(MECHANISMS.values()) - {"search_knowledge"}
"""Those of them that exist; a test holds them against the database."""
STANDING = {
    "row level security": ("users.id",),
    "outbox and deliveries": ("outbox.id", "deliveries.id"),
    "worker sweep over next_*_at columns": ("competitors.next_check_at",),
}
"""A mechanism that is no function, and the columns without which it is not there."""
DERIVED = {
    "completed_at - started_at of tasks": ("tasks.completed_at", "tasks.started_at"),
    "sum of runs.cost_usd over runs.task_id": ("runs.cost_usd", "runs.task_id"),
    "sum of runs.tokens_input + runs.tokens_output over runs.task_id": (
        *("runs.tokens_input", "runs.tokens_output"),
        "runs.task_id",
    ),
    "autopilot_cron_monitor + real_time_metrics + autopilot_activity_log": (
        "autopilot_configs.id",
        "metric_points.id",
    ),
}
"""What is computed from other columns, and from which."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the map: what a seed's column has become."""

    seed: str
    name: str

    @property
    def room(self) -> str:
        """The room it belongs to; "-" for a mechanism, which belongs to none."""
        kind, _, rest = self.name.rpartition(":")
        if kind in {"", "view"}:
            return _HOMES.get(rest.partition(".")[0], "-")
        return "-"


_HOMES = {
    name: room
    for rooms in (ROOMS, BUILT_VIEWS, LATER_VIEWS)
    for room, names in rooms.items()
    for name in names.split()
}
_VIEWS = frozenset(" ".join(BUILT_VIEWS.values()).split())


def targets(path: Path = MAP) -> list[Target]:
    """Return every line of the map."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Target(row["seed"], row["target"]) for row in csv.DictReader(file)]


def is_built(target: Target) -> bool:
    """Whether the models or migrations have what ``target`` names."""
    kind, _, rest = target.name.partition(":")
    if not rest:
        return _has(target.name)
    if kind == "view":
        return rest in _VIEWS
    if kind == "mechanism" and rest in MECHANISMS:
        return MECHANISMS[rest] in FUNCTIONS
    needed = {**STANDING, **DERIVED}.get(rest, ())
    return bool(needed) and all(_has(column) for column in needed)


def _has(column: str) -> bool:
    table, _, name = column.partition(".")
    found = Base.metadata.tables.get(table)
    return found is not None and name in found.columns


def report(lines: Iterable[Target]) -> Iterator[str]:
    """Yield the table to print: by seed, by room, and in all."""
    lines = list(lines)
    yield f"{'':<16}{'built':>6}{'of':>6}"
    for seed in sorted({line.seed for line in lines}):
        yield _row(f"seed {seed}", [line for line in lines if line.seed == seed])
    for room in (*ROOMS, "-"):
        yield _row(f"room {room}", [line for line in lines if line.room == room])
    yield _row("all", lines)


def _row(title: str, lines: list[Target]) -> str:
    built = sum(map(is_built, lines))
    return f"{title:<16}{built:>6}{len(lines):>6}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report(targets())) + "\n")
