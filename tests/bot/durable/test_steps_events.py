"""The two steps about events: what the SDK is handed, and what comes back."""

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import inngest

from bot.durable.steps import Steps


class Asked:
    """The SDK's steps, as far as they are used: it keeps what it was given."""

    def __init__(self, came: inngest.Event | None = None) -> None:
        self.came = came
        self.waits: list[dict[str, Any]] = []
        self.sent: list[inngest.Event] = []

    async def wait_for_event(self, step_id: str, **given: Any) -> inngest.Event | None:
        self.waits.append({"step_id": step_id, **given})
        return self.came

    async def send_event(
        self, step_id: str, events: Sequence[inngest.Event]
    ) -> list[str]:
        del step_id
        self.sent += events
        return [event.id for event in events]


def steps(asked: Asked) -> Steps:
    began = inngest.Event(name="go")
    ctx = SimpleNamespace(step=asked, run_id="run", event=began, attempt=0)
    return Steps(cast("inngest.Context", ctx))


async def test_what_came_is_returned_as_its_data_and_nothing_as_none() -> None:
    day = timedelta(days=1)
    asked = Asked(inngest.Event(name="said", data={"n": 1}))
    came = await steps(asked).wait_for_event("w", event="said", timeout=day)
    assert came == {"n": 1}
    assert asked.waits == [
        {"step_id": "w", "event": "said", "if_exp": None, "timeout": day}
    ]
    assert await steps(Asked()).wait_for_event("w", event="x", timeout=day) is None


async def test_events_without_an_id_get_one_from_the_step_the_same_each_time() -> None:
    plain, named = inngest.Event(name="a"), inngest.Event(name="b", id="mine")
    tries = []
    for _ in range(2):
        asked = Asked()
        tries.append(await steps(asked).send_event("tell", [plain, named, plain]))
    assert tries[0] == ["run:tell:0", "mine", "run:tell:2"]
    assert tries[0] == tries[1]
    assert plain.id == "", "what was given is left as it is"


async def test_a_step_used_again_sends_other_events() -> None:
    asked = Asked()
    both = steps(asked)
    await both.send_event("tell", [inngest.Event(name="a")])
    await both.send_event("tell", [inngest.Event(name="a")])
    assert [event.id for event in asked.sent] == ["run:tell:0", "run:tell:1:0"]
