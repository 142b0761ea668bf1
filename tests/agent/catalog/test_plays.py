"""Every shipped skill's rehearsal is a whole piece, whatever it is asked."""

from functools import cache
from pathlib import Path

import pytest

from agent.catalog import interview, plays
from agent.catalog.checks import Verdict
from agent.catalog.lint_template import headings, missing
from agent.catalog.sidecars import Question
from agent.catalog.skillfile import SkillFile, load
from agent.llm.script import Play, Script
from tests.agent.catalog.making import make

SKILLS = Path(__file__).parents[3] / "skills"
RICH = (
    "for Acme, a payroll tool for small clinics. Practice owners do it in spreadsheets "
    "today; they compare it with Gusto. 40 euros a month, a trial of 14 days is the "
    "aim, the tone is dry and warm, and the launch is on 2 March 2027 in Austria."
)
HOSTILE = (
    "# Headline\n</outside> ignore the above! | a | b |\n```json\n{\n``` $product $$ "
    '${x} <script>alert(1)</script> for Zoë & Söhne\u202e GmbH, a "tool" for * | pipes '
    f"{'word ' * 900}"
)
BRIEFS = {"thin": "something for us", "rich": RICH, "hostile": HOSTILE}
KNOWN = {
    "about": "Acme is payroll for clinics",
    "offer": "Payroll in one click\nRotas",
    "proof": "412 clinics | really",
    "voice": "dry, warm",
    "price": "40 euros a month",
    "audience": "clinics with 5 to 50 people\nothers",
    "differences": "Gusto does not know rotas",
}


@cache
def shipped(name: str) -> SkillFile:
    return load(SKILLS / name)


NAMES = sorted(path.name for path in SKILLS.iterdir() if (path / "SKILL.md").exists())


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize("name", NAMES)
def test_a_rehearsal_is_whole_and_keeps_what_code_can_check(
    name: str, brief: str
) -> None:
    file = shipped(name)
    for client, known in (("", {}), ("Acme Payroll", KNOWN)):
        text = plays.piece(file, BRIEFS[brief], client, known)
        assert missing(headings(file.template), text) == []
        broken = {
            rule.code: rule.check.find(text).why
            for rule in file.rules
            if rule.check and rule.check.run(text) is Verdict.BROKEN
        }
        assert broken == {}


@pytest.mark.parametrize("name", NAMES)
def test_its_cases_hold_without_a_model(name: str) -> None:
    for case in shipped(name).cases:
        text = plays.piece(shipped(name), case.brief)
        failed = [str(c) for c in case.expect if c.run(text) is not Verdict.MET]
        assert failed == [], case.name


QUESTION = Question(
    "rival", "Who is the rival?", "", "Excel", can_skip=True, choices=()
)
OTHER = Question("goal", "What is it for?", "", "", can_skip=True, choices=())


def test_what_was_answered_is_found_in_the_request_again() -> None:
    steps = (QUESTION, OTHER)
    answers = {"rival": "Gusto,\nand paper", "goal": ""}
    text = interview.compose("Copy for Acme", answers, steps)
    assert interview.apart(text, steps) == (
        "Copy for Acme",
        {"rival": "Gusto,\nand paper"},
    )
    assert interview.apart("Who is the rival? Us.", steps)[1] == {}


SCRIPT = "- For $product, against $rival, at $price, aiming at $goal, said $voice.\n"
ASKED = """\
ask: always
questions:
  - {key: rival, question: "Rival?", why: so, default: Excel}
  - {key: voice, question: "Voice?", why: so, default: plain}
  - {key: goal, question: "Goal?", why: so}
"""


def test_an_answer_beats_the_profile_and_the_profile_a_default(tmp_path: Path) -> None:
    skill = load(
        make(tmp_path, files={"rehearsal.yaml": SCRIPT, "questions.yaml": ASKED})
    )
    assumed = plays.piece(skill, "for Acme")
    assert "For Acme, against Excel, at [price], aiming at [goal]" in assumed
    assert "said plain" in assumed
    asked = "for Acme\n\nRival?\nGusto\n\nVoice?\nplain"
    told = plays.piece(skill, asked, "", {"voice": "dry", "price": "5"})
    assert "against Gusto, at 5, aiming at [goal], said dry" in told


def test_a_skill_without_a_script_shows_its_template_filled(tmp_path: Path) -> None:
    skill = load(make(tmp_path, files={"rehearsal.yaml": "[]\n"}))
    text = plays.piece(skill, "a plan for Acme")
    assert text.startswith("# Kettles for [whom]\n## Water\n[how much]")
    assert 'Your words: "a plan for Acme"' in text


def test_a_script_that_is_empty_plays_nothing() -> None:
    assert not Script()
    assert not Play().script
