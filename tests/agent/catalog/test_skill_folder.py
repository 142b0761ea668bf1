"""The files beside SKILL.md: examples, stages, rehearsals, forms of results."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog import examples, rehearsals, resultfile, steps
from agent.catalog.skillfile import load
from agent.catalog.versions import Versions, key_of
from agent.errors import NotFound
from bot.ports import KeptObjects
from db.objects import LocalObjects
from tests.agent.catalog.making import make

ID = UUID(int=7)


def test_examples_are_read_by_kind_and_language() -> None:
    found, problems = examples.parse(
        "phrases:\n  de: [Startseite texten]\n"
        "examples:\n  terse: [hero text]\n  problem: [nobody reads our page]\n"
        "near-misses:\n  - say: mend this text\n    to: copy-editing\n",
        "x/examples.yaml",
    )
    assert problems == []
    assert found.messages == ("nobody reads our page", "hero text")
    assert found.translations == ("Startseite texten",)
    assert found.near_misses == (examples.NearMiss("mend this text", "copy-editing"),)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("examples: [a]", "`examples` has no keys"),
        ("examples:\n  spoken: [a]", "'spoken' is not known"),
        ("examples:\n  terse: hero", "no list of texts"),
        ("examples:\n  terse: [1]", "no text"),
        ("phrases:\n  xx: [a]", "'xx' is not known"),
        ("near-misses:\n  - say: a", "'to' must be a text"),
        ("wrong: 1", "'wrong' is not known"),
    ],
)
def test_bad_examples_are_named_with_their_line(written: str, fault: str) -> None:
    _, problems = examples.parse(written, "x/examples.yaml")
    assert fault in problems[0].fault
    assert problems[0].line > 0


def test_stages_keep_their_order_and_what_they_read() -> None:
    found, problems = steps.parse(
        "steps:\n"
        "  - {key: a, title: Sorting, instructions: Sort., references: [r.md]}\n"
        "  - {key: b, title: Writing, instructions: Write., skill: positioning}\n",
        "x/steps.yaml",
    )
    assert problems == []
    assert found[0] == steps.Stage("a", "Sorting", "Sort.", ("r.md",))
    assert found[1].skill == "positioning"


def test_two_stages_of_one_key_are_refused() -> None:
    stage = "  - {key: a, title: T, instructions: I}\n"
    _, problems = steps.parse(f"steps:\n{stage}{stage}", "x/steps.yaml")
    assert [problem.fault for problem in problems] == ["Two steps have one key."]


def test_a_rehearsal_is_parts_or_data() -> None:
    parts, none = rehearsals.parse("- '# $product'\n- {many: 2, of: [a, b]}", "f")
    assert none == []
    assert parts.parts == ("# $product", rehearsals.Choice(("a", "b"), 2))
    data, none = rehearsals.parse("data: {title: $product}", "f")
    assert (data.data, none) == ({"title": "$product"}, [])
    _, problems = rehearsals.parse("- {many: x}", "f")
    assert "neither a text nor a choice" in problems[0].fault


FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["days"],
    "properties": {"days": {"type": "array", "items": {"type": "string"}}},
    "x-rows": "days",
}


def test_a_form_that_providers_can_hold_is_taken() -> None:
    form, problems = resultfile.parse(json.dumps(FORM), "f")
    assert problems == []
    assert form is not None
    assert form.rows == "days"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "array"}, "no object"),
        ({"required": []}, "required does not list"),
        ({"additionalProperties": True}, "open to other keys"),
        ({"minProperties": 1}, "minProperties is not taken"),
        ({"properties": {}}, "properties is missing"),
        ({"properties": {"days": {"type": "date"}}}, "type is 'date'"),
        ({"x-rows": "weeks"}, "`x-rows` is 'weeks'"),
    ],
)
def test_a_form_that_they_cannot_hold_is_refused(
    change: dict[str, object], fault: str
) -> None:
    form, problems = resultfile.parse(json.dumps(FORM | change), "f")
    assert form is None
    assert any(fault in problem.fault for problem in problems)


async def test_a_version_is_found_again_from_the_store_as_it_was(
    tmp_path: Path,
) -> None:
    file = load(make(tmp_path, files={"references/x.md": "# Lids"}))
    objects = KeptObjects(LocalObjects(tmp_path / "store"))
    await Versions(objects).keep(file)
    found = await Versions(objects).file(ID, key_of(file))
    assert found == replace(file, files=found.files)
    assert found.content_hash == file.content_hash
    with pytest.raises(NotFound):
        await Versions(objects).file(ID, "skills/tea/gone")
