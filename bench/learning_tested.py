"""A proposed rule is tested on a share of the work, and promoted, at the wire.

``python -m bench.learning_tested`` goes on where ``bench.learning`` ends otherwise: the
owner presses "Test it on 20 %" instead of "Accept". Chat, database, engine and the
verdict are real; the clients' pieces and scores are put into the database directly,
by raters who are made up and like what the rule does. Every row that it leaves is
shown.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import structlog

from bench.learning import ASK, PATIENCE_S, SAID, Measured, show
from bench.stream import database
from db.server_bootstrap import Urls
from tests.agent.catalog.laboratory import Laboratory
from tests.scenarios import house
from tests.scenarios.house import House, Outside
from tests.scenarios.people import Person
from tests.scenarios.shelf import SHIPPED
from tests.scenarios.teachers import complains

EARLIER, CLIENTS = 40, 14
"""Pieces rated before anything was proposed; clients whose work can be drawn."""
LIKED, USUAL = 5, 3
"""What a piece is given that keeps the rule, and one that does not."""
EACH = 6
"""Clients on each side, at least."""
SKILL = "SELECT id FROM skills WHERE name = 'copywriting' AND workspace_id IS NULL"
TABLES = {
    "rules": """
        SELECT code, status, statement, since_version FROM rules
        WHERE proposal IS NOT NULL""",
    "skill_versions": """
        SELECT id, version, origin, status, changelog FROM skill_versions
        WHERE workspace_id IS NOT NULL""",
    "experiments": """
        SELECT kind, name, metric, method, min_effect, required_n, status, verdict,
               winner_key, result, started_at, ended_at FROM experiments""",
    "experiment_arms": """
        SELECT a.key, a.weight_percent, v.version FROM experiment_arms a
        JOIN skill_versions v ON v.id = a.skill_version_id ORDER BY a.key""",
    "experiment_exposures, with what each unit's ratings came to": """
        SELECT x.unit_type, coalesce(c.name, 'a person') AS unit, a.key AS arm,
               count(f.id) AS ratings, avg(f.overall_score)::float8 AS mean
        FROM experiment_exposures x JOIN experiment_arms a ON a.id = x.arm_id
        LEFT JOIN clients c ON c.id = x.unit_id
        LEFT JOIN runs r ON r.arm_id = x.arm_id
            AND coalesce(r.client_id, r.user_id) = x.unit_id
        LEFT JOIN outputs o ON o.run_id = r.id
        LEFT JOIN feedback f ON f.output_id = o.id
        GROUP BY 1, 2, 3 ORDER BY 3, 2""",
    "skill_settings": """
        SELECT s.name, t.client_id, v.version FROM skill_settings t
        JOIN skills s ON s.id = t.skill_id
        JOIN skill_versions v ON v.id = t.version_id""",
    "deliveries that nobody asked for": """
        SELECT purpose, status, dedupe_key FROM deliveries
        WHERE purpose <> 'reply' ORDER BY id""",
    "events": """
        SELECT stream_type, type, before, after FROM events
        WHERE stream_type IN ('test', 'skill') ORDER BY id""",
}


async def story(made: House) -> None:  # noqa: PLR0915 - one thing after the other
    """Complaints, card, test, ratings, verdict, promotion; what is seen is printed."""
    home = await made.enrol()
    people = {name: made.stranger("telegram") for name in ("Ana", "Bob")}
    ana = people["Ana"]
    for person in people.values():
        person.patience_s = PATIENCE_S
    await made.introduce(ana, home)
    mate = await made.enrol(role="member", workspace=home.workspace_id)
    await made.introduce(people["Bob"], mate)
    [skill] = await made.rows(SKILL)
    lab = Laboratory(
        made.pools.app,
        made.owner,
        home.workspace_id,
        home.user_id,
        skill.id,
        made.made.core.services.clock.now(),
    )
    for _ in range(EARLIER):
        await lab.score(await lab.piece(None, None), USUAL)
    card = await proposed(people)
    clients = [await lab.client() for _ in range(CLIENTS)]
    await ana.presses("Test it on 20 %", card)
    done = await ana.sees("20 % of the work")
    show("After 'Test it on 20 %'", done.text, done.buttons)
    [version] = await made.rows(TABLES["skill_versions"])
    await ana.writes(f"test copywriting {version.version} on 50 %")
    await shown(ana, "tried on 50 % now", title="Even shares end sooner")
    lab.now = made.made.core.services.clock.now()  # drawn by the shares of now
    sides = [await lab.rated(one, LIKED, USUAL, version.id) for one in clients[:4]]
    await ana.writes("how is the test doing?")
    await shown(ana, "not enough yet", title="How is the test doing?")
    sides += [await lab.rated(one, LIKED, USUAL, version.id) for one in clients[4:]]
    if min(sides.count(True), sides.count(False)) < EACH:
        await lab.divided(EACH, LIKED, USUAL, version.id)
    await asks(made, ana)
    verdict = await ana.sees("is better", buttons=("Go on",))
    show("The verdict, told unasked", verdict.text, verdict.buttons)
    await ana.presses(f"Promote {version.version}", verdict)
    await shown(ana, "is in force now", title="After the press")
    await made.rests()


async def proposed(people: dict[str, Person]) -> Any:
    """The card that three complaints come to."""
    for who, brand, why in SAID:
        print(f"{who} scores the piece for {brand} 2 of 5: {why}")
        await complains(people[who], ASK.format(brand), why)
    card = await people["Ana"].sees(
        "New rule for Copywriting", buttons=("Test it on 20 %",)
    )
    show("The card Ana is shown", card.text, card.buttons)
    return card


async def asks(made: House, ana: Person) -> None:
    """One more piece, asked for and scored in the chat: the test is looked at."""
    await ana.writes(ASK.format("Delta"))
    await made.rests()
    piece = await ana.sees("Payday done by noon", buttons=("4",))
    await ana.presses("4", piece)


async def shown(ana: Person, words: str, *, title: str) -> None:
    """Wait for a message and print it."""
    seen = await ana.sees(words)
    show(title, seen.text, seen.buttons)


async def rows(made: House) -> None:
    """Every row that it left."""
    for table, statement in TABLES.items():
        print(f"\n== {table}")
        for row in await made.rows(statement):
            print("   " + json.dumps(dict(row._mapping), default=str))  # noqa: SLF001 - a row's only way out


async def tell(outside: Outside, urls: Urls, folder: Path) -> None:
    """All of it."""
    outside.claude.answer = Measured()
    changes: dict[str, Any] = {"skills": SHIPPED, "learn_s": 1.0, "try_freely_usd": 100}
    async with house.opened(urls, folder / "home", outside, **changes) as made:
        await story(made)
        await rows(made)


async def main() -> None:
    """Tell the story once."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    async with database() as (urls, folder), house.surroundings() as outside:
        await tell(outside, urls, folder)


if __name__ == "__main__":
    asyncio.run(main())
