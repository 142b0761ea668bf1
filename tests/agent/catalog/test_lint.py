from pathlib import Path

import pytest

from agent.catalog.lint import lint
from agent.catalog.problem import Problem
from agent.catalog.skillfile import load_all
from bot.astray import astray
from tests.agent.catalog.making import MORE, REHEARSAL, TRIGGERS, examples, make

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


def only(root: Path) -> Problem:
    (problem,) = lint(root)
    return problem


def line(root: Path, path: str, number: int) -> str:
    return (root / "kettles" / path).read_text("utf-8").splitlines()[number - 1]


def test_a_translated_phrase_of_two_skills_is_shown_at_its_line(tmp_path: Path) -> None:
    make(tmp_path)
    taken = examples("pots").replace("pots de un", "BOIL  the kettle")
    named = (*TRIGGERS, *MORE)
    make(
        tmp_path,
        "pots",
        files={"examples.yaml": taken},
        triggers=tuple(f"pot {phrase}" for phrase in named),
    )
    problem = only(tmp_path)
    assert (problem.file, problem.fault) == (
        "pots/examples.yaml",
        "'BOIL  the kettle' calls kettles too.",
    )
    found = (tmp_path / "pots/examples.yaml").read_text().splitlines()[problem.line - 1]
    assert found.strip() == "- BOIL  the kettle"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sings since attic", "leaks since attic", "says nearly the same as"),
        ("attic song, to: assistant", "attic song, to: pans", "'pans', which is no"),
        ("say: attic song", "say: kettles rusts since tent", "example and a near-miss"),
        ("    - kettles fr un\n", "", "3 phrases in 'fr'"),
        ("    - kettles sings since tent\n", "", "There are 29 examples."),
    ],
)
def test_an_example_that_teaches_nothing_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    given = examples("kettles")
    assert old in given
    make(tmp_path, files={"examples.yaml": given.replace(old, new, 1)})
    assert said in only(tmp_path).fault


def test_an_example_of_two_skills_is_named(tmp_path: Path) -> None:
    make(tmp_path)
    make(tmp_path, "pots", triggers=tuple(f"pot {p}" for p in (*TRIGGERS, *MORE)))
    path = tmp_path / "pots/examples.yaml"
    text = path.read_text()
    text = text.replace("pots leaks since tent", "kettles leaks since tent")
    path.write_text(text)
    assert "is an example of kettles too" in only(tmp_path).fault


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (REHEARSAL.replace("## Water", "### Water"), "It lacks '## Water'"),
        (REHEARSAL.replace("Kettles for", "Pans for"), "It lacks '# Kettles for"),
        ("- |-\n  ## Water\n  kettle\n  # Kettles for you\n", "It lacks '## Water'"),
        (REHEARSAL.replace("[litres]", "$litres"), "Nothing fills $litres."),
        (
            REHEARSAL.replace("[litres]", "12 litres of $product"),
            "It breaks K01: Brief",
        ),
        ("data: {title: kettle}", "It is data"),
    ],
)
def test_a_rehearsal_that_is_no_such_piece_is_named(
    tmp_path: Path, script: str, said: str
) -> None:
    rules = RULES.replace("judge | a |", "code: max-words 4 in Water | Brief |")
    make(
        tmp_path,
        head={"type": "with_rules"},
        files={"RULES.md": rules, "rehearsal.yaml": script},
    )
    assert said in only(tmp_path).fault


def test_a_case_the_rehearsal_fails_is_named(tmp_path: Path) -> None:
    make(tmp_path, files={"rehearsal.yaml": REHEARSAL.replace("kettle", "pan")})
    assert [p.fault for p in lint(tmp_path)] == [
        f"Case {name!r} expects mentions kettle, which fails on it."
        for name in ("one", "three", "two")
    ]


def test_a_rule_on_a_heading_no_piece_will_have_is_shown_at_its_line(
    tmp_path: Path,
) -> None:
    rules = RULES.replace("judge | a |", "code: max-words 9 in Watr | a |")
    make(tmp_path, head={"type": "with_rules"}, files={"RULES.md": rules})
    problem = only(tmp_path)
    assert "K01 speaks of 'Watr'" in problem.fault
    assert "Watr" in line(tmp_path, "RULES.md", problem.line)


SCHEMA = """{"type": "object", "additionalProperties": false,
 "required": ["title", "water", "cups"], "properties": {"title": {"type": "string"},
 "water": {"type": "string", "title": "Water"},
 "cups": {"type": "array", "items": {"type": "integer"}}}}"""
FITS = "data:\n  title: Kettles for a\n  water: One kettle\n  cups: [1, 2]\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (FITS, ""),
        (FITS.replace("[1, 2]", "[1, two]"), "cups/1: It is no integer"),
        (FITS.replace("  cups: [1, 2]\n", ""), "'cups' is missing"),
        (f"{FITS}  pans: 1\n", "pans: It is not known"),
        (FITS.replace("One kettle", "One pan").replace("Ke", "Po"), "expects mentions"),
        (FITS.replace("Kettles for", "All kettles of"), "It lacks '# Kettles for"),
        ("- a text", "There is no data in it"),
    ],
)
def test_a_rehearsal_of_data_fits_its_schema(
    tmp_path: Path, data: str, said: str
) -> None:
    make(tmp_path, files={"output.schema.json": SCHEMA, "rehearsal.yaml": data})
    assert said in "".join(faults(tmp_path))
    assert bool(faults(tmp_path)) is bool(said)


def test_a_stage_names_what_exists(tmp_path: Path) -> None:
    steps = (
        "steps:\n  - key: a\n    title: A\n    instructions: Do.\n"
        "    references: [references/gone.md]\n    skill: pans\n"
    )
    make(
        tmp_path,
        head={"type": "complex"},
        files={"steps.yaml": steps, "references/a.md": "x"},
        body="See references/a.md.",
    )
    gone, pans = lint(tmp_path)
    assert (gone.fault, gone.line) == ("references/gone.md is missing.", 5)
    assert (pans.fault, pans.line) == ("'pans' is no other skill.", 6)


def test_words_that_the_router_takes_astray_are_named(tmp_path: Path) -> None:
    given = examples("pots").replace("pots sings since attic", "mend the kettle today")
    given = given.replace("{say: attic song", "{say: sell the pot to my aunt")
    named = tuple(f"{phrase.split()[0]} the pot" for phrase in TRIGGERS)
    make(tmp_path)
    make(tmp_path, "pots", triggers=named, files={"examples.yaml": given})
    found = sorted(astray(load_all(tmp_path)[0]))
    said = [problem.fault for problem in found]
    assert any("'mend the kettle today' leads to kettles" in fault for fault in said)
    assert any("'sell the pot to my aunt' leads here" in fault for fault in said)
    assert all(problem.line for problem in found)
