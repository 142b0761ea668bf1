"""What an entry looks like in the end."""

import json
from collections.abc import Iterator
from typing import Any

import inngest
import pytest
import structlog

from bot.durable.steps import StepKey, Steps
from bot.logs import LONGEST, processors
from tests.bot.durable.conftest import (  # noqa: F401 - fixtures
    database,
    engine_database,
    world,
)
from tests.bot.durable.world import World

CANARY = "xyzzy-canary"


class Lines:
    """A logger that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def __call__(self, *_: object) -> "Lines":
        return self

    def msg(self, line: str) -> None:
        self.kept.append(json.loads(line))

    debug = info = warning = error = exception = msg

    def of(self, event: str) -> dict[str, Any]:
        [line] = [each for each in self.kept if each["event"] == event]
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    kept = Lines()
    structlog.configure(
        processors=processors(as_json=True),
        logger_factory=kept,
        cache_logger_on_first_use=False,
    )
    yield kept
    structlog.reset_defaults()


def test_a_fact_nobody_thought_about_is_left_out(lines: Lines) -> None:
    structlog.get_logger().info("tea.drunk", message=CANARY, count=2)
    assert lines.of("tea.drunk")["count"] == 2
    assert CANARY not in str(lines.kept)


def test_a_fact_is_brief(lines: Lines) -> None:
    structlog.get_logger().info("tea.drunk", reason="x" * 9999)
    assert len(lines.of("tea.drunk")["reason"]) == LONGEST + 1


async def test_a_line_of_a_step_says_in_which_run_and_step(
    lines: Lines,
    world: World,  # noqa: F811
) -> None:
    async def drink(key: StepKey) -> str:
        structlog.get_logger().info("tea.drunk")
        return str(key)

    async def body(_: inngest.Context, steps: Steps) -> str:
        return await steps.run("drink", drink)

    world.declare("go", body)
    made = await world.run("go", run_id="r-7", attempt=2, text=CANARY)
    said = lines.of("tea.drunk")
    assert (said["step"], said["run_id"], said["attempt"]) == ("drink", "r-7", 2)
    assert (said["durable_run"], said["function"]) == (made.id, "t-go")
    assert CANARY not in str(lines.kept)


async def test_a_line_of_the_engine_says_about_which_run(
    lines: Lines,
    world: World,  # noqa: F811
) -> None:
    async def body(_: inngest.Context, __: Steps) -> str:
        raise inngest.NonRetriableError(CANARY)

    world.declare("go", body)
    made = await world.run("go")
    said = lines.of("engine.run_failed")
    assert (said["durable_run"], said["function"]) == (made.id, "t-go")
    assert said["error"] == "NonRetriableError"
    assert CANARY not in str(lines.kept)
