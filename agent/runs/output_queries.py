"""Statements about outputs: reading them, and what people think of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_OUTPUT = text("""
    SELECT r.number, coalesce(o.title, 'Untitled') AS title, o.storage_key,
           coalesce(o.preview, '') AS preview, o.size_bytes
    FROM outputs o JOIN runs r ON r.id = o.run_id WHERE o.id = :id
""")

_OUTPUTS = text("""
    SELECT o.id AS output_id, r.number, coalesce(o.title, 'Untitled') AS title,
           coalesce(left(o.preview, 120), '') AS preview, o.size_bytes,
           (SELECT avg(f.overall_score) FROM feedback f
            WHERE f.output_id = o.id AND f.source = 'human')::float8 AS score
    FROM outputs o JOIN runs r ON r.id = o.run_id
    WHERE (CAST(:before AS uuid) IS NULL OR o.id < :before) AND o.kind <> 'answer'
    ORDER BY o.id DESC LIMIT :n
""")

_OUTPUT_EXISTS = text("SELECT id FROM outputs WHERE id = :id")

_SCORE = text("""
    INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key, source,
                          channel, overall_score)
    VALUES (:workspace_id, :output_id, :user_id, :reviewer_key, 'human', :channel,
            :score)
    ON CONFLICT (output_id, source, reviewer_key, signal)
    DO UPDATE SET overall_score = excluded.overall_score, channel = excluded.channel
""")
_EXPLAIN = text("""
    UPDATE feedback SET
        comment = concat_ws('; ', comment, CAST(:reason AS text)),
        issues = issues || jsonb_build_object(
            'description', CAST(:reason AS text), 'severity', 'medium')
    WHERE output_id = :output_id AND source = 'human' AND reviewer_key = :reviewer_key
      AND NOT issues @> jsonb_build_array(jsonb_build_object(
            'description', CAST(:reason AS text)))
""")
_OWN_SCORE = text("""
    SELECT overall_score FROM feedback WHERE output_id = :output_id
      AND source = 'human' AND reviewer_key = :reviewer_key
""")
_STANDING = text("""
    SELECT count(*) AS votes, avg(overall_score)::float8 AS mean FROM feedback
    WHERE output_id = :output_id AND source = 'human'
""")


async def output(session: AsyncSession, output_id: UUID) -> RowMapping | None:
    """One output, and the number of its run."""
    return (await session.execute(_OUTPUT, {"id": output_id})).mappings().one_or_none()


async def outputs(
    session: AsyncSession, n: int, *, before: UUID | None = None
) -> list[RowMapping]:
    """The newest outputs older than ``before``, with their mean score by people."""
    values = {"n": n, "before": before}
    return list((await session.execute(_OUTPUTS, values)).mappings())


async def output_exists(session: AsyncSession, output_id: UUID) -> bool:
    """Whether the caller can see the output."""
    return await session.scalar(_OUTPUT_EXISTS, {"id": output_id}) is not None


async def score(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Write one person's score; a second press replaces the first."""
    await session.execute(_SCORE, values)


async def explain(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Add a reason to a person's score; the same one twice is kept once."""
    await session.execute(_EXPLAIN, values)


async def own_score(session: AsyncSession, values: Mapping[str, Any]) -> int:
    """What this person gave the output; 0 when they have not scored it."""
    return int(await session.scalar(_OWN_SCORE, values) or 0)


async def standing(session: AsyncSession, output_id: UUID) -> tuple[int, float]:
    """Return ``(votes, mean score)`` of an output that has at least one vote."""
    row = (await session.execute(_STANDING, {"output_id": output_id})).one()
    return row.votes, row.mean
