"""The interview, the parts and the summary: pure rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clients import facts
from agent.clients.facts import BY_FIELD, EMPTY, FACTS, MOST, PARTS, TooLong
from agent.clients.profile import (
    MOST_BYTES,
    PRIORITY,
    QUESTIONS,
    next_question,
    number,
    parts,
    summary,
)
from agent.errors import BadInput
from agent.llm import prompt


def row(**columns: Any) -> facts.Row:
    return dict(EMPTY) | columns


def test_eight_questions_reach_all_seven_parts() -> None:
    assert len(QUESTIONS) == 8
    assert len(PARTS) == 7
    asked = {BY_FIELD[question.field].part for question in QUESTIONS}
    assert asked == {part.name for part in PARTS}


def test_the_interview_asks_each_question_once_and_ends() -> None:
    answers: dict[str, str] = {}
    asked = []
    while question := next_question(answers):
        asked.append((number(question), question.field))
        answers[question.field] = ""  # skipped: not asked again
    assert asked == list(enumerate((q.field for q in QUESTIONS), start=1))


def test_every_question_can_name_the_brand_whatever_it_is_called() -> None:
    for question in QUESTIONS:
        assert "{" not in question.ask.format(name="Acme")


def test_the_summary_has_what_is_known_part_by_part() -> None:
    told = {"voice": "dry", "offer": "payroll\nrotas"}
    assert summary("Acme", told) == (
        "Brand: Acme\nWhat it sells: payroll\nWhat it sells: rotas\nHow it sounds: dry"
    )


def test_a_summary_that_is_cut_keeps_what_matters_most_in_whole_lines() -> None:
    told = {field: f"{field} " * 40 for field in PRIORITY}
    short = summary("Acme", told, most=1_500)
    assert len(short.encode()) <= 1_500
    lines = short.splitlines()
    assert lines[0] == "Brand: Acme"
    assert lines[-1].startswith("[The profile is longer")
    whole = summary("Acme", told).splitlines()
    assert all(line in whole for line in lines[:-1])
    kept = [line for line in lines if line.startswith(("How it sounds", "Never say"))]
    assert len(kept) == 2
    assert not any(line.startswith("Company") for line in lines)


@given(
    st.dictionaries(st.sampled_from(PRIORITY), st.text(max_size=600)),
    st.integers(min_value=200, max_value=3_000),
)
def test_no_summary_passes_its_budget(told: dict[str, str], most: int) -> None:
    assert len(summary("Acme", told, most=most).encode()) <= most


def test_the_longest_fact_of_any_script_fits() -> None:
    told = {"voice": "\U0001f600" * MOST}
    assert "How it sounds: \U0001f600" in summary("Acme", told)


def test_the_prompt_never_has_to_cut_what_the_profile_gives() -> None:
    assert MOST_BYTES <= prompt.PROFILE_BYTES


def test_every_fact_has_its_rank_and_a_part() -> None:
    assert sorted(PRIORITY) == sorted(BY_FIELD)
    assert {fact.part for fact in FACTS} == {part.name for part in PARTS}


def test_the_parts_tell_what_is_known_by_label() -> None:
    told = {"price": "49 a month", "avoid": "cheap"}
    known = {part.name: labels for part, labels in parts(told)}
    assert list(known) == [part.name for part in PARTS]
    assert known["offer"] == {"Price": "49 a month"}
    assert known["voice"] == {"Never say": "cheap"}
    assert known["look"] == {}


@pytest.mark.parametrize("field", [f for f in BY_FIELD if f != "colours"])
@pytest.mark.parametrize("text", ["calm", "one\ntwo", ""])
def test_what_is_told_is_read_again(field: str, text: str) -> None:
    fact = BY_FIELD[field]
    columns = facts.written(EMPTY, fact, text)
    assert facts.told(columns) == ({field: text} if text else {})
    # Nothing else moves, and taking it out leaves what was there before.
    assert facts.told(facts.written(columns, fact, "")) == {}


def test_two_facts_of_one_column_do_not_disturb_each_other() -> None:
    columns = facts.written(EMPTY, BY_FIELD["voice"], "calm")
    columns = facts.written(columns, BY_FIELD["avoid"], "cheap; free")
    assert facts.told(columns) == {"voice": "calm", "avoid": "cheap\nfree"}
    assert columns["brand_voice"] == {"summary": "calm", "dont": ["cheap", "free"]}
    assert EMPTY["brand_voice"] == {}


def test_colours_are_found_in_what_is_said() -> None:
    said = "primary #1A73E8, dark: #000 and #fff"
    columns = facts.written(EMPTY, BY_FIELD["colours"], said)
    assert columns["brand_colors"]["primary"] == "#1a73e8"
    assert set(columns["brand_colors"].values()) == {"#1a73e8", "#000", "#fff"}
    with pytest.raises(BadInput, match="no colour"):
        facts.written(EMPTY, BY_FIELD["colours"], "something blue")


def test_what_the_first_interview_kept_is_read_and_moved() -> None:
    extra = {"offer": "payroll", "voice": "dry", "avoid": "cheap", "raw": {"a": 1}}
    columns = facts.settled(row(extra=extra))
    assert facts.told(columns) == {
        "offer": "payroll",
        "voice": "dry",
        "avoid": "cheap",
    }
    assert columns["extra"] == {"raw": {"a": 1}}  # nobody's: it stays
    assert columns["products"] == [{"name": "payroll"}]
    assert extra["offer"] == "payroll"


def test_what_stands_in_its_column_already_is_newer() -> None:
    columns = facts.settled(
        row(extra={"voice": "dry"}, brand_voice={"summary": "warm"})
    )
    assert facts.told(columns) == {"voice": "warm"}


def test_a_brand_without_a_version_knows_nothing() -> None:
    assert facts.told(facts.settled(dict.fromkeys(facts.COLUMNS))) == {}


@pytest.mark.parametrize(
    ("word", "text", "field"),
    [
        ("voice", "calm", "voice"),
        ("Tone", "calm", "voice"),
        ("voice", "no exclamation marks", "avoid"),
        ("voice", "never shout", "avoid"),
        ("voice", "no-nonsense, dry", "voice"),
        ("prices", "49", "price"),
        ("brand colours", "#fff", "colours"),
        ("customers", "clinics", "audience"),
        ("company", "Acme Ltd", "company"),
        ("industries", "health", "industry"),
    ],
)
def test_a_word_means_a_fact(word: str, text: str, field: str) -> None:
    assert facts.meant(word, text).field == field


def test_a_word_for_nothing_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput) as refused:
        facts.fact("weather")
    assert "voice" in refused.value.hint


def test_what_is_added_stands_beside_the_rest_once() -> None:
    avoid = BY_FIELD["avoid"]
    columns = facts.written(EMPTY, avoid, "cheap")
    columns = facts.written(columns, avoid, "free", adds=True)
    columns = facts.written(columns, avoid, "Free", adds=True)
    assert facts.told(columns) == {"avoid": "cheap\nfree"}


def test_a_fact_has_an_end() -> None:
    with pytest.raises(TooLong, match="2,001 characters"):
        facts.written(EMPTY, BY_FIELD["voice"], "x" * (MOST + 1))
    assert facts.written(EMPTY, BY_FIELD["voice"], "x" * MOST)
