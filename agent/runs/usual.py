"""How long runs like this one usually take, and the line that says so."""

from datetime import timedelta

ENOUGH = 3
"""Finished runs; of fewer nothing is claimed."""

_MINUTE_S = 60

# Of the workspace's latest runs only, so that it stays as quick as the years go by. A
# run that waited for a person says nothing about the work.
MEDIAN_OF = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FROM (
        SELECT extract(epoch FROM completed_at - started_at) AS took FROM (
            SELECT id, skill_id, status, started_at, completed_at FROM runs
            WHERE workspace_id = :workspace_id ORDER BY queued_at DESC LIMIT 200
        ) latest
        WHERE skill_id = {skill} AND status = 'completed'
          AND NOT EXISTS (SELECT FROM run_steps s WHERE s.run_id = latest.id
                          AND s.kind IN ('wait', 'approval'))
        LIMIT 20
    ) alike HAVING count(*) >= :enough
"""
"""How long a skill's latest runs took here, in seconds; NULL while too few have
finished. ``{skill}`` is the skill; it takes ``:workspace_id`` and ``:enough``."""


def working_on(title: str, usual: timedelta | None = None) -> str:
    """What is being done, and how long that usually takes."""
    if usual is None:
        return f"Working on it: {title.lower()}..."
    return f"Working on it: {title.lower()}. Usually about {rounded(usual)}."


def checking(rules: int) -> str:
    """The text is held against its skill's rules and standing instructions."""
    which = f"{rules} rules" if rules > 1 else "its rule"
    return f"Checking against {which}."


SECOND_TRY = "A second try: the model was busy."


def rounded(time: timedelta) -> str:
    """A span as one says it: ``20 s``, ``2 min``."""
    seconds = time.total_seconds()
    if seconds >= 1.5 * _MINUTE_S:
        return f"{round(seconds / _MINUTE_S)} min"
    step = 1 if seconds < 10 else 5  # noqa: PLR2004 - nobody counts the odd second
    return f"{max(1, step * round(seconds / step))} s"
