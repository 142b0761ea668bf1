"""The skills as shipped: sound, reachable, and found from what people write."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.catalog.lint import lint
from agent.catalog.sidecars import Ask
from agent.catalog.skillfile import SkillType, load_all
from bot.router import Router, rule, unreachable

ROOT = Path(__file__).parents[2] / "skills"
SKILLS, PROBLEMS = load_all(ROOT)
RULES = tuple(rule(skill) for skill in SKILLS)
ROUTER = Router(RULES)
Labelled = list[tuple[str, str]]


def labelled(name: str) -> Labelled:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [(case["text"], case["skill"]) for case in map(json.loads, lines)]


TUNED = labelled("cases.jsonl")
HELD_OUT = labelled("cases_heldout.jsonl")


def top_1(cases: Sequence[tuple[str, str]]) -> float:
    return sum(ROUTER.route(text).skill == skill for text, skill in cases) / len(cases)


def wrong_and_sure(cases: Sequence[tuple[str, str]]) -> list[str]:
    routes = [(text, skill, ROUTER.route(text)) for text, skill in cases]
    return [
        text
        for text, skill, route in routes
        if route.method == "phrase" and route.skill != skill
    ]


def test_the_shipped_skills_are_without_problems() -> None:
    assert PROBLEMS == ()
    assert lint(ROOT) == []


def test_every_shipped_phrase_leads_to_its_own_skill() -> None:
    assert unreachable(RULES) == ()


def test_all_three_types_are_shipped() -> None:
    assert {skill.type for skill in SKILLS} == set(SkillType)
    assert len(SKILLS) == 8


def test_the_complex_skill_interviews_and_has_references() -> None:
    (skill,) = (skill for skill in SKILLS if skill.type is SkillType.COMPLEX)
    assert skill.questions.ask is Ask.ALWAYS
    assert len(skill.questions.due("a long brief that says everything")) >= 6
    assert all(text.startswith("# ") for text in skill.references.values())


@pytest.mark.parametrize("cases", [TUNED, HELD_OUT], ids=["tuned", "held out"])
def test_messages_reach_their_skill(cases: Labelled) -> None:
    assert top_1(cases) >= 0.9


@pytest.mark.parametrize("cases", [TUNED, HELD_OUT], ids=["tuned", "held out"])
def test_few_are_wrong_and_confident(cases: Labelled) -> None:
    assert len(wrong_and_sure(cases)) <= 0.03 * len(cases)


@pytest.mark.parametrize("cases", [TUNED, HELD_OUT], ids=["tuned", "held out"])
def test_other_talk_starts_no_skill(cases: Labelled) -> None:
    others = [(text, skill) for text, skill in cases if skill == "assistant"]
    assert len(wrong_and_sure(others)) <= 0.05 * len(others)


def test_the_sets_are_large_and_apart() -> None:
    assert len(TUNED) >= 150
    assert len(HELD_OUT) >= 60
    assert not {text for text, _ in TUNED} & {text for text, _ in HELD_OUT}


def test_a_vague_wish_is_asked_about() -> None:
    found = ROUTER.route("make my site better")
    assert found.method == "asked"
    assert {found.skill, *found.alternatives} == {
        "copywriting",
        "page-cro",
        "positioning",
    }
