"""The lock files are what pyproject.toml needs, told from what is installed."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

PIN = re.compile(r"^[A-Za-z0-9._-]+==.*", re.MULTILINE)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(lock: str) -> dict[str, str]:
    pins = [Requirement(line) for line in PIN.findall(Path(lock).read_text())]
    # One package may be pinned twice, for different Pythons: ours is read last.
    pins.sort(key=lambda pin: _applies(pin, set()))
    return {_plain(pin.name): str(pin.specifier)[2:] for pin in pins}


def _wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def _closure(wanted: Iterable[Requirement]) -> set[str]:
    """Every package that ``wanted`` needs on this machine, itself included."""
    seen: set[tuple[str, frozenset[str]]] = set()
    queue = list(wanted)
    while queue:
        asked = queue.pop()
        key = (_plain(asked.name), frozenset(asked.extras))
        if key in seen:
            continue
        seen.add(key)
        for line in distribution(asked.name).requires or ():
            needed = Requirement(line)
            if _applies(needed, asked.extras):
                queue.append(needed)
    return {name for name, _ in seen}


def _applies(needed: Requirement, extras: set[str]) -> bool:
    here = {str(key): str(value) for key, value in default_environment().items()}
    return needed.marker is None or any(
        needed.marker.evaluate({**here, "extra": extra}) for extra in (*extras, "")
    )


def test_each_lock_pins_all_that_is_needed_here() -> None:
    run, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert _closure(_here(_wanted())) - set(run) == set()
    assert _closure(_here(_wanted("dev"))) - set(dev) == set()


def _here(wanted: Iterable[Requirement]) -> list[Requirement]:
    return [each for each in wanted if _applies(each, set())]


def test_what_runs_is_what_was_tested() -> None:
    run, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert {name: dev.get(name) for name in run} == run


def test_the_tests_run_on_the_pinned_versions() -> None:
    dev = _pins("requirements-dev.lock")
    needed = _closure(_here(_wanted("dev")))
    installed = {name: distribution(name).version for name in needed}
    assert {name: dev[name] for name in needed} == installed
