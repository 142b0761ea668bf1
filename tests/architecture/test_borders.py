"""House rules that no linter ships; each test is one, and shows that it can fail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

FLOORS = ("bot", "channels", "agent", "db")
LONGEST_FILE = 300
STEPS = ("steps.", "Steps(ctx).", "ctx.step.", "ctx.group.parallel(")
NOT_WORDS = {"utils", "util", "helpers", "helper", "manager", "service", "common"}
LOGGED = {"debug", "info", "warning", "error", "critical", "exception"}
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
BROAD = {"Exception", "BaseException"}


def _files(*roots: str) -> Iterator[Path]:
    for root in roots:
        yield from sorted(Path(root).rglob("*.py"))


def _nodes(*roots: str) -> Iterator[tuple[Path, ast.AST]]:
    for path in _files(*roots):
        for node in ast.walk(ast.parse(path.read_text())):
            yield path, node


def _method(node: ast.AST) -> tuple[str, str]:
    """``("x.session", "commit")`` of a call ``x.session.commit()``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value), node.func.attr
    return "", ""


def test_only_tenancy_commits() -> None:
    offenders = [
        str(path)
        for path, node in _nodes(*FLOORS)
        if _method(node)[1] in {"commit", "rollback"} and path != Path("db/tenancy.py")
    ]
    assert offenders == []


def test_a_rooms_queries_are_its_own() -> None:
    graph = grimp.build_graph("agent", cache_dir=None)
    offenders = [
        f"{importer} -> {module}"
        for module in graph.modules
        if module.split(".")[-1].endswith("queries")
        for importer in graph.find_modules_that_directly_import(module)
        if importer.split(".")[1] != module.split(".")[1]
    ]
    assert offenders == []


def _foreign_awaits(source: str) -> list[str]:
    return [
        ast.unparse(child)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AsyncFunctionDef)
        and any("create_function" in ast.unparse(d) for d in node.decorator_list)
        for child in ast.walk(node)
        if isinstance(child, ast.Await)
        and not ast.unparse(child.value).startswith(STEPS)
    ]


def test_a_workflow_awaits_steps_only() -> None:
    offenders = {
        str(path): foreign
        for path in _files("bot/workflows")
        if (foreign := _foreign_awaits(path.read_text()))
    }
    assert offenders == {}


@pytest.mark.parametrize(
    ("body", "foreign"),
    [
        ("await ctx.step.sleep('nap', 5)", []),
        ("await ctx.group.parallel((lambda: ctx.step.run('a', a),))", []),
        ("await session.flush()", ["await session.flush()"]),
    ],
)
def test_what_counts_as_a_step(body: str, foreign: list[str]) -> None:
    source = f"@client.create_function()\nasync def run(ctx):\n    {body}"
    assert _foreign_awaits(source) == foreign


def test_no_file_outgrows_a_reader() -> None:
    long = {
        str(path): lines
        for path in _files(*FLOORS)
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {str(path) for path in _files(*FLOORS) if path.stem in NOT_WORDS}
    named |= {str(p) for p in _files(*FLOORS) if p.parent.name in NOT_WORDS}
    assert named == set()


def _unnamed_events(source: str) -> list[str]:
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if _method(node)[1] in LOGGED
        and _method(node)[0].split(".")[-1] in {"log", "_log", "logger"}
        and isinstance(node, ast.Call)
        and not (
            node.args
            and isinstance(node.args[0], ast.Constant)
            and EVENT.fullmatch(str(node.args[0].value))
        )
    ]


def test_what_is_logged_is_a_literal_noun_and_verb() -> None:
    offenders = {
        str(path): found
        for path in _files(*FLOORS)
        if (found := _unnamed_events(path.read_text()))
    }
    assert offenders == {}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("log.info('run.started', id=1)", 0),
        ("log.info(f'run {name} started')", 1),
        ("self._log.error('It broke')", 1),
        ("math.log(3)", 0),
    ],
)
def test_what_counts_as_an_event(line: str, wrong: int) -> None:
    assert len(_unnamed_events(line)) == wrong


def _broad(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = node.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    swallows = not any(isinstance(n, ast.Raise) for n in ast.walk(node))
    return swallows and any(
        name is None or ast.unparse(name) in BROAD for name in names
    )


EDGES = {
    "bot/cli/__init__.py": "the command line: one line instead of a trace",
    "bot/doctor.py": "a check that breaks is a finding",
    "bot/durable/caller.py": "the functions called are foreign code to the engine",
    "bot/durable/dispatch.py": "one bad event leaves the others to start their runs",
    "bot/durable/engine.py": "a loop of the engine goes on after whatever ended it",
    "bot/durable/over_http.py": "so are those that are called by URL",
    "bot/durable/remote/engine.py": "the relay outlives whatever befalls one turn",
    "bot/durable/worker.py": "one job's failure leaves the others running",
    "bot/leases.py": "leases outlive a database that goes and comes back",
    "bot/inbox_worker.py": "one message's failure leaves the others running",
    "bot/ports.py": "a run can be shown though the engine cannot be asked",
    "bot/postman.py": "one delivery's failure leaves the others running",
    "bot/surfaces/mcp.py": "a tool's failure is told to the model that called it",
    "bot/surfaces/rest.py": "a request's failure is a problem document",
    "bot/tool_calls.py": "a tool's failure is told to the model that called it",
    "bot/telemetry/several.py": "nobody's work stops because it is watched",
    "bot/wiring/skills.py": "the skills as they were serve on",
    "bot/wiring/processes.py": "the sweep outlives a database that goes and comes back",
    "agent/mailroom/inbox.py": "a batch's failure is each waiter's own",
}
"""Where a broad ``except`` may stand, and why."""


def test_a_broad_except_stands_only_at_an_edge() -> None:
    broad = {str(path) for path, node in _nodes(*FLOORS) if _broad(node)}
    assert broad - set(EDGES) == set()


def test_no_test_patches_what_it_tests() -> None:
    patching = {
        str(path)
        for path, node in _nodes("tests")
        if (isinstance(node, ast.ImportFrom) and (node.module or "") == "unittest.mock")
        or (isinstance(node, ast.Import) and "mock" in ast.unparse(node).split("."))
    }
    assert patching == set()


def test_alembic_stays_a_folder() -> None:
    # An __init__.py would make it shadow the library of that name.
    assert not Path("alembic/__init__.py").exists()


def test_every_room_has_its_plate() -> None:
    rooms = [
        path for path in Path("agent").iterdir() if (path / "__init__.py").exists()
    ]
    bare = [str(p) for p in rooms if not ast.get_docstring(_plate(p))]
    assert len(rooms) > 3
    assert bare == []


def _plate(room: Path) -> ast.Module:
    return ast.parse((room / "__init__.py").read_text())
