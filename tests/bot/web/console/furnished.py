"""A workspace that was worked in: runs, pieces, scores, brands, and nasty names."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from agent.catalog.skillfile import SkillFile
from agent.clients.operations import edit_client, new_client
from agent.ctx import Caller
from agent.ports import Clock, Objects
from bot.web.console.visit import Files
from tests.agent.world import AS_ANA, World
from tests.db.asking import run
from tests.fakes.ports import Still
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)

PIECE = """# Payroll that lets you go home

Friday, five o'clock. The last patient leaves, and so do you.

## What changes on Monday

| Before | With Acme |
|---|---|
| 4 hours of timesheets | 12 minutes |
| Three systems | One |

1. Import your roster.
2. Check the exceptions.
3. Press **Pay**.

> "We got our Fridays back." - *Dr. Amara Osei, Northside Clinic*

[See how it works](https://acme.example/how) <script>alert(1)</script>
"""

SKILLS = (
    ("copywriting", "Website copy", "content", "Pages that sell without shouting."),
    ("cold-email", "Cold e-mails", "outreach", "First lines that earn a second."),
    ("seo-audit", "SEO audit", "analysis", "What keeps a page from being found."),
)
ASKED = (
    ("copywriting", "completed", "Homepage copy for Acme, a payroll tool for clinics"),
    ("cold-email", "completed", "Three cold e-mails to practice managers in Leeds"),
    ("copywriting", "failed", "Pricing page for the new team plan"),
    ("seo-audit", "cancelled", "Why does nobody find our booking page?"),
    ("copywriting", "completed", NASTY),
    ("cold-email", "waiting_approval", "A win-back mail for trials that lapsed"),
    ("copywriting", "running", "Product page for the rota planner"),
    (None, "queued", "Shorten the second paragraph, keep the joke"),
)

_SKILL = """
    INSERT INTO skills (id, name, title, description, category, storage_prefix)
    VALUES (:id, :name, :title, :description, :category, :name)
"""
_VERSION = """
    INSERT INTO skill_versions (skill_id, version, status, content_hash, storage_key,
                                prompt_template, released_at)
    VALUES (:id, '1.2.0', 'active', '\\x00', 'skills', 'Write.', now())
"""
_CURRENT = "UPDATE skills SET current_version = '1.2.0' WHERE id = :id"
_RUN = """
    INSERT INTO runs (id, workspace_id, number, user_id, client_id, skill_id, kind,
        status, idempotency_key, user_message, model, provider, tokens_input,
        tokens_output, cost_usd, queued_at, started_at, completed_at, error_message,
        conversation_id, metadata)
    VALUES (:id, :ws, :number, :user, :client, :skill, 'skill', :status, :key, :asked,
        'claude-sonnet-5-5', 'anthropic', 1200, 900, 0.0213, :at, :at, :done, :error,
        :conversation, CAST(:metadata AS jsonb))
"""
_STEP = """
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, status,
                           started_at, completed_at)
    VALUES (:ws, :run, :position, :name, 'llm', :status, :at, :done)
"""
_OUTPUT = """
    INSERT INTO outputs (id, workspace_id, run_id, title, preview, storage_key,
                         size_bytes, sha256)
    VALUES (:id, :ws, :run, :title, :preview, :key, :size, :hash)
"""
_SCORE = """
    INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key, source,
                          channel, overall_score, created_at)
    VALUES (:ws, :output, :user, :key, 'human', 'web', :score,
            now() - make_interval(weeks => :weeks))
"""
_DRAFT = """
    INSERT INTO approvals (workspace_id, subject_type, subject_id, subject_version,
                           run_id, required_role, request, requested_by_id, expires_at)
    VALUES (:ws, 'run', :run, 1, :run, 'member', CAST(:request AS jsonb), :user,
            now() + interval '1 day')
"""
DRAFT = {"attempt": 1, "title": "We kept your seat", "preview": "Hi <b>Sam</b>"}
_SPENT = """
    INSERT INTO usage_records (workspace_id, user_id, skill_id, call_key, kind,
        provider, model, input_tokens, output_tokens, cost_usd, price_version,
        recorded_at)
    SELECT :ws, :user, :skill, 'spent' || n, 'llm', 'anthropic', 'claude-sonnet-5-5',
           1200, 900, 0.1 + (n * 7 % 5) * 0.21, '1', day
    FROM generate_series(date_trunc('month', now()), now(), interval '1 day')
        WITH ORDINALITY AS spent (day, n)
"""
_TALK = "INSERT INTO conversations (id, workspace_id, user_id) VALUES (:id, :ws, :u)"
_SEQ = "UPDATE workspaces SET run_seq = 50 WHERE id = :ws"


class NoFiles:
    """No skill's files are loaded."""

    def file(self, name: str) -> SkillFile | None:
        return None


@dataclass(frozen=True)
class Backing:
    """What the console works with, over a test's world."""

    world: World
    clock: Clock = field(default_factory=Still)
    shelf: Files = field(default_factory=NoFiles)

    @property
    def ctx(self) -> Any:
        return self.world.ctx

    async def call(self, work: Any, caller: Caller, /) -> Any:
        async with self.world.ctx(caller) as ctx:
            return await work(ctx)

    @property
    def objects(self) -> Objects:
        return self.world.files


def ident(kind: int, n: int) -> UUID:
    """The id of the ``n``th thing of a kind, in order."""
    return UUID(f"00000000-0000-7000-8{kind:03x}-{n:012x}")


RUN, OUTPUT, SKILL, TALK = 1, 2, 3, 4
PRIVATE_RUN, RIVAL_RUN = ident(RUN, 30), ident(RUN, 31)


async def furnish(world: World) -> UUID:
    """Fill ACME with work; the id of its brand Acme."""
    owner = world.owner
    brand = await world.call(new_client, AS_ANA, name="Acme")
    await world.call(new_client, AS_ANA, name=f"Yaz {NASTY}"[:79])
    for part, text in (("about", "Payroll for clinics."), ("voice", f"Warm. {NASTY}")):
        given = {"client_id": str(brand.client_id), "part": part, "text": text}
        await world.call(edit_client, AS_ANA, **given)
    for n, (name, title, category, description) in enumerate(SKILLS):
        facts = {"title": title, "category": category, "description": description}
        await run(owner, _SKILL, id=ident(SKILL, n), name=name, **facts)
        await run(owner, _VERSION, id=ident(SKILL, n))
        await run(owner, _CURRENT, id=ident(SKILL, n))
    for n, asked in enumerate(ASKED):
        await _asked(world, n, brand.client_id, asked)
    await run(owner, _SPENT, ws=ACME, user=ANA, skill=ident(SKILL, 0))
    await _elsewhere(owner)
    await run(owner, _SEQ, ws=ACME)
    return brand.client_id


async def _asked(
    world: World, n: int, client: UUID, asked: tuple[Any, str, str]
) -> None:
    skill, status, words = asked
    names = [one[0] for one in SKILLS]
    at = NOW - timedelta(hours=9 - n)
    done = at + timedelta(seconds=74) if status in {"completed", "failed"} else None
    await run(
        world.owner, _RUN, id=ident(RUN, n), ws=ACME, number=n + 1,
        user=ANA if n % 2 else BOB, client=client if n % 3 else None,
        skill=ident(SKILL, names.index(skill)) if skill else None, status=status,
        key=f"k{n}", asked=words, at=at, done=done, conversation=None,
        error="The provider was overloaded for ten minutes." if status == "failed"
        else None,
        metadata=json.dumps({"reasons": ["the words homepage and copy", NASTY]}),
    )  # fmt: skip
    for position, (name, state) in enumerate(_steps(status)):
        end = at + timedelta(seconds=30 + position) if state == "completed" else None
        facts = {"position": position, "name": name, "status": state}
        await run(
            world.owner, _STEP, ws=ACME, run=ident(RUN, n), at=at, done=end, **facts
        )
    if status == "waiting_approval":
        facts = {"run": ident(RUN, n), "user": ANA, "request": json.dumps(DRAFT)}
        await run(world.owner, _DRAFT, ws=ACME, **facts)
    if status == "completed":
        await _written(world, n, PIECE if words != NASTY else f"# {NASTY}\n\n{NASTY}")


def _steps(status: str) -> list[tuple[str, str]]:
    if status == "completed":
        return [
            ("write", "completed"),
            ("check", "completed"),
            ("deliver", "completed"),
        ]
    if status == "waiting_approval":
        return [("write", "completed"), ("approve-1", "waiting")]
    return [("write", "failed" if status == "failed" else "running")]


async def _written(world: World, n: int, text: str) -> None:
    body, key = text.encode(), f"outputs/{n}.md"
    world.files.kept[key] = body
    title = text.splitlines()[0].removeprefix("# ")
    await run(
        world.owner, _OUTPUT, id=ident(OUTPUT, n), ws=ACME, run=ident(RUN, n),
        title=title, preview=text[:500], key=key, size=len(body),
        hash=sha256(body).digest(),
    )  # fmt: skip
    # Scores of seven weeks, by people who are gone since.
    for week in range(7):
        score = 3 + (week + n) % 3
        await run(
            world.owner, _SCORE, ws=ACME, output=ident(OUTPUT, n), user=None,
            key=f"user:{week}", score=score, weeks=7 - week,
        )  # fmt: skip


async def _elsewhere(owner: AsyncEngine) -> None:
    """A run of Bob's private chat, and one of another workspace."""
    await run(owner, _TALK, id=ident(TALK, 1), ws=ACME, u=BOB)
    plain: dict[str, object] = {
        "client": None,
        "skill": None,
        "status": "completed",
        "error": None,
    }
    plain |= {"at": NOW, "done": NOW, "metadata": "{}"}
    private = {"id": PRIVATE_RUN, "ws": ACME, "number": 40, "user": BOB, "key": "p"}
    await run(
        owner,
        _RUN,
        **plain,
        **private,
        asked="bobs secret",
        conversation=ident(TALK, 1),
    )
    rival = {"id": RIVAL_RUN, "ws": RIVAL, "number": 41, "user": EVE, "key": "r"}
    await run(owner, _RUN, **plain, **rival, asked="rivals secret", conversation=None)
