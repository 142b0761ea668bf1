"""Commands as people type them, and the menus that are read from the catalogue."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clients.operations import list_clients, new_client, show_client
from agent.memory.operations import focus
from agent.operation import Surface
from agent.registry import CATALOGUE, AnyOperation, on
from agent.runs.operations import cancel_run, list_runs, show_run
from bot import filled
from bot.surfaces import chat

TYPED = [op for op in CATALOGUE if Surface.CHAT in op.on]


def read(text: str) -> tuple[AnyOperation, dict[str, object]] | None:
    said = chat.words(text)
    found = chat.read(said) if said is not None else None
    return (found.op, dict(found.raw)) if found else None


@pytest.mark.parametrize(
    "text",
    [
        "/client new Acme Clinics",
        "/draper client new Acme Clinics",
        "/draper /client new Acme Clinics",
        "/draper@draper_bot client new Acme Clinics",
        "/client_new Acme Clinics",
        "/client-new Acme Clinics",
        "/client_new@draper_bot Acme Clinics",
        "/client@draper_bot new Acme Clinics",
        "  /CLIENT New   Acme Clinics ",
        "/client  new Acme Clinics",
        "/client\tnew\tAcme Clinics",
        "/client new\nAcme Clinics",
        "/client\nnew Acme Clinics",
    ],
)
def test_a_command_is_one_however_a_messenger_writes_it(text: str) -> None:
    assert read(text) == (new_client, {"name": "Acme Clinics"})


@pytest.mark.parametrize(
    ("text", "op", "raw"),
    [
        ("/clients", list_clients, {}),
        ("/client list", list_clients, {}),
        ("/client", show_client, {}),
        ("/client Acme", show_client, {"name": "Acme"}),
        ("/foundation", show_client, {}),
        ("/client show", show_client, {}),
        ("/client show Acme", show_client, {"name": "Acme"}),
        ("/client use Acme, Inc.", focus, {"name": "Acme, Inc."}),
        ("/runs", list_runs, {}),
        ("/run", show_run, {}),
        ("/run 12", show_run, {"number": "12"}),
        ("/run #12", show_run, {"number": "12"}),
        ("/cancel #3", cancel_run, {"number": "3"}),
    ],
)
def test_the_longest_command_wins_and_takes_the_rest(
    text: str, op: AnyOperation, raw: dict[str, object]
) -> None:
    assert read(text) == (op, raw)


@pytest.mark.parametrize(
    "text", ["", "/", "/ run", "run 12", "please /run 12", "and/or", "1/2"]
)
def test_what_does_not_begin_with_a_slash_is_no_command(text: str) -> None:
    assert chat.words(text) is None


@pytest.mark.parametrize(
    "text", ["/runner", "/clientele", "/newclient x", "/copywriting"]
)
def test_words_that_only_resemble_a_command_are_none(text: str) -> None:
    said = chat.words(text)
    assert said is not None
    assert chat.read(said) is None


def test_the_bare_prefix_asks_for_help() -> None:
    assert chat.words("/draper") == chat.words("/draper@draper_bot ") == "help"


@given(st.text())
def test_nothing_that_is_typed_breaks_the_reader(text: str) -> None:
    for typed in (text, f"/{text}", f"/draper {text}", f"/run {text}"):
        said = chat.words(typed)
        if said is not None:
            chat.read(said)
            chat.nearest(said, ["copywriting"])


@given(st.sampled_from(TYPED), st.text(min_size=1).map(str.strip).filter(bool))
def test_what_follows_a_command_is_its_last_parameter(
    op: AnyOperation, rest: str
) -> None:
    assert op.command is not None
    # A longer command may begin with this one and a word of the rest.
    if any(rest.casefold().startswith(w) for w in ("new", "use", "show")):
        return
    # What is no number may be what another command of the same words takes.
    if op.command.takes == ("number",) and not rest.lstrip("#")[:1].isdigit():
        return
    found = read(f"/{op.command.words} {rest}")
    assert found is not None
    assert found[0] is op
    if len(op.command.takes) == 1 and op.command.takes[-1] != "number":
        assert found[1] == {op.command.takes[-1]: rest}


def test_a_number_that_is_none_is_answered_with_the_usage() -> None:
    for text, can_ask in (("/run twelve", False), ("/run 12", True)):
        said = chat.words(text)
        call = chat.read(said) if said else None
        assert call is not None
        assert filled.can_ask(call.op, call.raw) is can_ask
        assert chat.usage(call.op) == "/run [number]"


def test_rules_are_a_runs_or_a_skills_by_what_follows() -> None:
    found = [read(said) for said in ("/rules", "/rules #12", "/rules copywriting")]
    names = [one and one[0].name for one in found]
    assert names == ["runs.rules", "runs.rules", "catalog.rules"]
    assert found[2] is not None
    assert found[2][1] == {"skill": "copywriting"}


def test_a_misspelt_command_has_a_nearest_one() -> None:
    assert chat.nearest("cancle 3", []) == "cancel"
    assert chat.nearest("copywritting", ["copywriting"]) == "copywriting"
    assert chat.nearest("hlep", []) == "help"
    assert chat.nearest("zzz", ["copywriting"]) is None
    assert chat.nearest("", []) is None


def test_the_menu_fits_telegram() -> None:
    menu = chat.menu()
    names = [name for name, _ in menu]
    assert {"start", "help", "skills", "status", "runs", "run", "client"} <= set(names)
    assert len(names) == len(set(names)) <= 100
    for name, about in menu:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", name), name
        assert 3 <= len(about) <= 256, name


def test_every_name_in_the_menu_is_understood_when_it_is_tapped() -> None:
    for name, _ in chat.menu():
        if name != "start":
            assert read(f"/{name}") is not None, name


def test_help_has_a_line_for_every_command_and_each_can_be_typed() -> None:
    lines = {line.usage: line.summary for line in chat.lines()}
    assert len(lines) == 1 + len(list(on(Surface.CHAT)))
    assert "/client new <name>" in lines
    assert "/run [number]" in lines
    for usage, summary in lines.items():
        assert summary.endswith("."), usage
        assert "\n" not in summary
        typed = re.sub(r" [<\[].*", "", usage)
        assert typed == "/start" or read(typed) is not None


def test_simple_mode_shows_four_of_them() -> None:
    shown = [line.usage for line in chat.lines(simple=True)]
    assert shown == ["/skills [category]", "/status", "/outputs", "/settings"]


def test_commands_in_our_words_are_written_as_the_messenger_takes_them() -> None:
    said = "/runs lists them; and/or 1/run, see /client use Acme."
    assert chat.as_typed(said, "telegram") == said
    assert chat.as_typed(said, "slack") == (
        "/draper runs lists them; and/or 1/run, see /draper client use Acme."
    )
