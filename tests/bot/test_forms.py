"""Parameters as forms, and filled forms as parameters."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import Field, SecretStr, StringConstraints

from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.registry import CATALOGUE, AnyOperation
from agent.shapes import Frozen, Nothing
from bot.surfaces import forms
from channels.contract import ChannelName, Inbound, Kind
from channels.forms import FieldKind


class Tone(StrEnum):
    """How it sounds."""

    WARM = "warm"
    VERY_DRY = "very_dry"


class Every(Frozen):
    """One parameter of each kind."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=80)] = Field(
        description="What it is called"
    )
    secret: SecretStr = Field(min_length=8, description="The key", title="Key")
    about: str = Field(default="", max_length=4_000, description="What it is about")
    count: int = Field(default=3, ge=1, le=12, description="How many")
    price: Decimal | None = Field(default=None, description="What it costs")
    tone: Tone = Field(default=Tone.WARM, description="How it sounds")
    size: Literal["small", "large"] = Field(description="How large")
    loud: bool = Field(default=False, description="Whether it is loud")
    day: date | None = Field(default=None, description="When")
    moment: datetime | None = Field(default=None, description="When exactly")
    row_id: UUID | None = Field(default=None, description="Which row")
    cursor: str = Field(default="", description="The page")


@operation(
    "clients.every",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT},
    command=Command("every", takes=("name", "count")),
)
async def every(ctx: Ctx, p: Every) -> Nothing:
    """Take one of each."""
    raise NotImplementedError


KINDS = {
    "name": FieldKind.TEXT,
    "secret": FieldKind.SECRET,
    "about": FieldKind.LONG,
    "count": FieldKind.NUMBER,
    "price": FieldKind.NUMBER,
    "tone": FieldKind.CHOICE,
    "size": FieldKind.CHOICE,
    "loud": FieldKind.YES_NO,
    "day": FieldKind.DATE,
}


def test_each_parameter_is_asked_for_in_its_own_way() -> None:
    form = forms.form_of(every, {}, {}, Every.model_fields)
    assert form is not None
    assert {one.name: one.kind for one in form.fields} == KINDS
    by_name = {one.name: one for one in form.fields}
    assert by_name["name"].label == "What it is called"
    assert (by_name["name"].at_least, by_name["name"].at_most) == (2, 80)
    assert by_name["count"].default == "3"
    assert by_name["loud"].default == "no"
    assert by_name["tone"].choices == (("warm", "Warm"), ("very_dry", "Very dry"))
    assert by_name["secret"].wire == "secret:secret"


def test_only_what_is_needed_or_typed_is_asked_for_unasked() -> None:
    form = forms.wanted(every, {})
    assert form is not None
    assert [one.name for one in form.fields] == ["name", "secret", "count", "size"]
    assert all(one.fault == "" for one in form.fields)


def test_what_was_given_stands_there_and_the_rest_comes_back() -> None:
    row = str(UUID(int=7))
    form = forms.wanted(every, {"name": "Acme", "count": "40", "row_id": row})
    assert form is not None
    by_name = {one.name: one for one in form.fields}
    assert by_name["name"].default == "Acme"
    assert by_name["count"].fault
    assert form.given == f'{{"row_id": "{row}"}}'


def test_what_nobody_could_type_is_no_form() -> None:
    assert forms.form_of(every, {}, {"row_id": "Not an id."}) is None
    assert forms.form_of(every, {}, {"": "They do not fit together."}) is None


def test_a_whole_call_needs_no_form_unless_one_is_asked_for() -> None:
    raw = {"name": "Acme", "secret": "12345678", "size": "small"}
    assert forms.wanted(every, raw) is None
    shown = forms.wanted(every, raw, ask=True)
    assert shown is not None
    assert len(shown.fields) == len(KINDS)
    assert "12345678" not in str(shown)


def test_answers_become_parameters() -> None:
    answers = {
        "name": " Acme ",
        "secret:secret": "12345678",
        "about": "",
        "count": "#7",
        "tone": "Very dry",
        "size": "LARGE",
        "loud": "Yes",
        "day": "2026-11-21",
        "unknown": "left out",
    }
    filled = forms.read(
        every, '{"row_id": "00000000-0000-0000-0000-000000000007"}', answers
    )
    assert filled.faults == {}
    made = Every.model_validate(filled.raw)
    assert (made.name, made.count, made.tone, made.size) == (
        "Acme",
        7,
        Tone.VERY_DRY,
        "large",
    )
    assert (made.loud, made.day, made.row_id) == (
        True,
        date(2026, 11, 21),
        UUID(int=7),
    )
    assert made.secret.get_secret_value() == "12345678"


@pytest.mark.parametrize(
    ("name", "said", "fault"),
    [
        ("name", "", "This is needed."),
        ("name", "A", "At least 2 characters, please."),
        ("name", "A" * 81, "At most 80 characters, please."),
        ("count", "many", "A number, please, such as 12."),
        ("count", "1.5", "A number, please, such as 12."),
        ("price", "much", "A number, please, such as 12."),
        ("size", "huge", "One of 'small' or 'large', please."),
        ("day", "tomorrow", "A date, please, such as 2026-11-21."),
        ("loud", "perhaps", "Yes or no?"),
        ("secret:secret", "short", "At least 8 characters, please."),
    ],
)
def test_a_wrong_answer_is_told_kindly(name: str, said: str, fault: str) -> None:
    answers = {"name": "Acme", "secret:secret": "12345678", "size": "small"}
    filled = forms.read(every, "", {**answers, name: said})
    assert filled.faults == {name.removeprefix("secret:"): fault}


def test_what_is_kept_of_a_filled_form_has_no_secret_in_it() -> None:
    form = forms.form_of(every, {}, {})
    assert form is not None
    told = forms.told(form, {"name": "Acme", "size": "small", "secret:secret": "1234"})
    assert told == "What it is called: Acme\nHow large: Small"


def test_a_window_is_told_at_once_under_the_names_it_knows() -> None:
    inbound = Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.FORM,
        event_id="1",
        account="T",
        chat="D",
        sender="U",
        message_id="V",
        pressed="form:vault.keep",
        answers={"provider": "anthropic", "secret:secret": "short"},
    )
    assert forms.faults_in(inbound) == {
        "secret:secret": "At least 12 characters, please."
    }


@pytest.mark.parametrize("op", CATALOGUE, ids=lambda op: op.name)
def test_every_operation_s_form_fits_every_door(op: AnyOperation) -> None:
    form = forms.form_of(op, {}, {}, op.params.model_fields)
    assert form is not None
    assert 1 <= len(form.title) <= 24
    for one in form.fields:
        assert one.label
        assert len(one.wire) <= 60
        assert one.kind is not FieldKind.CHOICE or one.choices
