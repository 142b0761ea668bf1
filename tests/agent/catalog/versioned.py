"""A house's skill with rules, pieces written by it, and what people say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

from agent.catalog import skillfile, stock
from agent.catalog.skillfile import SkillFile
from agent.catalog.versions import Versions
from agent.ctx import Caller
from agent.ports import SkillRef
from db.tenancy import system
from tests.agent.catalog import making
from tests.agent.world import AS_ANA, World
from tests.db.asking import one, run
from tests.fakes.ports import Skills

SKILL = "kettles"
HEAD = "| id | severity | check | rule | why |\n|---|---|---|---|---|\n"
RULES = (
    "| K01 | must | `code: max-words 40` | It has 40 words at most. | Short is kind. |",
    "| K02 | should | judge | It says how hot. | Tea differs from coffee. |",
)

_RUN = """
    INSERT INTO runs (workspace_id, user_id, client_id, skill_id, skill_version_id,
        number, idempotency_key, user_message, status, provider, model)
    VALUES (:ws, :user, :client, :skill, :version, :n, gen_random_uuid(), 'boil it',
        'completed', :provider, 'claude-sonnet-5-5') RETURNING id
"""
_OUTPUT = """
    INSERT INTO outputs (workspace_id, run_id, client_id, title, storage_key,
        size_bytes, sha256)
    SELECT workspace_id, id, client_id, 'Kettle', 'piece/' || id, 1, '\\x00' FROM runs
    WHERE id = :run RETURNING id
"""
_CHECKED = """
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
        output, completed_at)
    SELECT workspace_id, id, 2, 'check', 'check', attempt, 'completed',
        jsonb_build_object('rulings', CAST(:rulings AS jsonb)), now()
    FROM runs WHERE id = :run
"""


def rules(*rows: str) -> str:
    """A RULES.md."""
    return f"# Rules: {SKILL}\n\n{HEAD}" + "\n".join(rows) + "\n"


@dataclass
class Workshop:
    """The skill ``kettles`` in its versions, and pieces of it."""

    world: World
    folders: Path
    skill_id: UUID = field(default=UUID(int=0))
    house_id: UUID = field(default=UUID(int=0))
    _numbers: "count[int]" = field(default_factory=lambda: count(1000))

    async def release(
        self, number: str, rows: Sequence[str] = RULES, body: str = "Boil water."
    ) -> SkillFile:
        """Let the house's current version be this one."""
        folder = making.make(
            self.folders / number,
            SKILL,
            head={"version": f'"{number}"', "type": "with_rules"},
            body=body,
            files={"RULES.md": rules(*rows)},
        )
        file = skillfile.load(folder)
        await Versions(self.world.files).keep(file)
        async with system(self.world.system, "worker") as session:
            await stock.stock(session, [file])
        [found] = await run(
            self.world.owner,
            """SELECT s.id AS skill_id, v.id AS version_id
               FROM skills s JOIN skill_versions v ON v.skill_id = s.id
                   AND v.version = s.current_version AND v.workspace_id IS NULL
               WHERE s.name = :name AND s.workspace_id IS NULL""",
            name=SKILL,
        )
        self.skill_id, self.house_id = found.skill_id, found.version_id
        ref = SkillRef(self.skill_id, self.house_id, SKILL, file.title)
        self.world.skills = Skills((ref,))
        return file

    async def piece(
        self,
        by: Caller = AS_ANA,
        *,
        version: UUID | None = None,
        client: UUID | None = None,
        provider: str = "anthropic",
    ) -> UUID:
        """A finished piece's output id."""
        run_id = await one(
            self.world.owner, _RUN, ws=by.workspace_id, user=by.user_id, client=client,
            skill=self.skill_id, version=version or self.house_id,
            n=next(self._numbers), provider=provider,
        )  # fmt: skip
        found: UUID = await one(self.world.owner, _OUTPUT, run=run_id)
        return found

    async def checked(self, output_id: UUID, rulings: str) -> None:
        """A check of that piece came to these rulings, as JSON."""
        of = "SELECT run_id FROM outputs WHERE id = :id"
        run_id = await one(self.world.owner, of, id=output_id)
        await run(self.world.owner, _CHECKED, run=run_id, rulings=rulings)
