from pathlib import Path

import pytest

from agent.catalog.lint import lint
from tests.agent.catalog.making import MORE, TRIGGERS, make

QUESTIONS = "ask: always\nquestions:\n  - key: a\n    question: What?\n    why: So.\n"
RULES = (
    "| id | severity | check | rule | why |\n|---|---|---|---|---|\n"
    "| K01 | must | judge | a | b |\n"
)


def faults(root: Path) -> list[str]:
    return [problem.fault for problem in lint(root)]


def test_a_sound_skill_has_no_problem(tmp_path: Path) -> None:
    make(tmp_path)
    assert lint(tmp_path) == []


def test_a_trigger_of_two_skills_is_shown_at_its_line(tmp_path: Path) -> None:
    make(tmp_path, "cups", triggers=tuple(f"cup {p}" for p in (*TRIGGERS, *MORE)))
    folder = make(
        tmp_path,
        "pots",
        triggers=(*(f"pot {p}" for p in (*TRIGGERS, *MORE)), "please boil-the KETTLE"),
    )
    make(tmp_path)
    (problem,) = lint(tmp_path)
    assert "is a trigger of kettles too" in problem.fault
    lines = (folder / "SKILL.md").read_text().splitlines()
    assert lines[problem.line - 1].strip() == "please boil-the KETTLE"


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("please do this", "can never match"),
        ("???", "can never match"),
        ("boil a kettle", "says the same as"),
        ("who are we for", "only 'who' counts"),
    ],
)
def test_a_phrase_that_cannot_do_its_work_is_named(
    tmp_path: Path, phrase: str, said: str
) -> None:
    make(tmp_path, triggers=(*TRIGGERS, *MORE, phrase))
    (fault,) = faults(tmp_path)
    assert said in fault


def test_too_few_triggers_and_no_cases_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path, triggers=TRIGGERS)
    (folder / "cases.yaml").unlink()
    assert faults(tmp_path) == ["There are 6 triggers.", "There are no cases."]


def test_references_and_instructions_must_know_each_other(tmp_path: Path) -> None:
    body = "See references/gone.md."
    make(tmp_path, body=body, files={"references/lost.md": "x"})
    gone, lost = faults(tmp_path)
    assert "references/gone.md is named but missing" in gone
    assert "never names it" in lost


def test_neighbours_must_exist(tmp_path: Path) -> None:
    extra = "  related: kettles, cups\n  hand-offs: kettle drum -> music\n"
    make(tmp_path, extra=extra)
    found = faults(tmp_path)
    assert "There is no other skill 'cups'." in found
    assert "There is no other skill 'kettles'." in found
    assert "It hands over to 'music', which is no other skill." in found


def test_a_neighbour_that_is_broken_still_exists(tmp_path: Path) -> None:
    make(tmp_path, extra="  related: cups\n")
    make(tmp_path, "cups", head={"tier": "huge"})
    assert [problem.file for problem in lint(tmp_path)] == ["cups/SKILL.md"]


@pytest.mark.parametrize(
    ("kind", "files", "is_fit"),
    [
        ("simple", {}, True),
        ("simple", {"RULES.md": RULES}, False),
        ("with_rules", {}, False),
        ("with_rules", {"RULES.md": RULES}, True),
        ("complex", {}, False),
        ("complex", {"questions.yaml": QUESTIONS}, False),
        ("complex", {"questions.yaml": QUESTIONS, "references/a.md": "x"}, True),
    ],
)
def test_the_type_must_fit_the_files(
    tmp_path: Path,
    kind: str,
    files: dict[str, str],
    is_fit: bool,  # noqa: FBT001 - a table's column
) -> None:
    make(tmp_path, head={"type": kind}, files=files, body="See references/a.md.")
    typed = [fault for fault in faults(tmp_path) if "references/a.md" not in fault]
    assert (typed == []) is is_fit


def test_a_very_long_body_is_named(tmp_path: Path) -> None:
    make(tmp_path, body="line\n" * 600)
    assert faults(tmp_path) == ["The instructions have more than 500 lines."]
