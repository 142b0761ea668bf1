"""What the steps of ``replay`` do: choose cases, try each, show what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import proposal_queries as queries
from agent.catalog import proposals, rule_changes
from agent.catalog.proposal_schemas import shown
from agent.catalog.proposals import Standing
from agent.catalog.rule_changes import Draft
from agent.catalog.skillfile import SkillFile, assemble
from agent.catalog.versions import guest, held
from agent.ctx import Caller, Role
from agent.identity.history import Itself
from agent.mailroom import notices
from agent.mailroom.notices import Notice
from agent.ports import Change
from agent.runs import trial_cases, trial_queries, trial_results, trials
from agent.runs.trial_cases import Case, Piece
from agent.runs.trial_results import Tried
from agent.runs.trials import Trial
from bot import render, vantages
from bot.durable.steps import StepKey
from bot.services import Services
from bot.vantages import Vantages

TOPIC = "learning"
USUAL_BYTES = 3_000
"""Of a piece, where none was written yet."""

TRIED = "rule.tried"
"""In the audit."""
RAN = {"tried", "no_answer"}
"""States of a trial that was made, and paid for."""

log = structlog.get_logger()

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wording:
    """One wording of a proposal, while it is open and is that wording still."""

    row: RowMapping
    here: Standing
    seen: Vantages
    times: int
    """How often somebody had it tried once more."""

    @property
    def lead(self) -> Caller:
        """On whose account it is tried."""
        return self.seen.lead

    @property
    def kept(self) -> Mapping[str, Any]:
        """What the row says of it."""
        found: Mapping[str, Any] = self.row["proposal"]
        return found


class ReplayWork:
    """The steps of ``replay`` over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services

    async def plan(self, key: StepKey, data: Data) -> list[Data]:
        """The cases to try; none where that is not to be, which a card then says."""
        del key
        wording = await self._open(data)
        if wording is None:
            return []
        pieces = await self._pieces(wording)
        cases = self._cases(wording, pieces)
        if not cases:
            return await self._end(wording, {"state": "no_cases"})
        bytes_ = [one.size_bytes for one in pieces] or [USUAL_BYTES]
        cost = await trials.estimate(
            self._services.bench,
            wording.lead,
            self._trial(wording),
            cases,
            int(fmean(bytes_)),
        )
        if cost is None:
            return await self._end(wording, {"state": "needs_model"})
        if cost > self._services.try_freely_usd and not wording.kept.get("is_allowed"):
            asking = {"state": "asking", "estimate_usd": _cents(cost)}
            return await self._end(wording, {**asking, "cases": len(cases)})
        return [case.kept for case in cases]

    async def case(self, key: StepKey, data: Data, case: Data) -> Data:
        """Write for one case both ways, and have it judged."""
        del key  # what is written is kept under the proposal's own
        wording = await self._open(data)
        one = Case.read(case)
        if wording is None:  # decided or reworded meanwhile: nothing more is spent
            return Tried(one.key, one.kind, is_written=False).kept
        bench, trial = self._services.bench, self._trial(wording)
        return (await trials.run(bench, wording.lead, trial, one)).kept

    async def show(self, key: StepKey, data: Data, tried: list[Data]) -> str:
        """Keep what it came to, and show it to who decides."""
        del key
        wording = await self._open(data)
        if wording is None:
            return ""
        stages = len(wording.here.file.stages)
        found = trial_results.summary(list(map(Tried.read, tried)), stages)
        await self._end(wording, found)
        return str(wording.row["id"])

    async def _open(self, data: Data) -> _Wording | None:
        """The wording that the event is about; None: it is decided or superseded."""
        services = self._services
        seen = await vantages.of(services, UUID(data["workspace_id"]))
        if seen is None:
            return None
        async with services.tenant(seen.lead) as session:
            row = await queries.one(session, UUID(data["rule_id"]))
            if row is None or row["status"] != "proposed":
                return None
            if row["proposal"]["revision"] != data["revision"]:
                return None
            ids = seen.lead.workspace_id, row["skill"]
            place = await proposals.place(session, *ids)
        here = await proposals.read(services.objects, place)
        return _Wording(row, here, seen, data.get("times", 0))

    def _trial(self, wording: _Wording) -> Trial:
        row, here = wording.row, wording.here
        draft = Draft.read(row["proposal"])
        texts = rule_changes.applied(here.file.texts, draft, here.name)
        marked = guest if here.is_guest else _as_it_is
        return Trial(
            row["id"],
            row["proposal"]["revision"],
            here.skill_id,
            marked(here.file),
            marked(assemble(held(here.name, texts))),
            row["proposal"]["theme"] or draft.statement,
            wording.times,
        )

    async def _pieces(self, wording: _Wording) -> list[Piece]:
        """Scored pieces, each once, with somebody who may read it."""
        found: dict[UUID, Piece] = {}
        for eyes in wording.seen.eyes:
            async with self._services.tenant(eyes) as session:
                rows = await trial_queries.pieces(session, wording.here.skill_id)
            for row in rows:
                one = Piece(user_id=eyes.user_id, chat_id=eyes.chat_id, **row)
                found.setdefault(one.output_id, one)
        return sorted(found.values(), key=lambda one: one.output_id, reverse=True)

    def _cases(self, wording: _Wording, pieces: Sequence[Piece]) -> list[Case]:
        evidence = {one["output_id"] for one in wording.row["evidence"]}
        held_out = wording.kept["held_out"]
        return trial_cases.choose(pieces, evidence, held_out, wording.here.file.cases)

    async def _end(self, wording: _Wording, found: Mapping[str, Any]) -> list[Data]:
        """Keep what came of it, and show the card, in one transaction."""
        row, lead = wording.row, wording.lead
        revision = row["proposal"]["revision"]
        rated = sum(one.is_recent for one in await self._pieces(wording))
        async with self._services.tenant(lead) as session:
            cost = await queries.cost(session, row["id"])
            paid = {"cost_usd": _cents(cost), "times": wording.times}
            kept = {**found, **paid, "rated": rated}
            is_held = kept.get("held_before") is not None
            side = "held_" if is_held else ""
            scores = {
                "before": kept.get(f"{side}before"),
                "after": kept.get(f"{side}after"),
                "held": kept.get("held_out"),
            }
            which = row["id"], revision
            if not await queries.tried(session, *which, scores, {"tried": kept}):
                return []
            await self._audited(session, row, kept)
            fresh = await queries.one(session, row["id"])
            assert fresh is not None  # noqa: S101 - it was written to just now
            message = render.proposals.card(shown(fresh))
            key = f"rule:{row['id']}:{revision}:{found['state']}:{wording.times}"
            notice = Notice(key, TOPIC, message)
            await notices.notify_all(session, lead.workspace_id, Role.ADMIN, notice)
        log.info("rule.tried", state=found["state"])
        return []

    async def _audited(
        self, session: AsyncSession, row: RowMapping, kept: Mapping[str, Any]
    ) -> None:
        """Have the audit say what a trial came to, once."""
        before = row["proposal"].get("tried") or {}
        if kept["state"] not in RAN or before.get("times") == kept["times"]:
            return
        after = {name: kept[name] for name in ("state", "before", "after", "cost_usd")}
        after |= {"version": row["proposal"]["base"]}
        change = Change("rule", str(row["id"]), {}, after, label=row["title"])
        who = Itself(row["workspace_id"])
        await self._services.audit.record(session, who, action=TRIED, changes=[change])


def _as_it_is(file: SkillFile) -> SkillFile:
    return file


def _cents(usd: Decimal) -> str:
    return f"{usd:.4f}"
