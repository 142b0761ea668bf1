"""Statements about what was wrong with a skill's pieces. Row security narrows each.

What somebody said of a piece of a private chat is read by who may read that chat.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# A rehearsal says nothing about a skill, nor does what was thought of it. Runs are for
# no persona yet: there is no table of them.
_PIECES = """
    WITH pieces AS (
        SELECT o.id AS output_id, r.id AS run_id, r.skill_version_id AS version_id,
               coalesce(r.provider || '/' || r.model, '') AS model,
               r.client_id, CAST(NULL AS uuid) AS persona_id, r.attempt
        FROM skills s JOIN runs r ON r.skill_id = s.id
        JOIN outputs o ON o.run_id = r.id AND o.kind NOT IN ('answer', 'export')
        WHERE s.name = :skill AND r.provider IS DISTINCT FROM 'rehearsal'
    )
"""

# A reason is kept as comment and issue alike; a comment counts where no issue does.
_SAID = text(
    f"""{_PIECES}
    SELECT p.*, f.id AS feedback_id, f.source, f.reviewer_key,
           f.overall_score AS score, said.words AS text, said.severity, said.rule_code,
           f.updated_at AS said_at,
           f.reviewer_id IS NULL OR m.id IS NULL AS has_left,
           f.source = 'human' AND EXISTS (
               SELECT FROM feedback other
               WHERE other.output_id = f.output_id AND other.source = 'human'
                 AND other.reviewer_key <> f.reviewer_key
                 AND other.overall_score >= f.overall_score + 2) AS is_disputed
    FROM pieces p JOIN feedback f ON f.output_id = p.output_id
    LEFT JOIN workspace_members m ON m.user_id = f.reviewer_id
    CROSS JOIN LATERAL (
        SELECT concat_ws('; instead: ', one->>'description',
                         nullif(one->>'suggested_fix', '')) AS words,
               coalesce(one->>'severity', 'medium') AS severity, NULL AS rule_code
        FROM jsonb_array_elements(f.issues) AS one
        UNION ALL
        SELECT one->>'text', 'medium', one->>'code'
        FROM jsonb_array_elements(f.suggested_rule_changes) AS one
        UNION ALL
        SELECT f.comment, 'medium', NULL
        WHERE f.issues = '[]' AND (f.overall_score <= 3 OR f.source = 'implicit')
        UNION ALL
        SELECT f.edit_diff, 'low', NULL WHERE f.signal = 'edit'
    ) AS said
    WHERE f.updated_at >= :since AND f.source IN ('human', 'implicit')
      AND coalesce(btrim(said.words), '') <> ''
    ORDER BY f.updated_at DESC, f.id
"""  # noqa: S608 - a constant of ours
)

# The last check of the attempt that made the piece says what it came to.
_RULED = text(
    f"""{_PIECES}
    SELECT p.*, ruling->>'code' AS rule_code, ruling->>'rule' AS rule,
           ruling->>'why' AS why, ruling->>'how' AS how,
           ruling->>'severity' AS severity, c.completed_at AS said_at
    FROM pieces p
    CROSS JOIN LATERAL (
        SELECT output, completed_at FROM run_steps t
        WHERE t.run_id = p.run_id AND t.attempt = p.attempt AND t.kind = 'check'
          AND t.status = 'completed' AND t.output ? 'rulings'
        ORDER BY t.position DESC LIMIT 1
    ) AS c
    CROSS JOIN LATERAL jsonb_array_elements(c.output->'rulings') AS ruling
    WHERE c.completed_at >= :since AND ruling->>'outcome' = 'broken'
      AND ruling->>'skill' = :skill
    ORDER BY c.completed_at DESC, p.output_id
"""  # noqa: S608 - a constant of ours
)


async def said(session: AsyncSession, asked: Mapping[str, Any]) -> list[RowMapping]:
    """What people said was wrong, or showed by what they did; newest first.

    ``asked``: ``skill`` and ``since``.
    """
    return list((await session.execute(_SAID, asked)).mappings())


async def ruled(session: AsyncSession, asked: Mapping[str, Any]) -> list[RowMapping]:
    """Rules of the skill that checks found broken; newest first."""
    return list((await session.execute(_RULED, asked)).mappings())
