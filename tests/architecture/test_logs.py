"""What may be logged: events by name, with facts that somebody thought about."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.logs import FACTS, OURS

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
BINDS = {"bound_contextvars", "bind_contextvars"}
FILES = sorted(
    path
    for floor in ("bot", "agent", "channels", "db")
    for path in ROOT.glob(f"{floor}/**/*.py")
)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every entry that is logged."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        where = node.func.value
        if (
            isinstance(where, ast.Name)
            and where.id == "log"
            and node.func.attr in LEVELS
        ):
            yield node


def names(tree: ast.AST) -> Iterator[str]:
    """Every fact that is logged or bound."""
    bound = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in BINDS
    )
    for call in (*calls(tree), *bound):
        yield from (keyword.arg for keyword in call.keywords if keyword.arg)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_entry_is_a_literal_noun_and_verb_with_known_facts(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for call in calls(tree):
        [event] = call.args
        assert isinstance(event, ast.Constant), ast.unparse(call)
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", str(event.value)), event.value
    assert set(names(tree)) <= FACTS - OURS, "add it to bot/logs.py if no text is in it"


def test_every_known_fact_is_said_somewhere() -> None:
    said = {name for path in FILES for name in names(ast.parse(path.read_text()))}
    bound_by_steps = {"run_id", "attempt", "durable_run", "step"}
    assert said | bound_by_steps == FACTS
