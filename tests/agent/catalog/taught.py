"""A workspace that learnt something within the last days."""

import json
from datetime import datetime

from tests.agent.world import World
from tests.bot.web.console.furnished import RUN, SKILL, furnish, ident
from tests.db.asking import one, run
from tests.seeds import ACME, BOB

_RULE = """
    INSERT INTO rules (workspace_id, scope, skill_id, code, statement, status, proposal,
                       since_version, decided_at)
    VALUES (:ws, 'skill', :skill, :code, :said, :status, CAST(:change AS jsonb),
            '1.3.0', :at)
"""
_SPENT = """
    INSERT INTO usage_records (workspace_id, run_id, call_key, kind, provider, model,
                               cost_usd, price_version)
    SELECT :ws, id, 'r:1', 'llm', 'anthropic', 'm', 0.05, '1' FROM rules
    WHERE code = 'P1'
"""
_TAUGHT = """
    INSERT INTO routing_labels (workspace_id, user_id, text, method, labelled_by,
                                labelled_at)
    VALUES (:ws, :user, 'secret words', 'asked', 'user', now())
"""
_PIECES = """
    WITH made AS (
        INSERT INTO outputs (workspace_id, run_id, storage_key, size_bytes, sha256)
        SELECT :ws, :run, 'more/' || CAST(:days AS int) || '/' || n, 1, '\\x00'
        FROM generate_series(1, 9) AS more (n) RETURNING id)
    INSERT INTO feedback (workspace_id, output_id, reviewer_key, source, channel,
                          overall_score, created_at)
    SELECT :ws, id, 'user:' || id, 'human', 'web', :score,
           now() - make_interval(days => CAST(:days AS int)) FROM made
"""
_TEST = """
    WITH e AS (
        INSERT INTO experiments (workspace_id, kind, subject_id, name, metric, salt,
            status, verdict, winner_key, started_at, ended_at)
        VALUES (:ws, 'skill_version', :skill, 'a test', 'overall_score', 'x', :status,
            :verdict, 'candidate', now(), :ended) RETURNING id)
    INSERT INTO experiment_arms (workspace_id, experiment_id, key, weight_percent,
                                 skill_version_id)
    SELECT :ws, e.id, key, 50, v.id FROM e, (VALUES ('candidate'), ('control')) k (key),
        skill_versions v WHERE v.skill_id = :skill
"""


async def teach(world: World, at: datetime | None = None) -> None:
    """One rule accepted, one waiting; a test over, one running; a choice; a rise.

    The rule is accepted, and the test over, at ``at``; None: just now, as the rest.
    """
    owner, facts = world.owner, {"ws": ACME, "skill": ident(SKILL, 0)}
    await furnish(world)
    await run(owner, "DELETE FROM usage_records")
    await run(owner, "DELETE FROM feedback")
    now = at or await one(owner, "SELECT now()")
    change = json.dumps({"change": "add"})
    accepted = {"code": "P1", "said": "Never begin with a question."}
    await run(owner, _RULE, **facts, **accepted, status="active", at=now, change=change)
    waiting = {"code": "P2", "said": "Name a *price* early."}
    await run(
        owner, _RULE, **facts, **waiting, status="proposed", at=None, change=change
    )
    await run(owner, _SPENT, ws=ACME)
    await run(owner, _TAUGHT, ws=ACME, user=BOB)
    ended = {"status": "concluded", "verdict": "winner", "ended": now}
    await run(owner, _TEST, **facts, **ended)
    running = {"status": "running", "verdict": "none", "ended": None}
    await run(owner, _TEST, ws=ACME, skill=ident(SKILL, 1), **running)
    for days, score in ((20, 2), (1, 5)):
        more = {"ws": ACME, "run": ident(RUN, 1), "score": score, "days": days}
        await run(owner, _PIECES, **more)
