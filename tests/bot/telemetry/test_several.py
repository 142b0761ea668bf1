"""Whoever watches is told of everything, and can break nothing."""

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from uuid import UUID

from structlog.testing import capture_logs

from agent.llm.port import Prompt, Tier
from bot.telemetry.port import ModelCall, Sending, Telemetry
from bot.telemetry.several import Several

RUN = UUID(int=7)
PROMPT = Prompt(Tier.FAST, (), ())


class Broken(Telemetry):
    """Fails at whatever it is told."""

    def started(self, function_ids: Iterable[str]) -> None:
        raise ValueError(list(function_ids))

    def delivered(self, sending: Sending) -> None:
        raise ValueError(sending)

    @contextlib.contextmanager
    def asking(self, prompt: Prompt, provider: str, model: str) -> Iterator[ModelCall]:
        call = ModelCall(prompt, provider, model)
        yield call
        raise ValueError("at the end")

    def receiving(self) -> contextlib.AbstractContextManager[None]:
        raise ValueError("at the beginning")


class Notes(Telemetry):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def started(self, function_ids: Iterable[str]) -> None:
        self.told.append(list(function_ids))

    def delivered(self, sending: Sending) -> None:
        self.told.append(sending.state)

    @contextlib.contextmanager
    def asking(self, prompt: Prompt, provider: str, model: str) -> Iterator[ModelCall]:
        call = ModelCall(prompt, provider, model)
        try:
            yield call
        finally:
            self.told.append(call.completion)


def test_one_that_breaks_keeps_nothing_from_the_others() -> None:
    notes = Notes()
    several = Several([Broken(), notes])
    with capture_logs() as logs:
        several.started(iter(["a", "b"]))
        several.delivered(Sending("web", "sent", RUN, 0))
    assert notes.told == [["a", "b"], "sent"]
    assert [entry["event"] for entry in logs] == ["telemetry.broke"] * 2


def test_work_goes_on_when_who_watches_it_breaks() -> None:
    notes = Notes()
    several = Several([Broken(), notes])
    done = []
    with capture_logs() as logs:
        with several.receiving():
            done.append("received")
        with several.asking(PROMPT, "p", "m"):
            done.append("asked")
    assert done == ["received", "asked"]
    assert notes.told == [None]
    assert [entry["event"] for entry in logs] == ["telemetry.broke"] * 2


def test_an_error_of_the_work_itself_is_its_own() -> None:
    several = Several([Notes()])
    with contextlib.suppress(KeyError):
        with several.asking(PROMPT, "p", "m"):
            raise KeyError
        raise AssertionError("it was swallowed")


def test_what_nobody_asked_for_is_not_even_loaded() -> None:
    program = (
        "import sys, bot.wiring.processes\n"
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter', 'prometheus_client',"
        " 'google.protobuf')\n"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
