"""What of Slack is opened, by what is set up."""

from typing import Any

import pytest
from pydantic import SecretStr

from agent.errors import BadInput
from bot.settings import Intake, Settings, Slack
from bot.wiring.slack_doors import app_secrets, is_on
from tests.standins.slack.oauth import CLIENT_ID, CLIENT_SECRET


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"client_secret": None}, "SLACK_CLIENT_SECRET"),
        ({"client_id": ""}, "SLACK_CLIENT_ID"),
        ({}, "PUBLIC_URL"),
    ],
)
def test_half_set_up_it_names_the_setting(changes: dict[str, Any], named: str) -> None:
    whole = {"client_id": CLIENT_ID, "client_secret": SecretStr(CLIENT_SECRET)}
    slack = Slack(_env_file=None, **{**whole, **changes})
    with pytest.raises(BadInput, match=named):
        app_secrets(Settings(_env_file=None, slack=slack))


@pytest.mark.parametrize(
    ("given", "on"),
    [
        ({}, False),
        ({"signing_secret": SecretStr("s")}, False),
        ({"signing_secret": SecretStr("s"), "intake": Intake.WEBHOOK}, True),
        ({"bot_token": SecretStr("xoxb-1")}, True),
        ({"client_id": "1.2"}, True),
    ],
)
def test_slack_is_on_where_it_speaks_or_can_be_checked(
    given: dict[str, Any],
    on: bool,  # noqa: FBT001 - a table
) -> None:
    assert is_on(Slack(_env_file=None, **given)) is on
