"""What must not be kept, and what must not be logged."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.logs import processors
from tests.scenarios.house import House
from tests.standins.anthropic import Fault, Reply
from tests.standins.telegram import Fault as TelegramFault

KEYS = (
    "sk-ant-api03-abcdefghijklmnop",
    "xoxb-123456789012-abcdefghijkl",
    "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "AKIAABCDEFGHIJKLMNOP",
)
CANARY = "xyzzy-canary"


class Kept:
    """A logger that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, *_: object) -> "Kept":
        return self

    def msg(self, line: str) -> None:
        self.lines.append(line)

    log = debug = info = warn = warning = error = critical = exception = msg


@pytest.fixture(params=[True, False], ids=["json", "console"])
def logged(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """All that is logged, rendered as it would be printed."""
    kept = Kept()
    structlog.configure(
        processors=processors(as_json=request.param), logger_factory=kept
    )
    yield kept
    structlog.reset_defaults()


async def everything_kept(house: House) -> str:
    """Each text the rooms keep of what was said."""
    texts: list[Any] = []
    for statement in (
        "SELECT content FROM messages",
        "SELECT user_message || input::text FROM runs",
        "SELECT payload::text || coalesce(partial, '') FROM deliveries",
        "SELECT text FROM routing_labels",
        "SELECT answers::text FROM dialogs",
        "SELECT coalesce(comment, '') FROM feedback",
        "SELECT coalesce(extra::text, '') FROM client_versions",
        "SELECT data::text FROM engine.events",
        "SELECT data::text FROM events",
    ):
        texts += [row[0] for row in await house.rows(statement)]
    return "\n".join(filter(None, texts))


async def test_a_pasted_key_is_kept_nowhere(house: House) -> None:
    ana = await house.member("slack")
    for key in KEYS:
        await ana.writes(f"write homepage copy for Acme with the key {key} in it")
        await ana.sees("You asked for", "key removed", buttons=("5",))
        assert key not in str(house.claude.requests[-1].body)
    await house.rests()
    kept = await everything_kept(house)
    assert not [key for key in KEYS if key in kept]


async def test_a_key_pasted_as_an_answer_is_kept_nowhere(house: House) -> None:
    ana = await house.member("telegram")
    await ana.writes("/idea_to_spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes(f"it needs {KEYS[0]}")
    await ana.sees("Who needs it")
    await ana.writes("/cancel")
    await ana.writes("/client new Acme")
    await ana.sees("What is Acme")
    await ana.writes(f"it is {KEYS[1]}")
    await ana.sees("2 of 8")
    await ana.writes("/cancel")
    await ana.writes("write homepage copy for Acme, a payroll tool for clinics")
    piece = await ana.sees("You asked for", buttons=("1",))
    await ana.presses("1", piece)
    await ana.sees_change(piece, "What was off")
    await ana.writes(f"it shows {KEYS[0]}")
    await ana.sees("noted")
    await house.rests()
    kept = await everything_kept(house)
    assert not [key for key in KEYS if key in kept]


async def test_no_log_line_holds_what_was_said_or_a_token(
    house: House, messenger: str, logged: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ana, eve = await house.member(messenger), house.stranger(messenger)
    house.claude.script(Reply(f"An answer with {CANARY}", cut_after=4), Fault.broken())
    house.telegram.faults += [
        TelegramFault("sendMessage", drop="after"),
        TelegramFault("editMessageText", times=2, status=502),
    ]
    house.slack.fail(method="chat.postMessage", drop=True, acts=True)
    await ana.writes(f"write homepage copy for {CANARY}, a payroll tool for clinics")
    await ana.sees("You asked for", CANARY, buttons=("5",))
    await ana.commands(f"client new {CANARY}")
    await eve.writes(f"let me in, {CANARY}")
    await eve.sees("pairing code")
    await house.rests()
    written = "\n".join([*logged.lines, caplog.text])
    assert "run.written" in written
    for secret in secrets(house):
        assert secret not in written


def secrets(house: House) -> tuple[str, ...]:
    slack = house.slack
    return (
        CANARY,
        house.telegram.token,
        house.telegram.token.partition(":")[2],
        house.claude.key,
        slack.bot_token,
        slack.app_token,
        slack.secret,
    )


async def test_even_a_failure_of_the_database_quotes_nobody(
    house: House, logged: Kept
) -> None:
    """PostgreSQL shows the row that it refuses, and with it what was written."""
    ana = await house.member("telegram")
    async with house.refusing("messages", "content", CANARY):
        await ana.writes(f"what do you think of {CANARY}?")
        await house.telegram.until(lambda: "inbox.failed" in str(logged.lines))
    await ana.sees("You asked for", CANARY)  # the row was tried again
    written = "\n".join(logged.lines)
    assert "CheckViolation" in written
    assert "intake.py" in written  # where it happened is told
    assert CANARY not in written
