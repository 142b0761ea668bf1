"""Which function does what was requested: on a server elsewhere, and on our own."""

from typing import Any

import inngest
import pytest

from bot.durable.functions import configs, read_config
from bot.workflows.assist import assist
from bot.workflows.run_skill import run_skill
from tests.standins.inngest.rules import is_triggered

WORK: Any = None
"""Nothing is done here."""


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"kind": "chat"}, "draper-assist"),
        ({"kind": "skill"}, "draper-run-skill"),
        ({"kind": None}, "draper-run-skill"),
        ({}, "draper-run-skill"),  # as it was asked for before there was an assistant
    ],
)
def test_what_was_requested_starts_one_function(
    data: dict[str, str | None], wanted: str
) -> None:
    client = inngest.Inngest(app_id="draper", is_production=False)
    declared = configs([run_skill(client, WORK), assist(client, WORK)])
    event: Any = {"id": "e", "name": "run.requested", "data": data, "ts": 1}
    assert [one["id"] for one in declared if is_triggered(one, event)] == [wanted]
    plans = [read_config(one) for one in declared]
    assert [
        plan.id for plan in plans if any(t.matches(event) for t in plan.triggers)
    ] == [wanted]
