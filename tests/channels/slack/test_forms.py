"""Forms as modals: what Slack would open, and what it would refuse."""

from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import Outgoing
from channels.forms import Field, FieldKind, Form
from channels.slack.clients import OneClient
from channels.slack.door import SlackDoor
from channels.slack.forms import view
from tests.standins.slack import Slack
from tests.standins.slack.views import faults_of

AT = Outgoing("T0ACME", "D0ANNA", "", thread="1.2")
EVERY = (
    Field("name", "Name", at_least=2, at_most=80, default="Acme", hint="As written"),
    Field("about", "About", FieldKind.LONG, required=False, at_most=9_000),
    Field("count", "Count", FieldKind.NUMBER, at_least=1, at_most=12.5, default="3"),
    Field("tone", "Tone", FieldKind.CHOICE, choices=(("w", "Warm"), ("d", "Dry"))),
    Field("send", "Send it?", FieldKind.YES_NO, default="no"),
    Field("day", "Day", FieldKind.DATE, default="2026-11-21"),
    Field("key", "Key", FieldKind.SECRET, default="never shown", fault="Too short."),
)
FORM = Form("form:clients.new", "New client", EVERY, given='{"a": 1}')


def test_every_kind_of_field_is_one_that_slack_opens() -> None:
    shown = view(FORM, AT)
    assert shown is not None
    assert faults_of(shown) == []
    assert [block["element"]["type"] for block in shown["blocks"]] == [
        "plain_text_input",
        "plain_text_input",
        "number_input",
        "static_select",
        "static_select",
        "datepicker",
        "plain_text_input",
    ]


def test_a_secret_goes_by_its_own_name_and_is_never_filled_in() -> None:
    shown = view(FORM, AT)
    assert shown is not None
    block = shown["blocks"][-1]
    assert block["block_id"] == "secret:key"
    assert "initial_value" not in block["element"]
    assert "never shown" not in str(shown)
    assert block["hint"]["text"].startswith("Too short.")


@pytest.mark.parametrize("length", [1, 24, 25, 300])
def test_words_that_are_too_long_are_cut(length: int) -> None:
    long = "x" * length
    field = Field("a", long * 10, FieldKind.CHOICE, choices=(("a", long),))
    shown = view(Form("form:a", long, (field,), submit=long), AT)
    assert faults_of(shown) == []


@pytest.mark.parametrize(
    "form",
    [
        replace(FORM, fields=()),
        replace(FORM, fields=tuple(Field(f"f{n}", "A") for n in range(101))),
        replace(FORM, given="x" * 3_000),
        replace(
            FORM,
            fields=(
                Field(
                    "c",
                    "C",
                    FieldKind.CHOICE,
                    choices=tuple((str(n), "x") for n in range(101)),
                ),
            ),
        ),
    ],
)
def test_what_does_not_fit_a_modal_is_asked_otherwise(form: Form) -> None:
    assert view(form, AT) is None


async def test_a_form_opens_once_and_for_three_seconds(
    client: AsyncWebClient, slack: Slack
) -> None:
    door = SlackDoor(OneClient(client))
    first, late = slack.world.new_trigger(), slack.world.new_trigger()
    assert await door.open_form(FORM, replace(AT, extra={"trigger_id": first}))
    assert not await door.open_form(FORM, replace(AT, extra={"trigger_id": first}))
    slack.world.shift_s += 4
    assert not await door.open_form(FORM, replace(AT, extra={"trigger_id": late}))
    assert not await door.open_form(FORM, AT)
    assert len(slack.world.views) == 1


async def test_a_failing_slack_is_no_reason_to_fail(
    client: AsyncWebClient, slack: Slack
) -> None:
    slack.fail(method="views.open", drop=True)
    at = replace(AT, extra={"trigger_id": slack.world.new_trigger()})
    assert not await SlackDoor(OneClient(client)).open_form(FORM, at)
