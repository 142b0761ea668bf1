"""Three complaints become a version, at the wire: ``python -m bench.learning``.

Everything but the outside is real; messenger and model are stand-ins. Three pieces of
the shipped copywriting skill are asked for, scored low with a reason, and what follows
is let happen; every row that it leaves is shown. Then what a proposal and its trial
cost: ESTIMATED from the bytes that were really sent and answered, at four bytes to a
token, without any cache, at the prices in force. The pieces are made up, of a usual
length; a model that thinks first writes more.
"""

import argparse
import asyncio
import json
import textwrap
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog

from agent.llm.choice import ModelRef
from agent.llm.port import Usage
from agent.llm.prices import in_force
from bench.stream import database
from db.server_bootstrap import Urls
from tests.scenarios import house
from tests.scenarios.house import House, Outside
from tests.scenarios.shelf import SHIPPED
from tests.scenarios.teachers import LEARNT, PLAIN, STIFF, Pupil, complains
from tests.standins.anthropic import Reply

TOKEN_BYTES = 4
PATIENCE_S = 60.0
ASK = (
    "copywriting homepage copy for {}, a payroll tool for clinics, for visitors who "
    "came from a search and have not heard of it; the button starts a free trial"
)
SAID = (
    ("Ana", "Acme", "Too formal"),
    ("Bob", "Bolt", "far too formal"),
    ("Bob", "Cirrus", "again too formal"),
)
BODY = """

## Headline
Payday done by noon

## Subhead
{line}

## Body
{body}

## Call to action
**Button:** See a payroll run on my data
No card, and what was set up stays.

## To confirm
- How many clinics use it today
"""
TABLES = {
    "feedback": """
        SELECT f.reviewer_key, f.source, f.overall_score AS score, f.comment
        FROM feedback f ORDER BY f.id""",
    "rules": """
        SELECT code, status, severity, statement, rationale, score_before, score_after,
               held_out_cases, since_version, evidence, proposal
        FROM rules WHERE proposal IS NOT NULL ORDER BY id""",
    "skill_versions": """
        SELECT version, origin, status, changelog, storage_key FROM skill_versions
        WHERE workspace_id IS NOT NULL ORDER BY id""",
    "skill_settings": """
        SELECT s.name, t.client_id, v.version, t.is_active FROM skill_settings t
        JOIN skills s ON s.id = t.skill_id
        LEFT JOIN skill_versions v ON v.id = t.version_id""",
    "events": """
        SELECT stream, version, type, before, after FROM events
        WHERE stream_type = 'rule' ORDER BY id""",
    "usage_records": """
        SELECT split_part(call_key, '-', 1) AS kind, model, count(*) AS calls,
               sum(cost_usd) AS cost_usd FROM usage_records
        WHERE run_id IN (SELECT id FROM rules UNION
            SELECT CAST(proposal ->> 'calls_id' AS uuid) FROM rules)
        GROUP BY 1, 2 ORDER BY 1, 2""",
}


@dataclass
class Measured(Pupil):
    """The pupil, whose every call is weighed."""

    sent: dict[tuple[str, str], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Kind and model -> bytes of each prompt and answer."""

    def __call__(self, body: dict[str, Any]) -> Reply:
        """The answer, of a usual length where it is a piece."""
        reply = super().__call__(body)
        kind = self.asked[-1]
        if kind == "piece":
            line = PLAIN if LEARNT in json.dumps(body) else STIFF
            text = f"# Copy{BODY.format(line=line, body=_usual(line))}"
            reply = Reply(text)
        asked = {name: body.get(name) for name in ("system", "messages", "tools")}
        size = len(json.dumps(asked, ensure_ascii=False).encode())
        self.sent[kind, body["model"]].append((size, len(reply.text.encode())))
        return reply


def _usual(line: str) -> str:
    paragraph = f"{line} Somebody runs it on a Thursday, and it is done by noon. " * 4
    return "\n\n".join([paragraph.strip()] * 4)


async def story(made: House) -> None:
    """Complaints, card, press, version; what is seen is printed."""
    home = await made.enrol()
    people = {name: made.stranger("telegram") for name in ("Ana", "Bob")}
    for person in people.values():
        person.patience_s = PATIENCE_S
    await made.introduce(people["Ana"], home)
    mate = await made.enrol(role="member", workspace=home.workspace_id)
    await made.introduce(people["Bob"], mate)
    for who, brand, why in SAID:
        print(f"{who} scores the piece for {brand} 2 of 5: {why}")
        await complains(people[who], ASK.format(brand), why)
    ana = people["Ana"]
    card = await ana.sees("New rule for Copywriting", buttons=("Accept",))
    show("The card Ana is shown", card.text, card.buttons)
    await ana.presses("Before and after", card)
    both = await ana.sees("One request, twice")
    show("Before and after", both.text[:700], both.buttons)
    await ana.presses("Show the diff", card)
    diff = await ana.sees("RULES.md of Copywriting")
    show("The diff", diff.text, ())
    await ana.presses("Accept", card)
    done = await ana.sees("Accepted")
    show("After Accept", done.text, done.buttons)
    await people["Bob"].writes(ASK.format("Delta"))
    await people["Bob"].sees(PLAIN)
    print(f"\nThe next piece, for Bob, begins to say: {PLAIN}")
    await made.rests()


def show(title: str, text: str, buttons: Any) -> None:
    """What somebody sees."""
    print(f"\n== {title}")
    print(textwrap.indent(text, "   "))
    if buttons:
        print("   " + " ".join(f"[{one}]" for one in buttons))


async def rows(made: House) -> None:
    """Every row that it left."""
    for table, statement in TABLES.items():
        print(f"\n== {table}")
        for row in await made.rows(statement):
            print("   " + json.dumps(dict(row._mapping), default=str))  # noqa: SLF001 - a row's only way out


def costs(pupil: Measured) -> None:
    """What it cost, estimated from the bytes."""
    prices = in_force(date(2026, 11, 21))
    print(
        f"\n== Cost, ESTIMATED: bytes / {TOKEN_BYTES} = tokens, no cache, list prices"
    )
    print(
        f"   {'for':<10}{'model':<22}{'calls':>6}{'sent B':>10}{'said B':>9}{'USD':>9}"
    )
    total: dict[str, Decimal] = defaultdict(Decimal)
    pieces = pupil.sent
    for (kind, model), made in sorted(pieces.items()):
        # Three pieces were asked for by people, and one at the end.
        calls = made[len(SAID) : -1] if kind == "piece" else made
        if kind == "check" or not calls:
            continue
        sent, said = sum(a for a, _ in calls), sum(b for _, b in calls)
        ref = ModelRef.parse(model)
        usage = Usage(
            input_tokens=sent // TOKEN_BYTES, output_tokens=said // TOKEN_BYTES
        )
        usd = prices.cost_usd(ref.provider, ref.name, usage)
        total["proposal" if kind in {"group", "draft"} else "replay"] += usd
        print(f"   {kind:<10}{model:<22}{len(calls):>6}{sent:>10}{said:>9}{usd:>9.4f}")
    for what, usd in total.items():
        print(f"   a {what}: about ${usd:.4f}")


async def tell(outside: Outside, urls: Urls, folder: Path) -> None:
    """All of it."""
    pupil = Measured()
    outside.claude.answer = pupil
    changes: dict[str, Any] = {"skills": SHIPPED, "learn_s": 1.0, "try_freely_usd": 100}
    async with house.opened(urls, folder / "home", outside, **changes) as made:
        await story(made)
        await rows(made)
    costs(pupil)


async def main() -> None:
    """Tell the story once."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    async with database() as (urls, folder), house.surroundings() as outside:
        await tell(outside, urls, folder)


if __name__ == "__main__":
    asyncio.run(main())
