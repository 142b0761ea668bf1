import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from agent.catalog.problem import BrokenSkill, Problem
from agent.catalog.rulefile import Severity
from agent.catalog.sidecars import Ask
from agent.catalog.skillfile import Handoff, SkillType, load, load_all
from agent.llm.port import Tier
from tests.agent.catalog.making import make

RULES = """# Rules
| id | severity | check | rule | why |
|---|---|---|---|---|
| K01 | must | `code: max-words 9 in Headline` | Short. | It is read. |
| K02 | should | judge | Warm. | Tea. |
"""
QUESTIONS = """ask: when-thin
thin-below-words: 4
questions:
  - key: size
    question: How large?
    why: Water.
    default: one litre
    choices: [small, large]
"""


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(BrokenSkill) as broken:
        load(folder)
    return broken.value.problems


def only(folder: Path) -> Problem:
    (problem,) = problems(folder)
    return problem


def test_a_sound_folder_becomes_a_skill(tmp_path: Path) -> None:
    extra = "  hints: tea, steam\n  related: pots, cups\n  required-context: client\n"
    extra += "  approval: admin\n  hand-offs: |\n    kettle drum -> music\n"
    files = {
        "RULES.md": RULES,
        "questions.yaml": QUESTIONS,
        "references/lids.md": "# Lids",
    }
    skill = load(make(tmp_path, head={"type": "with_rules"}, extra=extra, files=files))
    assert (skill.name, skill.title, skill.version) == ("kettles", "Kettles", "1.2.0")
    assert (skill.type, skill.tier) == (SkillType.WITH_RULES, Tier.FAST)
    assert (skill.max_tokens, skill.max_cost_usd) == (1024, Decimal("0.05"))
    assert skill.triggers[0] == "boil the kettle"
    assert skill.hints == ("tea", "steam")
    assert skill.related == ("pots", "cups")
    assert skill.handoffs == (Handoff("kettle drum", "music"),)
    assert skill.required_context == ("client",)
    assert skill.approval == "admin"
    assert skill.body.startswith("Boil water.")
    assert skill.template == "# Kettles for <whom>\n## Water\n<how much>\n"
    assert [rule.code for rule in skill.rules] == ["K01", "K02"]
    assert [rule.checked_by for rule in skill.rules] == ["code", "judge"]
    assert skill.rules[0].severity is Severity.MUST
    assert skill.references["references/lids.md"] == "# Lids"
    assert [file.path for file in skill.files] == sorted(
        ["SKILL.md", "cases.yaml", "examples.yaml", "rehearsal.yaml", *files]
    )


def test_a_thin_brief_is_asked_about_and_a_full_one_is_not(tmp_path: Path) -> None:
    skill = load(make(tmp_path, files={"questions.yaml": QUESTIONS}))
    assert skill.questions.ask is Ask.THIN
    assert [step.key for step in skill.questions.due("boil it")] == ["size"]
    assert skill.questions.due("boil one litre of water") == ()
    assert skill.questions.steps[0].choices == ("small", "large")


def test_the_hash_is_of_the_content_alone(tmp_path: Path) -> None:
    first, again = load(make(tmp_path / "a")), load(make(tmp_path / "b"))
    other = load(make(tmp_path / "c", body="Boil milk."))
    moved = load(make(tmp_path / "d", files={"references/x.md": "Boil"}))
    assert first.content_hash == again.content_hash
    assert len(first.content_hash) == 32
    assert len({first.content_hash, other.content_hash, moved.content_hash}) == 3


def test_a_skill_cannot_be_changed(tmp_path: Path) -> None:
    skill = load(make(tmp_path))
    assert skill.approval == "", "nobody has to say yes unless it is asked for"
    with pytest.raises(dataclasses.FrozenInstanceError):
        skill.title = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "1.2"),
        ("version", '"1.2"'),
        ("type", "hard"),
        ("category", "stuff"),
        ("tier", "huge"),
        ("max-tokens", '"many"'),
        ("max-cost-usd", '"-1"'),
        ("approval", "boss"),
        ("colour", "red"),
        ("title", "[a, b]"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    tmp_path: Path, key: str, value: str
) -> None:
    folder = make(tmp_path, head={key: value})
    problem = only(folder)
    line = (folder / "SKILL.md").read_text().splitlines()[problem.line - 1]
    assert line.strip().startswith(f"{key}:")
    assert problem.file == "kettles/SKILL.md"
    assert key in problem.fault
    assert problem.mend


def test_a_name_must_be_the_folders(tmp_path: Path) -> None:
    assert "not the folder's" in only(make(tmp_path, said_name="pots")).fault


@pytest.mark.parametrize("name", ["Kettles", "a--b", "-a", "a_b", "a" * 65])
def test_a_name_outside_the_format_is_refused(tmp_path: Path, name: str) -> None:
    assert "cannot be used" in only(make(tmp_path, name)).fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no head",
        "---\nname: x\n",
        "---\n- a\n---\nx",
        "---\n---\nx",
        "---\na: &b [x]\nc: *b\n---\nx",
        "---\na: 1\na: 2\n---\nx",
        "---\na: !!python/object/apply:os.system ['true']\n---\nx",
        "---\n\tname: x\n---\nx",
        "---\na: 2026-99-99\n---\nx",
        "---\n" + "[" * 5000 + "\n---\nx",
        "---\n? [a]\n: b\n---\nx",
    ],
)
def test_a_broken_head_is_a_problem_and_never_a_crash(
    tmp_path: Path, text: str
) -> None:
    found = problems(make(tmp_path, files={"SKILL.md": text}))
    assert all(problem.file == "kettles/SKILL.md" for problem in found)


def test_several_faults_are_reported_at_once(tmp_path: Path) -> None:
    files = {"RULES.md": "nothing", "questions.yaml": "ask: [", "cases.yaml": "x: 1"}
    found = problems(make(tmp_path, head={"tier": "huge"}, files=files))
    assert {problem.file.partition("/")[2] for problem in found} == {
        "SKILL.md",
        "RULES.md",
        "questions.yaml",
        "cases.yaml",
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| K1 | must | judge | a | b |", "not like"),
        ("| K01 | always | judge | a | b |", "Severity"),
        ("| K01 | must |  | a | b |", "without a check"),
        ("| K01 | must | code: shine 3 | a | b |", "no check"),
        ("| K01 | must | code: max-words x | a | b |", "is written"),
        ("| K01 | must | judge | a |", "columns"),
        ("| K01 | must | judge |  | b |", "says nothing"),
        ("| K01 | must | judge | a | b |\n| K01 | must | judge | a | b |", "twice"),
    ],
)
def test_a_bad_rule_is_named(tmp_path: Path, row: str, said: str) -> None:
    rules = f"| id | severity | check | rule | why |\n|---|---|---|---|---|\n{row}\n"
    problem = only(make(tmp_path, files={"RULES.md": rules}))
    assert said in problem.fault
    assert problem.line == len(rules.splitlines())


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("cases.yaml", "cases:\n  - name: a\n    brief: b\n    expect: [glow]\n", 4),
        ("cases.yaml", "cases:\n  - name: a\n    expect: [max-words 3]\n", 2),
        ("cases.yaml", "cases:\n  - just text\n", 2),
        ("cases.yaml", "- a\n", 1),
        ("questions.yaml", "ask: never\nquestions: []\n", 1),
        ("questions.yaml", "ask: when-thin\nquestions: []\n", 1),
        ("questions.yaml", "ask: always\nquestions:\n  - key: a\n    why: b\n", 3),
    ],
)
def test_a_bad_side_file_is_named_with_its_line(
    tmp_path: Path, file: str, text: str, line: int
) -> None:
    found = problems(make(tmp_path, files={file: text}))
    assert (found[0].file, found[0].line) == (f"kettles/{file}", line)


def test_links_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (tmp_path / "secret").write_text("s")
    (folder / "references").mkdir()
    (folder / "references" / "x.md").symlink_to(tmp_path / "secret")
    assert only(folder).fault == "This is a link."


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere")
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "kettles").symlink_to(tmp_path / "elsewhere" / "kettles")
    skills, found = load_all(tmp_path / "skills")
    assert skills == ()
    assert [problem.fault for problem in found] == ["The folder is a link."]


def test_large_many_and_unreadable_files_are_refused(tmp_path: Path) -> None:
    large = make(tmp_path / "a", files={"references/x.md": "x" * 300_000})
    assert "larger than" in only(large).fault
    many = {f"references/{n}.md": "x" for n in range(70)}
    assert "more than 64 files" in problems(make(tmp_path / "b", files=many))[0].fault
    heavy = {f"references/{n}.md": "x" * 250_000 for n in range(5)}
    assert "more than 1048576 bytes" in only(make(tmp_path / "c", files=heavy)).fault
    binary = make(tmp_path / "d")
    (binary / "references").mkdir()
    (binary / "references" / "x.md").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in only(binary).fault


def test_a_missing_skill_file_is_said(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "SKILL.md").unlink()
    assert only(folder).file == "kettles/SKILL.md"


def test_one_broken_skill_does_not_stop_the_others(tmp_path: Path) -> None:
    make(tmp_path, "cups")
    make(tmp_path, "pots", head={"tier": "huge"})
    make(tmp_path, "teas")
    skills, found = load_all(tmp_path)
    assert [skill.name for skill in skills] == ["cups", "teas"]
    assert [problem.file for problem in found] == ["pots/SKILL.md"]


def test_a_missing_root_is_a_problem(tmp_path: Path) -> None:
    skills, (problem,) = load_all(tmp_path / "none")
    assert skills == ()
    assert "no folder" in problem.fault


def test_a_broken_skill_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BrokenSkill) as broken:
        load(make(tmp_path, head={"tier": "huge"}))
    assert "draper skills lint" in broken.value.said
