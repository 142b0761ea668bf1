"""A running test's ratings: clients who work, people who score what they got."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from agent.catalog import arms
from agent.catalog.arms import Arm
from db.tenancy import tenant
from tests.db.asking import one, run

_CLIENT = """
    INSERT INTO clients (workspace_id, name, slug, storage_prefix)
    VALUES (:ws, :name, :slug, 'clients/') RETURNING id
"""
_RUN = """
    INSERT INTO runs (workspace_id, user_id, client_id, skill_id, skill_version_id,
        arm_id, number, idempotency_key, user_message, status, provider, model)
    VALUES (:ws, :user, :client, :skill, :version, :arm,
        (SELECT 1000 + count(*) FROM runs WHERE workspace_id = :ws), gen_random_uuid(),
        'boil it', 'completed', :provider, 'claude-sonnet-5-5') RETURNING id
"""
_OUTPUT = """
    INSERT INTO outputs (workspace_id, run_id, client_id, title, storage_key,
        size_bytes, sha256)
    SELECT workspace_id, id, client_id, 'Kettle', 'piece/' || id, 1, '\\x00' FROM runs
    WHERE id = :run RETURNING id
"""
_SCORE = """
    INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key, source,
        channel, overall_score, created_at)
    VALUES (:ws, :output, :user, :key, 'human', 'telegram', :score,
        coalesce(CAST(:at AS timestamptz), clock_timestamp()))
"""


@dataclass
class Laboratory:
    """Work for one skill in one workspace, behind the app's back."""

    app: AsyncEngine
    owner: AsyncEngine
    workspace_id: UUID
    user_id: UUID
    skill_id: UUID
    now: datetime

    def __post_init__(self) -> None:
        """Begin to count the clients."""
        self._numbers = count(1)

    async def client(self) -> UUID:
        """One more client of the workspace."""
        name = f"Client {next(self._numbers)}"
        found: UUID = await one(
            self.owner, _CLIENT, ws=self.workspace_id, name=name,
            slug=name.lower().replace(" ", "-"),
        )  # fmt: skip
        return found

    async def drawn(self, client: UUID | None, user: UUID | None = None) -> Arm | None:
        """The arm for which work is drawn."""
        async with tenant(self.app, self.workspace_id, user or self.user_id) as session:
            return await arms.assign(
                session, self.skill_id, client, user or self.user_id, self.now
            )

    async def piece(
        self,
        client: UUID | None,
        arm: Arm | None,
        user: UUID | None = None,
        *,
        provider: str = "anthropic",
    ) -> UUID:
        """A finished piece's output id."""
        run_id = await one(
            self.owner, _RUN, ws=self.workspace_id, user=user or self.user_id,
            client=client, skill=self.skill_id,
            version=arm.version_id if arm else None,
            arm=arm.id if arm else None, provider=provider,
        )  # fmt: skip
        found: UUID = await one(self.owner, _OUTPUT, run=run_id)
        return found

    async def score(
        self,
        output_id: UUID,
        score: int,
        user: UUID | None = None,
        at: datetime | None = None,
    ) -> None:
        """Somebody's score of a piece."""
        by = user or self.user_id
        await run(
            self.owner, _SCORE, ws=self.workspace_id, output=output_id, user=by,
            key=f"user:{by}", score=score, at=at,
        )  # fmt: skip

    async def divided(self, each: int, new: int, old: int, candidate: UUID) -> int:
        """Clients as in ``rated`` until each side has so many; how many in all."""
        sides = [0, 0]
        while min(sides) < each:
            is_new = await self.rated(await self.client(), new, old, candidate)
            sides[is_new] += 1
        return sum(sides)

    async def rated(self, client: UUID, new: int, old: int, candidate: UUID) -> bool:
        """Three pieces for a client and their scores; whether by the candidate.

        ``new``, ``old``: what is given for pieces of the version ``candidate``, and of
        the other one.
        """
        arm = await self.drawn(client)
        assert arm is not None
        is_new = arm.version_id == candidate
        for _ in range(3):
            await self.score(await self.piece(client, arm), new if is_new else old)
        return is_new
