"""The catalogue changes only knowingly: what is committed is what there is."""

import copy
from typing import Any

import pytest

from bot.surfaces import reference, snapshot

AGAIN = "If this is meant, run `make catalogue` and commit what it writes."


def test_the_catalogue_is_as_it_was_committed() -> None:
    changed = snapshot.differences(snapshot.kept(), snapshot.catalogue())
    assert not changed, "\n".join(["The catalogue has changed:", *changed, AGAIN])


def test_the_reference_is_made_from_the_catalogue() -> None:
    assert snapshot.REFERENCE.read_text() == reference.markdown(), AGAIN


def _lower(face: dict[str, Any]) -> None:
    face["role"] = "viewer"


def _shown(face: dict[str, Any]) -> None:
    face["on"].append("tool")


def _renamed(face: dict[str, Any]) -> None:
    properties = face["params"]["properties"]
    properties["run"] = properties.pop("number")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_lower, ["role was", 'is "viewer"']),
        (_shown, ["on was", "tool"]),
        (
            _renamed,
            ["params.properties.number is gone", "params.properties.run is new"],
        ),
        (dict.clear, ["effect is gone"]),
    ],
)
def test_a_difference_is_told_in_words(change: Any, says: list[str]) -> None:
    now = snapshot.catalogue()
    then = copy.deepcopy(now)
    change(now["runs.cancel"])
    told = "\n".join(snapshot.differences(then, now))
    assert all(part in told for part in says), told
    assert "runs.cancel" in told


def test_a_new_and_a_lost_operation_are_told() -> None:
    now = snapshot.catalogue()
    then = {**now, "runs.lost": now["runs.list"]}
    del then["runs.show"]
    assert snapshot.differences(then, now) == ["runs.lost is gone", "runs.show is new"]
