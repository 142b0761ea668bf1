"""A piece that is data: read as text while it grows, kept as data, revised as data."""

import asyncio
import json
from typing import Any

from tests.scenarios.house import House
from tests.scenarios.test_assistant import rounds
from tests.standins.anthropic import Fault, Reply

ASK = (
    "email-sequence a welcome series for Acme, a payroll tool for clinics, for people "
    "who signed up for a trial, so that they run their first payroll within 14 days"
)
PLAN = "Goal.\n\n| Mail | Day | Job | Action |\n|---|---|---|---|\n| 1 | 0 | a | b |"
"""As the skill's rules want it, so that nothing is put right."""
KEPT = """
    SELECT o.id, o.data, o.storage_key, o.revises_id FROM outputs o
    WHERE o.workspace_id = :id ORDER BY o.id
"""


def mail(number: int) -> dict[str, str]:
    return {
        "name": f"job{number}",
        "send": f"Day {number}",
        "subject": f"Subject {number}",
        "subject_b": f"Other {number}",
        "preview": "A preview that goes on from the subject line.",
        "body": f"Dear you,\n\nbody{number} begins here.\n\nAna",
        "action": "Run payroll",
    }


def sequence(mails: int = 3, **changed: Any) -> str:
    value = {
        "title": "Welcome sequence for Acme",
        "plan": PLAN,
        "emails": [mail(n) for n in range(1, mails + 1)],
        "checklist": ["Unsubscribe link"],
    }
    return json.dumps({**value, **changed}, ensure_ascii=False)


async def kept(house: House) -> list[Any]:
    return await house.rows(KEPT, id=(await house.run()).workspace_id)


async def test_data_grows_as_text_and_is_kept_as_data(house: House, door: str) -> None:
    ana = await house.member(door)
    seen: set[str] = set()

    async def watch() -> None:
        while True:
            seen.update(one.text for one in ana.chat())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    house.claude.script(Reply(sequence(), pace_s=0.02))
    await ana.commands(ASK)
    first = await ana.sees("Email 3: job3", "body3", buttons=("5", "Revise"))
    await house.rests()
    watching.cancel()
    assert len(seen) > 3
    assert not any('"subject"' in one or '{"' in one for one in seen)
    assert first.has("Subject B: Other 1", "Before you switch it on")
    [row] = await kept(house)
    assert row.data["emails"][2]["subject"] == "Subject 3"
    house.claude.script(Reply(sequence(2)))
    await ana.writes("shorter")
    await ana.sees("Version 2", "Email 2: job2")
    await house.rests()
    _, second = await kept(house)
    assert len(second.data["emails"]) == 2
    told = [one["content"][0]["text"] for said in rounds(house) for one in said]
    assert any(json.loads(sequence()) == _read(one) for one in told)


async def test_what_does_not_fit_is_asked_for_once_more(house: House) -> None:
    ana = await house.member("telegram")
    unfit = Reply(sequence(2, checklist="None"), formless=True)
    house.claude.script(unfit, Reply(sequence(2)))
    await ana.commands(ASK)
    await ana.sees("Email 2: job2", buttons=("5",))
    await house.rests()
    [row] = await kept(house)
    assert row.data["checklist"] == ["Unsubscribe link"]
    asked = [one[-1]["content"][-1]["text"] for one in rounds(house)]
    assert any("checklist: 'None' is not of type 'array'" in one for one in asked)


async def test_a_form_that_is_not_taken_is_told_in_words(house: House) -> None:
    ana = await house.member("telegram")
    said = "output_config.format.schema: Schema is too complex."
    house.claude.script(
        Fault(400, "invalid_request_error", said), Reply(sequence(2), piece_words=20)
    )
    await ana.commands(ASK)
    await ana.sees("Email 2: job2", buttons=("5",))
    await house.rests()
    [row] = await kept(house)
    assert len(row.data["emails"]) == 2
    asked = [one.body for one in house.claude.requests if "system" in one.body]
    [told] = [one for one in asked if "one JSON object that this JSON" in str(one)]
    assert "format" not in told["output_config"]


async def test_what_fits_no_form_is_read_as_it_is_and_says_so(house: House) -> None:
    ana = await house.member("telegram")
    words = Reply("Subject: payday. Nothing else.", formless=True)
    house.claude.script(words, words)
    await ana.commands(ASK)
    shown = await ana.sees("Subject: payday", buttons=("5", "Revise"))
    await house.rests()
    assert shown.has("came as text, not as data")
    [row] = await kept(house)
    assert row.data is None


def _read(text: str) -> Any:
    return json.loads(text) if text.startswith('{"title"') else None
