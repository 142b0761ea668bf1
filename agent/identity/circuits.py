"""Circuit breakers that all processes share: rows of ``throttles`` of kind circuit.

Losing them (the table is unlogged) only closes circuits. Each change of state is told
in the history of the operator's workspace, or of none where there is no such workspace.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.llm.breaker import RULE, Rule, State, Verdict
from agent.ports import AsRole

log = structlog.get_logger()

# Whoever moves the row first is the probe: for the others the time is not up any more.
_ASK = text("""
    WITH probing AS (
        UPDATE throttles SET state = 'half_open',
            expires_at = now() + CAST(:probe AS interval)
        WHERE key = :key AND state IN ('open', 'half_open') AND expires_at <= now()
        RETURNING key
    )
    SELECT t.state, EXISTS (SELECT FROM probing) AS is_probe,
           extract(epoch FROM t.expires_at - now())::float8 AS left_s
    FROM throttles t WHERE t.key = :key
""")

# A call that began before the circuit opened changes nothing when it fails after.
_COUNT = text("""
    INSERT INTO throttles AS t (key, kind, count, state, expires_at)
    VALUES (:key, 'circuit', 1, 'closed', now() + CAST(:window AS interval))
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN t.expires_at > now() THEN t.count + 1 ELSE 1 END,
        expires_at = CASE WHEN t.expires_at > now() THEN t.expires_at
                          ELSE now() + CAST(:window AS interval) END
    WHERE t.state = 'closed'
    RETURNING t.count AS failures
""")

_OPEN = text("""
    UPDATE throttles SET state = 'open', count = count + CAST(:more AS int),
        window_started_at = now(),
        expires_at = now() + (1 + random() * :jitter) * least(
            CAST(:cool AS interval) * power(2, least(count + :more - :failures, 20)),
            CAST(:longest AS interval))
    WHERE key = :key AND state = :state
    RETURNING key
""")

_CLOSE = text("""
    UPDATE throttles SET state = 'closed', count = 0, window_started_at = now(),
        expires_at = now() WHERE key = :key AND state = 'half_open' RETURNING key
""")

_GIVE_BACK = text("""
    UPDATE throttles SET state = 'open', expires_at = now()
    WHERE key = :key AND state = 'half_open' RETURNING key
""")

_TELL = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        before, after, actor_type)
    VALUES ((SELECT id FROM workspaces WHERE kind = 'operator' ORDER BY id LIMIT 1),
            'circuit', :key, nextval('event_versions'), 'audit', 'circuit.changed',
            jsonb_build_object('state', CAST(:before AS text)),
            jsonb_build_object('state', CAST(:after AS text)), 'system')
""")


@dataclass(frozen=True, slots=True)
class SharedCircuits:
    """``Circuits`` over the database; each call is a short transaction of its own."""

    as_role: AsRole
    rule: Rule = RULE

    async def ask(self, service: str) -> Verdict:
        """Whether ``service`` may be called now."""
        async with self.as_role("worker") as session:
            row = await _one(session, _ASK, service, probe=self.rule.probe)
            if row is None or row.state == State.CLOSED:
                return Verdict()
            if row.is_probe:
                await _tell(session, service, State.OPEN, State.HALF_OPEN)
                return Verdict(is_probe=True)
            return Verdict(may_call=False, wait_s=max(row.left_s, 1.0))

    async def failed(self, service: str, verdict: Verdict) -> None:
        """Count that a call allowed by ``verdict`` found the service failing."""
        async with self.as_role("worker") as session:
            if verdict.is_probe:
                await self._open(session, service, State.HALF_OPEN)
                return
            row = await _one(session, _COUNT, service, window=self.rule.window)
            if row is not None and row.failures >= self.rule.failures:
                await self._open(session, service, State.CLOSED)

    async def worked(self, service: str, verdict: Verdict) -> None:
        """Tell that the service answered, be it with a refusal."""
        if not verdict.is_probe:
            return  # the usual case costs nothing; old failures leave with their window
        async with self.as_role("worker") as session:
            if await _one(session, _CLOSE, service):
                await _tell(session, service, State.HALF_OPEN, State.CLOSED)

    async def gave_up(self, verdict: Verdict, service: str) -> None:
        """Tell that nothing was found out; the next call may."""
        if not verdict.is_probe:
            return
        async with self.as_role("worker") as session:
            if await _one(session, _GIVE_BACK, service):
                await _tell(session, service, State.HALF_OPEN, State.OPEN)

    async def _open(self, session: AsyncSession, service: str, before: State) -> None:
        rule = self.rule
        values = {"cool": rule.cool, "longest": rule.longest, "jitter": rule.jitter}
        more = 1 if before is State.HALF_OPEN else 0
        values |= {"state": before.value, "more": more, "failures": rule.failures}
        if await _one(session, _OPEN, service, **values):
            await _tell(session, service, before, State.OPEN)


async def _one(
    session: AsyncSession, statement: Any, service: str, **values: Any
) -> Row[Any] | None:
    found = await session.execute(statement, {"key": _key(service), **values})
    row: Row[Any] | None = found.one_or_none()
    return row


async def _tell(
    session: AsyncSession, service: str, before: State, after: State
) -> None:
    values = {"key": service, "before": before.value, "after": after.value}
    await session.execute(_TELL, values)
    log.warning("circuit.changed", service=service, state=after.value)


def _key(service: str) -> str:
    return f"circuit:{service}"
