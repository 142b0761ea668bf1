"""A skill's own rules and stages at the wire: checked, counted, put right, shown."""

import json
from typing import Any

from agent.catalog.skillfile import SkillFile, load
from tests.scenarios.house import Opens, Outside, anthropic_settings
from tests.scenarios.people import Person, until
from tests.scenarios.shelf import SHIPPED
from tests.standins.anthropic import Reply

PIECE = """# Copy for Acme

## Headline
Payday done by noon

## Call to action
**Button:** Start the trial!

## To confirm
- Nothing
"""
ASK = (
    "copywriting homepage copy for Acme, a payroll tool for clinics, for visitors who "
    "came from a search and have not heard of it; the button starts a free trial"
)
STAGED = (
    "positioning a positioning statement for Acme, a payroll tool for clinics, sold to "
    "practice owners who do it in spreadsheets today and compare it with Gusto"
)
LABEL = "Rehearsal draft"


def skill(name: str) -> SkillFile:
    return load(SHIPPED / name)


def said(body: dict[str, Any]) -> str:
    """What the last turn of a call says."""
    return json.dumps(body["messages"][-1], ensure_ascii=False)


def judges(body: dict[str, Any]) -> bool:
    return "You check one finished text against one rule" in json.dumps(body["system"])


async def progress(person: Person, *lines: str) -> None:
    """Wait until each of these lines was shown, in this order."""
    for line in lines:
        await until(lambda: any(s.has(line) for s in person.chat()), line)  # noqa: B023 - awaited at once


async def test_without_a_model_code_counts_and_the_rest_is_left_open(
    opens: Opens, outside: Outside
) -> None:
    rules = skill("copywriting").rules
    by_code = [rule for rule in rules if rule.check]
    first, *_, last = [rule.code for rule in rules if not rule.check]
    no_key = anthropic_settings(outside, api_key=None)
    async with opens(skills=SHIPPED, anthropic=no_key) as house:
        ana = await house.member("telegram")
        await ana.commands(ASK)
        done = await ana.sees(LABEL, "How good is it")
        assert f"{len(by_code)}/{len(rules)} rules met, " in done.text
        assert f"{first}-{last}: n/a, needs a model." in done.text
        await house.rests()
        await ana.commands("rules")
        shown = await ana.sees("Rules of run #1", buttons=("The run",))
        assert shown.text.count("✓") == len(by_code)
        assert shown.text.count("(needs a model)") == len(rules) - len(by_code)
        await house.rests()


async def test_a_model_judges_a_rule_a_question_and_what_must_hold_is_put_right(
    opens: Opens,
) -> None:
    rules = skill("copywriting").rules
    judged = [rule for rule in rules if not rule.check]
    culprit = next(rule for rule in judged if rule.severity == "must")
    mended = PIECE.replace("Payday done by noon", "Payroll that knows your rota")

    def answer(body: dict[str, Any]) -> Reply:
        if not judges(body):
            return Reply(mended if "were not kept" in said(body) else PIECE)
        is_culprit = culprit.statement in said(body)
        if is_culprit and "Payday done" in json.dumps(body["system"]):
            return Reply('BROKEN\nIt fits any rival.\n"Payday done"')
        return Reply("KEPT\nIt does.")

    async with opens(skills=SHIPPED) as house:
        house.claude.answer = answer
        ana = await house.member("telegram")
        await ana.commands(ASK)
        done = await ana.sees("Payroll that knows your rota", "How good is it")
        assert f"/{len(rules)} rules met" in done.text
        assert "broken" not in done.text
        await house.rests()
        bodies = [request.body for request in house.claude.requests]
        asked = [said(body) for body in bodies if judges(body)]
        assert len(asked) == len(judged) + 1, "once each, and the mended one again"
        [repair] = [said(body) for body in bodies if "were not kept" in said(body)]
        assert f"- {culprit.statement} (It fits any rival" in repair.replace('\\"', '"')
        spent = "SELECT count(*) FROM usage_records"
        assert await house.asks(spent) == len(bodies)


async def test_a_complex_skill_works_in_stages_that_people_see(opens: Opens) -> None:
    file = skill("positioning")
    titles = [stage.title for stage in file.stages]

    def answer(body: dict[str, Any]) -> Reply:
        if judges(body):
            return Reply("KEPT")
        heads = [title for title in titles if f": {title}" in said(body)]
        if "shorter" in json.dumps(body["messages"]):
            return Reply("# Positioning: Acme\n\nShort.")
        if heads and heads[-1] != titles[-1]:
            return Reply(f"notes on {heads[-1]}", pace_s=0.05)
        return Reply("# Positioning: Acme\n\nIt stands here.", pace_s=0.05)

    async with opens(skills=SHIPPED) as house:
        house.claude.answer = answer
        ana = await house.member("web")
        await ana.commands(STAGED)
        await progress(ana, *(f"{n} of 3 {t}" for n, t in enumerate(titles, 1)))
        await ana.sees("It stands here", "How good is it")
        await house.rests()
        writing = [r.body for r in house.claude.requests if not judges(r.body)]
        last = next(b for b in writing if f"Stage 3 of 3: {titles[2]}" in said(b))
        told = json.dumps(last["messages"], ensure_ascii=False)
        assert all(f"notes on {title}" in told for title in titles[:2])
        before = len(writing)
        await ana.writes("shorter")
        await ana.sees("Version 2", "Short.")
        await house.rests()
        again = [r.body for r in house.claude.requests if not judges(r.body)][before:]
        told = json.dumps(again[0]["messages"], ensure_ascii=False)
        assert f"notes on {titles[0]}" in told, "a revision goes by the same notes"
        assert not any("Stage 1 of 3" in said(body) for body in again)
