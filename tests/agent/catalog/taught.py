"""A workspace that learnt something within the last days."""

import json
from datetime import datetime

from tests.agent.world import World
from tests.bot.web.console.furnished import OUTPUT, RUN, SKILL, furnish, ident
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB

_RULE = """
    INSERT INTO rules (workspace_id, scope, skill_id, code, statement, status, proposal,
                       since_version, decided_at)
    VALUES (:ws, 'skill', :skill, :code, :said, :status, CAST(:change AS jsonb),
            '1.3.0', :at)
"""
_PROPOSED = {
    "change": "add",
    "statement": "Name a *price* early.",
    "code": "C02",
    "severity": "should",
    "check": "judge",
    "why": "",
    "revision": 1,
    "base": "1.2.0",
    "base_id": "",
    "theme": "no price",
}
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
            status, verdict, winner_key, started_at, ended_at, min_effect, result)
        VALUES (:ws, 'skill_version', :skill, 'a test', 'overall_score', 'x', :status,
            :verdict, :winner, now(), :ended, 0.5,
            jsonb_build_object('weights', jsonb_build_array(jsonb_build_object(
                'at', now(), 'candidate', 50)))) RETURNING id)
    INSERT INTO experiment_arms (workspace_id, experiment_id, key, weight_percent,
                                 skill_version_id)
    SELECT :ws, e.id, key, 50, v.id FROM e, (VALUES ('candidate'), ('control')) k (key),
        skill_versions v WHERE v.skill_id = :skill
"""


_SAID = """
    INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key, source,
        signal, channel, overall_score, accuracy_score, judge_score, issues)
    VALUES (:ws, :output, :user, :key, :source, :signal, 'web', :score, :score, :judge,
        CAST(:issues AS jsonb))
"""
_CHECK = """
    UPDATE run_steps SET kind = 'check', output = CAST(:output AS jsonb)
    WHERE run_id = :run AND name = 'check'
"""


async def teach(world: World, at: datetime | None = None) -> None:
    """A furnished workspace that learnt this, scored this, and spent nothing else."""
    await furnish(world)
    await run(world.owner, "DELETE FROM usage_records")
    await run(world.owner, "DELETE FROM feedback")
    await add_lessons(world, at)


async def add_lessons(world: World, at: datetime | None = None) -> None:
    """One rule accepted, one waiting; a test over, one running; a choice; a rise.

    The rule is accepted, and the test over, at ``at``; None: just now, as the rest.
    """
    owner, facts = world.owner, {"ws": ACME, "skill": ident(SKILL, 0)}
    now = at or await one(owner, "SELECT now()")
    change = json.dumps(_PROPOSED)
    accepted = {"code": "P1", "said": "Never begin with a question."}
    await run(owner, _RULE, **facts, **accepted, status="active", at=now, change=change)
    waiting = {"code": "P2", "said": "Name a *price* early."}
    await run(
        owner, _RULE, **facts, **waiting, status="proposed", at=None, change=change
    )
    await run(owner, _SPENT, ws=ACME)
    await run(owner, _TAUGHT, ws=ACME, user=BOB)
    ended = {"status": "concluded", "verdict": "winner", "ended": now}
    ended["winner"] = "candidate"
    await run(owner, _TEST, **facts, **ended)
    running = {"status": "running", "verdict": "none", "ended": None}
    running["winner"] = None
    await run(owner, _TEST, ws=ACME, skill=ident(SKILL, 1), **running)
    for days, score in ((20, 2), (1, 5)):
        more = {"ws": ACME, "run": ident(RUN, 1), "score": score, "days": days}
        await run(owner, _PIECES, **more)


async def judge(world: World) -> None:
    """Let people, a check, a wish and a judge speak of the website copy."""
    formal = [{"description": "Too formal.", "severity": "medium"}]
    worse = [
        {"description": "The tone is formal, and stiff", "severity": "high"},
        {"description": "No price anywhere", "severity": "low"},
    ]
    said = {"ws": ACME, "output": ident(OUTPUT, 0), "signal": None, "judge": None}
    human = said | {"source": "human"}
    for who, score, issues in ((ANA, 2, formal), (BOB, None, worse)):
        values = human | {"user": who, "key": f"user:{who}", "score": score or 3}
        await run(world.owner, _SAID, **values, issues=json.dumps(issues))
    await run(world.owner, "UPDATE feedback SET accuracy_score = NULL "
              "WHERE overall_score = 3")  # fmt: skip
    wish = said | {"source": "implicit", "signal": "revise", "user": ANA, "score": None}
    await run(world.owner, _SAID, **wish, key="ana", issues="[]")
    judge = said | {"source": "judge", "judge": 40, "user": None, "score": None}
    await run(world.owner, _SAID, **judge, key="judge", issues="[]")
    ruling = {"code": "C01", "rule": "Name a price.", "outcome": "broken"}
    more = {"how": "code", "why": "", "skill": "copywriting", "severity": "must"}
    output = json.dumps({"rulings": [ruling | more]})
    await run(world.owner, _CHECK, output=output, run=ident(RUN, 0))
