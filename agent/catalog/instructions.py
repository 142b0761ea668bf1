"""Standing instructions: what a person, or a team, wants of everything that is written.

Rows of ``rules``: of scope ``user`` they are the person's own, of scope ``workspace``
the team's. Row security shows a person the team's and their own, nobody else's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller
from agent.errors import BadInput
from agent.identity import languages
from agent.identity.languages import Language

Scope = Literal["user", "workspace"]

MOST = 20
"""Of one scope: each is a line of every prompt, and a check of every piece."""
LONGEST = 300
PREFIX: dict[str, str] = {"user": "U", "workspace": "T"}
"""How the codes begin; people leave the U out."""
LANGUAGE_CODE = "L"

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")

_ADD = text("""
    WITH taken AS (
        SELECT coalesce(max(CAST(substr(code, 2) AS integer)), 0) AS last,
               count(*) FILTER (WHERE status = 'active') AS active,
               bool_or(status = 'active' AND lower(statement) = lower(:statement))
                   AS is_known
        FROM rules WHERE workspace_id = :workspace_id AND scope = :scope
          AND user_id IS NOT DISTINCT FROM :user_id
          AND skill_id IS NULL AND client_id IS NULL
    )
    INSERT INTO rules (workspace_id, user_id, scope, code, statement, severity,
                       decided_by_id, decided_at)
    SELECT :workspace_id, :user_id, :scope, :prefix || (last + 1), :statement, 'must',
           :me, now()
    FROM taken WHERE active < :most AND is_known IS NOT TRUE
    RETURNING code
""")

_ACTIVE = text("""
    SELECT code, statement, scope FROM rules
    WHERE workspace_id IS NOT NULL AND scope IN ('user', 'workspace')
      AND skill_id IS NULL AND client_id IS NULL AND status = 'active'
      AND severity = 'must'
    ORDER BY scope DESC, CAST(substr(code, 2) AS integer)
""")

# Row security shows nobody but the caller.
_LOCALE = text("SELECT locale FROM users")

_RETIRE = text("""
    UPDATE rules SET status = 'retired'
    WHERE code = :code AND scope = :scope AND workspace_id = :workspace_id
      AND skill_id IS NULL AND client_id IS NULL AND status = 'active'
    RETURNING statement
""")

_PARTS = re.compile(
    r"\s*;\s*|\s*\n\s*|(?<=[.!])\s+(?=\S)|,?\s+and\s+(?=(?:never|always)\s)",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"(?:please )?(?:always )?(?:answer|reply|write|respond|speak)"
    r"(?: to)?(?: me)?(?: everything)? in (?P<name>.{2,40})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of them."""

    code: str
    """``U2``: the person's second; ``T1``: the team's first; ``L``: the language."""
    statement: str
    scope: Scope = "user"

    @property
    def label(self) -> str:
        """The code as people type it: ``2``, ``T1``."""
        return self.code.removeprefix(PREFIX["user"])


@dataclass(frozen=True, slots=True)
class Standing:
    """All that holds for what one person has written."""

    instructions: Sequence[Instruction]
    """The team's after the person's own."""
    language: Language | None
    """None: the language of the request."""

    def lines(self) -> tuple[str, ...]:
        """They as a model is told them, the language last."""
        said = tuple(one.statement for one in self.instructions)
        return (*said, languages.told(self.language)) if self.language else said


def parts(said: str) -> list[str]:
    """What somebody said as single rules: split, without closing marks.

    Raises:
        BadInput: There is none, or one is too long.
    """
    found = [_tidy(part) for part in _PARTS.split(said)]
    kept = list(dict.fromkeys(part for part in found if " " in part))
    if not kept:
        raise BadInput("There is no rule in that.", hint="Write: /never use emojis")
    if any(len(part) > LONGEST for part in kept):
        raise BadInput(
            f"A rule has {LONGEST} characters at most.",
            hint="Say it shorter, or split it with a semicolon.",
        )
    return kept


def language_in(part: str) -> Language | None:
    """The language a rule asks for, when it asks for nothing else."""
    found = _LANGUAGE.fullmatch(part)
    return languages.find(found["name"]) if found else None


async def add(
    session: AsyncSession, caller: Caller, scope: Scope, statement: str
) -> str | None:
    """Keep a rule; its code. None: it stands already.

    Raises:
        BadInput: There are as many as there may be.
    """
    owner = caller.user_id if scope == "user" else None
    key = f"instructions:{caller.workspace_id}:{owner}"
    await session.execute(_LOCK, {"what": key})
    values = {
        "workspace_id": caller.workspace_id,
        "user_id": owner,
        "me": caller.user_id,
        "scope": scope,
        "prefix": PREFIX[scope],
        "statement": statement,
        "most": MOST,
    }
    code: str | None = await session.scalar(_ADD, values)
    if code is None and not await _is_known(session, scope, statement):
        raise BadInput(
            f"You have {MOST} instructions, the most there may be.",
            hint="/instructions lists them; /forget 1 drops one.",
        )
    return code


async def standing(session: AsyncSession) -> Standing:
    """What holds for the person whose transaction it is."""
    rows = (await session.execute(_ACTIVE)).mappings()
    locale = await session.scalar(_LOCALE) or languages.FOLLOW
    return Standing([Instruction(**row) for row in rows], languages.of(locale))


async def retire(
    session: AsyncSession, workspace_id: UUID, code: str, scope: Scope
) -> str | None:
    """Let a rule no longer hold; what it said. None: there is no such."""
    values = {"workspace_id": workspace_id, "code": code, "scope": scope}
    found: str | None = await session.scalar(_RETIRE, values)
    return found


async def _is_known(session: AsyncSession, scope: Scope, statement: str) -> bool:
    rows = (await session.execute(_ACTIVE)).mappings()
    mine = {row["statement"].lower() for row in rows if row["scope"] == scope}
    return statement.lower() in mine


def _tidy(part: str) -> str:
    words = " ".join(part.split()).strip(" .!,;")
    return words[:1].upper() + words[1:]
