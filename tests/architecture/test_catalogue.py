"""What every operation owes to the surfaces that show it."""

import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent.operation import Effect, Surface
from agent.registry import BY_NAME, CATALOGUE, AnyOperation, on
from bot import render
from bot.cards import PRESSES
from bot.render import cards
from bot.surfaces import forms

by_name = pytest.mark.parametrize("op", CATALOGUE, ids=lambda op: op.name)

WITHOUT_CHAT = {"Interviewed", "Revising"}
"""Results that only begin a conversation, and are never shown."""


def plain(annotation: Any) -> Any:
    """The type inside ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        [inside] = [a for a in get_args(annotation) if a is not type(None)]
        return plain(inside)
    return annotation


def test_names_are_unique() -> None:
    names = [op.name for op in CATALOGUE]
    assert len(names) == len(set(names)) == len(BY_NAME)


@by_name
def test_a_name_is_a_room_and_a_verb_and_fits_every_messenger(
    op: AnyOperation,
) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", op.name)
    assert len(op.name) <= 32


@by_name
def test_an_operation_lives_in_the_room_it_is_named_for(op: AnyOperation) -> None:
    room = op.name.partition(".")[0]
    assert re.fullmatch(rf"agent\.{room}\.(\w+_)?operations", op.run.__module__)


@by_name
def test_it_is_shown_somewhere(op: AnyOperation) -> None:
    assert op.on


@by_name
def test_its_first_line_tells_a_person_what_it_does(op: AnyOperation) -> None:
    first, _, rest = op.summary.partition("\n")
    assert first.endswith(".")
    assert len(first) <= 100
    assert not rest or rest.startswith("\n")


@by_name
def test_every_field_says_what_it_is(op: AnyOperation) -> None:
    for model in (op.params, op.result):
        for name, field in model.model_fields.items():
            assert field.description or name.endswith("_id"), f"{op.name}.{name}"


@by_name
def test_what_is_typed_or_pressed_has_flat_parameters(op: AnyOperation) -> None:
    for name, field in op.params.model_fields.items():
        kind = plain(field.annotation)
        if get_origin(kind) is Literal:
            continue  # one of some words
        assert get_origin(kind) is None, name
        assert not issubclass(kind, BaseModel), name


@by_name
def test_the_caller_is_never_a_parameter(op: AnyOperation) -> None:
    from_the_caller = {
        "workspace_id",
        "user_id",
        "role",
        "via",
        "chat_id",
        "conversation_id",
        "approval_id",
    }
    assert not from_the_caller & set(op.params.model_fields)


@by_name
def test_a_misspelt_parameter_is_refused(op: AnyOperation) -> None:
    assert op.params.model_config.get("extra") == "forbid"
    assert op.params.model_config.get("frozen") is True


@by_name
def test_its_result_has_a_wording(op: AnyOperation) -> None:
    assert op.result in render.RENDER or op.result.__name__ in WITHOUT_CHAT


def test_nothing_is_worded_that_nothing_returns() -> None:
    assert set(render.RENDER) <= {op.result for op in CATALOGUE}


@pytest.mark.parametrize("op", [*on(Surface.CHAT)], ids=lambda op: op.name)
def test_a_command_takes_parameters_that_there_are(op: AnyOperation) -> None:
    assert op.command is not None
    assert set(op.command.takes) <= set(op.params.model_fields)
    # What is required can be typed, or is asked for: there is no other way to give it.
    needed = {n for n, f in op.params.model_fields.items() if f.is_required()}
    asked = forms.wanted(op, {})
    can_be_asked = {one.name for one in asked.fields} if asked else set()
    assert needed <= set(op.command.takes) | can_be_asked
    # A secret is never typed in a command: it would stand in the chat for ever.
    assert not set(forms.secrets_of(op)) & set(op.command.takes)


@by_name
def test_no_model_ever_handles_a_secret(op: AnyOperation) -> None:
    if forms.secrets_of(op):
        assert not op.on & {Surface.TOOL, Surface.MCP}
        assert op.effect is Effect.WRITE  # a card would keep its parameters
        assert op.params.model_config.get("hide_input_in_errors")


@pytest.mark.parametrize("op", [*on(Surface.CHAT)], ids=lambda op: op.name)
def test_a_command_is_typed_in_plain_words(op: AnyOperation) -> None:
    assert op.command is not None
    assert re.fullmatch(r"[a-z]+( [a-z]+)*", op.command.words)


def test_no_two_commands_are_typed_alike() -> None:
    words = [op.command.words for op in on(Surface.CHAT) if op.command]
    assert len(words) == len(set(words))


@by_name
def test_what_needs_a_yes_is_asked_for_in_words(op: AnyOperation) -> None:
    given = {field: f"<b>`{field}`</b>" for field in op.params.model_fields}
    asked = cards.question(op, given, {})
    first, _, rest = asked.partition("\n")
    assert re.fullmatch(r"\*\*[A-Z].*\?\*\*", first)
    # Whatever was written stands in code spans, and nowhere else.
    assert "<b>" not in re.sub(r"`[^`]*`", "", asked)
    if op.effect is Effect.DESTROY:
        assert "cannot be undone" in rest
    assert re.fullmatch(r"[A-Z][a-z]+", cards.verb(op))


def test_every_worded_card_is_of_an_operation_and_of_its_parameters() -> None:
    for name, worded in cards.QUESTIONS.items():
        used = set(re.findall(r"{(\w+)}", worded))
        assert used <= set(BY_NAME[name].params.model_fields), name


def test_a_yes_is_neither_typed_nor_given_by_a_program() -> None:
    for name in PRESSES:
        assert BY_NAME[name].on == {Surface.BUTTON}
