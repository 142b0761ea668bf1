"""A rule drafted from what people complained of again and again.

Complaints are read with the eyes of each member, for a private chat's are its own. From
there only their count goes on, and a judgement of a few plain words ("too formal"); a
quote never does. One change a skill is open at a time; a draft that copies is asked for
once more, and given up on then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import structlog

from agent.catalog import complaint_groups, evidence, likeness, proposals, rule_guards
from agent.catalog.complaint_groups import Group
from agent.catalog.evidence import Complaint
from agent.catalog.proposals import Source, Standing
from agent.catalog.rule_changes import Draft
from agent.catalog.rule_guards import RuleRefused
from agent.ctx import Caller
from agent.errors import AgentError, NotFound
from agent.identity.history import Itself
from agent.llm.port import Prompt
from agent.ports import Audit, Change, Events
from agent.runs import aside, drafting, trial_cases, trial_queries
from agent.runs.aside import Errand
from agent.runs.bench import Bench

SPAN = timedelta(days=90)
"""How far back complaints count."""
AFTER = 3
"""Like complaints, about as many pieces, from which on a rule is proposed."""
WITHIN_S = 40.0
PROPOSED = "rule.proposed"
"""In the audit, where no person proposed it."""
_LONGEST = 600
"""Characters of a complaint; what is longer is a text, and no complaint."""
_TELLING = 4
"""Words of a judgement that says nothing of the piece."""
_QUOTED = 120
_PIECES = 6
"""Pieces whose words a rule is compared with."""
NOBODY = UUID(int=0)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be learnt from."""

    lead: Caller
    """An owner or admin, on whose account it is done."""
    eyes: Sequence[Caller]
    """With whose eyes complaints are read."""
    skill: str
    id: UUID
    """Names the calls that are paid for: the same when the step is done again."""
    after: int = AFTER


@dataclass(frozen=True, slots=True)
class _Heard:
    """Complaints, and which of them the whole team may read."""

    said: list[Complaint]
    open_ones: frozenset[UUID | None] = field(default_factory=frozenset)

    def quote(self, one: Complaint) -> str:
        """What may be told of one; empty: nothing."""
        text = " ".join(one.text.split())[:_QUOTED]
        is_open = one.feedback_id in self.open_ones
        return text if is_open or _is_telling(text) else ""


@dataclass(frozen=True, slots=True)
class Records:
    """What hears of a proposal: the engine, which tries it, and the audit."""

    events: Events
    audit: Audit


async def propose(bench: Bench, records: Records, wanted: Wanted) -> UUID | None:
    """The id of a new proposal; None: nothing recurs, or nothing can be made of it.

    Open no transaction around this.

    Raises:
        NotFound, Unavailable: The skill's files cannot be had.
    """
    here = await _standing(bench, wanted)
    async with bench.open(wanted.lead) as session:
        if await proposals.is_open(session, here):
            return None
        used = await proposals.used(session, here)
    heard = await _hear(bench, wanted, used)
    group = await _recurring(bench, wanted, heard)
    if group is None:
        return None
    source = await _source(bench, wanted, heard, group)
    return await _drafted(bench, records, wanted, here, source)


async def _standing(bench: Bench, wanted: Wanted) -> Standing:
    async with bench.open(wanted.lead) as session:
        place = await proposals.place(session, wanted.lead.workspace_id, wanted.skill)
    return await proposals.read(bench.objects, place)


async def _hear(bench: Bench, wanted: Wanted, used: frozenset[str]) -> _Heard:
    since = bench.clock.now() - SPAN
    found: dict[tuple[UUID | None, str], Complaint] = {}
    for eyes in wanted.eyes:
        async with bench.open(eyes) as session:
            for one in await evidence.complaints(session, wanted.skill, since):
                found.setdefault((one.feedback_id, one.text), one)
    async with bench.open(replace(wanted.lead, user_id=NOBODY)) as session:
        public = await evidence.complaints(session, wanted.skill, since)
    said = [
        one
        for one in evidence.weighed(c for c in found.values() if c.source != "judge")
        if one.weight > 0
        and len(one.text) <= _LONGEST
        and str(one.feedback_id) not in used
    ]
    said.sort(key=lambda one: (one.said_at, str(one.feedback_id), one.text))
    newest = said[-drafting.MOST :]
    return _Heard(newest, frozenset(one.feedback_id for one in public))


async def _recurring(bench: Bench, wanted: Wanted, heard: _Heard) -> Group | None:
    """The largest group that is large enough."""
    said = heard.said
    if len({one.output_id for one in said}) < wanted.after:
        return None
    prompt = drafting.grouping([one.text for one in said])
    answer = await _fast(bench, wanted, "group", prompt)
    groups = drafting.groups(answer, len(said)) if answer else None
    if groups is None:
        groups = complaint_groups.by_words(said)
    enough = (g for g in groups if complaint_groups.enough(said, g, wanted.after))
    return max(enough, key=lambda group: len(group.members), default=None)


async def _source(bench: Bench, wanted: Wanted, heard: _Heard, group: Group) -> Source:
    """The evidence, and what must not be copied; half of the pieces are kept apart."""
    members = [heard.said[at] for at in group.members]
    held = trial_cases.apart(one.output_id for one in members)
    quotes = [heard.quote(one) for one in members]
    shown = [one.text for one in members if one.output_id not in held]
    kept = [
        {
            "output_id": str(one.output_id),
            "feedback_id": str(one.feedback_id),
            "quote": quote,
        }
        for one, quote in zip(members, quotes, strict=True)
    ]
    told = [one.text for one in members if not _is_telling(one.text)]
    pieces = await _pieces(bench, wanted, members)
    is_open = all(one.feedback_id in heard.open_ones for one in members)
    may_tell = _is_telling(group.theme) or (is_open and _is_brief(group.theme))
    theme = group.theme if may_tell else next(filter(None, quotes), "")
    held_out = [str(one) for one in held]
    texts = [*told, *pieces]
    since = min(one.said_at for one in members).date().isoformat()
    return Source(theme, kept, texts, held_out, since, shown=shown, calls_id=wanted.id)


async def _pieces(
    bench: Bench, wanted: Wanted, members: Sequence[Complaint]
) -> list[str]:
    """The texts of the pieces complained of, as far as they are still there."""
    ids = list(dict.fromkeys(one.output_id for one in members))[:_PIECES]
    keys: dict[str, None] = {}
    for eyes in wanted.eyes:
        async with bench.open(eyes) as session:
            keys |= dict.fromkeys(await trial_queries.stored(session, ids))

    async def text(key: str) -> str:
        try:
            return (await bench.objects.get(key)).decode("utf-8", "replace")
        except NotFound:
            return ""

    return list(await asyncio.gather(*map(text, keys)))


async def _drafted(
    bench: Bench, records: Records, wanted: Wanted, here: Standing, source: Source
) -> UUID | None:
    """A draft that passes the guards, kept; what does not pass is asked for again."""
    rules = here.file.rules
    room = "" if len(rules) < rule_guards.MOST_RULES else "No rule can be added now."
    prompt = drafting.drafting(here.title, rules, source.shown, room)
    for kind in ("draft", "redraft"):
        said = await _fast(bench, wanted, kind, prompt)
        draft = drafting.drafted(said, rules) if said else _ready(source)
        try:
            if draft is None:
                raise RuleRefused("These are not the six lines that were asked for.")
            return await _kept(bench, records, wanted, draft, source)
        except AgentError as refused:
            log.info("rule.refused", name=here.name, error=type(refused).__name__)
            if not said or not isinstance(refused, RuleRefused):
                return None
            prompt = drafting.once_more(prompt, said, refused.said)
    return None


async def _kept(
    bench: Bench, records: Records, wanted: Wanted, draft: Draft, source: Source
) -> UUID:
    # The skill may have moved on while a model was asked.
    here = await _standing(bench, wanted)
    async with bench.open(wanted.lead) as session:
        now = bench.clock.now()
        await proposals.ensure_allowed(session, here, draft, source, now)
        rule_id = await proposals.put(session, records.events, here, draft, source)
        change = _change(rule_id, here, draft, source)
        who = Itself(here.workspace_id)
        await records.audit.record(session, who, action=PROPOSED, changes=[change])
    return rule_id


def _change(rule_id: UUID, here: Standing, draft: Draft, source: Source) -> Change:
    # The history is for good, so what people said is not in it.
    pieces = len({one["output_id"] for one in source.evidence})
    after = {
        "status": "proposed",
        "statement": draft.statement,
        "why": f"{pieces} pieces with one complaint",
        "version": here.version,
    }
    return Change("rule", str(rule_id), None, after, label=here.title)


async def _fast(bench: Bench, wanted: Wanted, kind: str, prompt: Prompt) -> str | None:
    errand = Errand(f"rule-{kind}", wanted.id, WITHIN_S)
    return await aside.answer(bench, wanted.lead, errand, prompt)


def _ready(source: Source) -> Draft | None:
    found = map(drafting.ready, filter(None, (source.theme, *source.shown)))
    return next(filter(None, found), None)


def _is_telling(text: str) -> bool:
    """Whether it is a judgement that gives nothing away, in words that all judge so."""
    # A name need not have a capital: only words known to be harmless are.
    said = likeness.stems(text)
    return _is_brief(text) and bool(said) and said <= drafting.JUDGEMENTS


def _is_brief(text: str) -> bool:
    words = text.split()
    is_plain = not likeness.names(text) and not any(c.isdigit() for c in text)
    return 0 < len(words) <= _TELLING and is_plain
