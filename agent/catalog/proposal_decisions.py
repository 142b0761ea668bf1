"""What becomes of a proposed rule: accepted, rejected, reworded, tried once more.

Each is decided under the row's lock: of two who press at once, the second is told who
was first.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import (
    overtaken,
    own_versions,
    proposals,
    rule_changes,
    rule_guards,
)
from agent.catalog import proposal_queries as queries
from agent.catalog.proposal_errors import Decided, NoSuchProposal, Regressed
from agent.catalog.proposals import Standing
from agent.catalog.rule_changes import Change, Draft
from agent.ctx import Ctx
from agent.ports import Change as Audited


async def in_the_way(ctx: Ctx, rule_id: UUID) -> list[str]:
    """Versions whose test would be overtaken if the proposal were accepted now.

    Raises:
        NoSuchProposal, Decided: It is not there, or not open.
        Regressed: When it was tried, good pieces became worse.
    """
    row = await _open(ctx.session, rule_id)
    _ensure_no_harm(row)
    now = await own_versions.in_force(ctx.session, row["skill_id"], None)
    if now is None or row["proposal"]["base_id"] != str(now):
        return []  # it is not accepted yet, but tried on what is in force
    return await overtaken.running(ctx.session, row["skill_id"])


async def accept(
    ctx: Ctx, rule_id: UUID, *, at_once: bool = True
) -> tuple[RowMapping, str]:
    """The proposal, and the number of the version that has it now.

    It is in force ``at_once``, or only there, to be tested first. An empty number: the
    skill has another version since; it is tried on that before anything.

    Raises:
        NoSuchProposal, Decided: It is not there, or not open.
        Regressed: When it was tried, good pieces became worse.
        RuleRefused: The skill's rules as they are now cannot take it.
        VersionGone, Unavailable: See ``own_versions``.
    """
    row = await _open(ctx.session, rule_id)
    here = await _standing(ctx, row["skill"])
    draft = Draft.read(row["proposal"])
    if row["proposal"]["base_id"] != str(here.version_id):
        await reword(ctx, row, here, draft)
        return row, ""
    _ensure_no_harm(row)
    rule_guards.ensure_fits(draft, here.file.rules, here.guarded)
    place, by = (ctx.session, ctx.objects), ctx.caller.user_id
    made = await own_versions.make(
        *place,
        ctx.caller.workspace_id,
        here.name,
        rule_changes.applied(here.file.texts, draft, here.name),
        origin="proposal",
        changelog=changelog(row["code"], draft),
        by=by,
    )
    if at_once:
        whose = ctx.caller.workspace_id, here.name
        await own_versions.put_in_force(*place, *whose, made.version_id)
    said = {"version_id": str(made.version_id)}
    await _decide(ctx, row, "active", made.version, said)
    return row, made.version


async def reject(ctx: Ctx, rule_id: UUID, reason: str) -> RowMapping:
    """The proposal, closed; something like it is not proposed again for a while.

    Raises:
        NoSuchProposal, Decided: It is not there, or not open.
    """
    row = await _open(ctx.session, rule_id)
    await _decide(ctx, row, "rejected", "", {"reason": reason})
    return row


async def edit(ctx: Ctx, rule_id: UUID, statement: str) -> RowMapping:
    """The proposal in other words; it is tried again.

    Raises:
        NoSuchProposal, Decided: It is not there, or not open.
        RuleRefused: The words are no rule.
    """
    row = await _open(ctx.session, rule_id)
    here = await _standing(ctx, row["skill"])
    kept = {**row["proposal"], "statement": " ".join(statement.split())}
    if kept["change"] == Change.REMOVE:
        kept["change"] = Change.SHARPEN  # a removal has no words of its own
    if kept["code"] not in here.guarded:  # else the check must stay as well
        kept["check"] = rule_changes.as_check(kept["statement"])
    draft = Draft.read(kept)
    rule_guards.ensure_sound(draft)
    await reword(ctx, row, here, draft)
    return row


async def again(ctx: Ctx, rule_id: UUID) -> RowMapping:
    """The proposal as it is, to be tried whatever that costs.

    Raises:
        NoSuchProposal, Decided: It is not there, or not open.
    """
    row = await _open(ctx.session, rule_id)
    revision = row["proposal"]["revision"]
    times = (row["proposal"].get("tried") or {}).get("times", 0) + 1
    noted = {"is_allowed": True}
    await queries.note(ctx.session, rule_id, revision, noted)
    workspace_id = ctx.caller.workspace_id
    await proposals.emit(
        ctx.session, ctx.events, workspace_id, (rule_id, revision), times
    )
    return row


async def reword(ctx: Ctx, row: RowMapping, here: Standing, draft: Draft) -> None:
    """Let a proposal say ``draft``, against the version in force now.

    Raises:
        RuleRefused: The rules as they are now cannot take it.
    """
    rule_guards.ensure_fits(draft, here.file.rules, here.guarded)
    draft = rule_changes.numbered(draft, here.file.rules, here.name)
    revision = row["proposal"]["revision"] + 1
    values = {
        "id": row["id"],
        "statement": draft.statement,
        "why": draft.why,
        "severity": draft.severity,
    }
    fresh = {"revision": revision, "tried": None, "is_allowed": False}
    kept = {**proposals.against(here, draft), **fresh}
    await queries.change(ctx.session, values, kept)
    which = row["id"], revision
    await proposals.emit(ctx.session, ctx.events, ctx.caller.workspace_id, which)


def changelog(code: str, draft: Draft) -> str:
    """What a version says that a proposal became: "C15 added: ... (proposal P3)"."""
    done = {
        Change.ADD: "added",
        Change.SHARPEN: "sharpened",
        Change.LOOSEN: "loosened",
        Change.REMOVE: "removed",
    }[draft.change]
    return f"{draft.code} {done}: {draft.statement} (proposal {code})"


async def _open(session: AsyncSession, rule_id: UUID) -> RowMapping:
    row = await queries.held(session, rule_id)
    if row is None:
        raise NoSuchProposal
    if row["status"] != "proposed":
        # Whoever waited for the lock read before it was known who decided.
        raise Decided(await queries.one(session, rule_id) or row)
    return row


def _ensure_no_harm(row: RowMapping) -> None:
    if (row["proposal"].get("tried") or {}).get("is_harm"):
        raise Regressed(row["title"])


async def _decide(
    ctx: Ctx, row: RowMapping, status: str, version: str, said: Mapping[str, Any]
) -> None:
    values = {
        "id": row["id"],
        "status": status,
        "user_id": ctx.caller.user_id,
        "version": version,
        "proposal": said,
    }
    await queries.decide(ctx.session, values)
    after = {"status": status, "statement": row["proposal"]["statement"]}
    change = Audited("rule", str(row["id"]), {"status": "proposed"}, after)
    ctx.changed(change)


async def _standing(ctx: Ctx, skill: str) -> Standing:
    here = ctx.caller.workspace_id
    return await proposals.standing(ctx.session, ctx.objects, here, skill)
