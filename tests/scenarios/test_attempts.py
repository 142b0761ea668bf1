"""An attempt that lives on after the next one has begun changes nothing of it."""

from typing import Any

from bot.durable.steps import StepKey
from bot.work import SkillWork
from tests.scenarios.house import House
from tests.scenarios.people import Person

ASK = "write homepage copy for Acme, a payroll tool for clinics"
KEY = StepKey("run", "step")


async def retried(house: House, ana: Person) -> Any:
    """A run whose second attempt is under way, and the event of its first."""
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    run = await house.run()
    again = "UPDATE runs SET attempt = 2, status = 'running' WHERE id = :id"
    await house.rows(again, id=run.id)
    chat = await house.asks("SELECT id FROM chats ORDER BY id DESC LIMIT 1")
    return run.id, {
        "run_id": str(run.id),
        "attempt": 1,
        "workspace_id": str(run.workspace_id),
        "user_id": str(run.user_id),
        "chat_id": str(chat),
        "conversation_id": str(run.conversation_id),
        "channel": ana.door,
    }


async def test_its_failure_does_not_end_the_next(house: House) -> None:
    ana = await house.member("telegram")
    run_id, event = await retried(house, ana)
    work = SkillWork(house.made.core.services)
    await work.give_up(KEY, event, "The model did not answer.")
    status = await house.asks("SELECT status FROM runs WHERE id = :id", id=run_id)
    assert status == "running"
    await house.rests()
    assert not any(seen.has("did not answer") for seen in ana.chat())


async def test_its_draft_is_not_delivered_as_the_next_one_s(house: House) -> None:
    ana = await house.member("telegram")
    run_id, event = await retried(house, ana)
    services = house.made.core.services
    await services.objects.put("drafts/old.md", b"An old draft", media_type="text/md")
    left = {"draft_key": "drafts/old.md", "stop": "end"}
    assert await SkillWork(services).deliver(KEY, event, left) == ""
    status = await house.asks("SELECT status FROM runs WHERE id = :id", id=run_id)
    assert status == "running"
    await house.rests()
    assert not any(seen.has("An old draft") for seen in ana.chat())
