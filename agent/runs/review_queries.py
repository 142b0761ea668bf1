"""Statements about reviews: one row a person and piece, which answers are merged in."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Without a name: the newest piece of this conversation, else one's own, else any.
_SUBJECT = text("""
    SELECT o.id AS output_id, r.number, coalesce(o.title, 'Untitled') AS title,
           f.overall_score AS overall, f.accuracy_score AS accuracy,
           f.quality_score AS quality, f.usefulness_score AS usefulness,
           f.rule_compliance_score AS rule_compliance,
           coalesce(f.what_worked_well, '') AS what_worked,
           coalesce(f.comment, '') AS comment, coalesce(f.issues, '[]') AS issues,
           coalesce(f.suggested_rule_changes, '[]') AS rules
    FROM outputs o JOIN runs r ON r.id = o.run_id
    LEFT JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
        AND f.reviewer_key = :reviewer_key AND f.signal IS NULL
    WHERE CASE WHEN CAST(:output_id AS uuid) IS NOT NULL THEN o.id = :output_id
               WHEN :number > 0 THEN r.number = :number
               ELSE o.kind <> 'answer' END
    ORDER BY r.conversation_id IS NOT DISTINCT FROM CAST(:conversation_id AS uuid) DESC,
             r.user_id IS NOT DISTINCT FROM CAST(:user_id AS uuid) DESC, o.id DESC
    LIMIT 1
""")

# Of two issues that say the same the newer one is kept.
_SAVE = text("""
    INSERT INTO feedback AS f (workspace_id, output_id, reviewer_id, reviewer_key,
        source, channel, overall_score, accuracy_score, quality_score,
        usefulness_score, rule_compliance_score, what_worked_well, comment, issues,
        suggested_rule_changes)
    VALUES (:workspace_id, :output_id, :user_id, :reviewer_key, 'human', :channel,
        :overall, :accuracy, :quality, :usefulness, :rule_compliance,
        nullif(:what_worked, ''), nullif(:comment, ''), CAST(:issues AS jsonb),
        CAST(:rules AS jsonb))
    ON CONFLICT (output_id, source, reviewer_key, signal) DO UPDATE SET
        channel = excluded.channel,
        overall_score = excluded.overall_score,
        accuracy_score = coalesce(excluded.accuracy_score, f.accuracy_score),
        quality_score = coalesce(excluded.quality_score, f.quality_score),
        usefulness_score = coalesce(excluded.usefulness_score, f.usefulness_score),
        rule_compliance_score =
            coalesce(excluded.rule_compliance_score, f.rule_compliance_score),
        what_worked_well = coalesce(excluded.what_worked_well, f.what_worked_well),
        comment = coalesce(excluded.comment, f.comment),
        issues = (
            SELECT coalesce(jsonb_agg(kept.issue ORDER BY kept.at), '[]')
            FROM jsonb_array_elements(f.issues) WITH ORDINALITY AS kept (issue, at)
            WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements(excluded.issues) AS fresh
                WHERE fresh->>'description' = kept.issue->>'description')
        ) || excluded.issues,
        suggested_rule_changes = f.suggested_rule_changes || CASE
            WHEN f.suggested_rule_changes @> excluded.suggested_rule_changes
                OR jsonb_array_length(f.suggested_rule_changes) >= 20 THEN '[]'
            ELSE excluded.suggested_rule_changes END
""")

_ANSWER = text("""
    INSERT INTO outputs (workspace_id, run_id, client_id, kind, title, preview,
                         storage_key, size_bytes, sha256)
    SELECT workspace_id, id, client_id, 'answer', :title, :preview, :storage_key,
           :size_bytes, :sha256
    FROM runs WHERE id = :run_id
    ON CONFLICT (storage_key) DO NOTHING
""")
_BY_KEY = text("SELECT id FROM outputs WHERE storage_key = :storage_key")


async def subject(
    session: AsyncSession, values: Mapping[str, Any]
) -> RowMapping | None:
    """The piece that is meant, and what this person said of it so far."""
    return (await session.execute(_SUBJECT, values)).mappings().one_or_none()


async def save(
    session: AsyncSession, values: Mapping[str, Any], issues: list[dict[str, Any]]
) -> None:
    """Merge a review into what the person said before; one row, whoever is first.

    ``values["rules"]``: what a skill should always or never do, in their words.
    """
    rules = [{"text": said} for said in values["rules"]]
    lists = {"issues": json.dumps(issues), "rules": json.dumps(rules)}
    await session.execute(_SAVE, {**values, **lists})


async def keep_answer(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """Keep an assistant's answer as something that can be judged; its output's id."""
    await session.execute(_ANSWER, values)
    key = {"storage_key": values["storage_key"]}
    found: UUID = (await session.execute(_BY_KEY, key)).scalar_one()
    return found
