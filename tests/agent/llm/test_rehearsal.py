import json
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from agent.catalog import plays
from agent.catalog.lint_template import headings, missing
from agent.catalog.skillfile import SkillFile, load
from agent.llm.loop import collect
from agent.llm.port import Completion, Delta, Stop, Turn
from agent.llm.prompt import Task, build
from agent.llm.rehearsal import LABEL, Rehearsal
from agent.llm.rehearsal.brief import read
from agent.llm.rehearsal.gaps import fill
from agent.llm.rehearsal.model import draft, pieces

SKILLS = ("copywriting", "copy-editing", "page-cro", "positioning", "idea-to-spec")
BRIEF = "write homepage copy for Acme, a payroll tool for clinics"
SHIPPED = Path(__file__).parents[3] / "skills"


@cache
def shipped(name: str) -> SkillFile:
    return load(SHIPPED / name)


def task(words: str, skill: str = "copywriting", client: str = "") -> Task:
    is_shipped = bool(skill) and (SHIPPED / skill).exists()
    play = plays.play(shipped(skill), words, {}) if is_shipped else None
    return Task(words, skill=skill, client=client, play=play)


def written(words: str, skill: str = "copywriting", client: str = "") -> str:
    return draft(build(task(words, skill, client)))


ASK = task(BRIEF)


@pytest.mark.parametrize("skill", [*SKILLS, "", "a-skill-of-tomorrow"])
def test_every_draft_is_labelled_first_and_speaks_of_the_brief(skill: str) -> None:
    text = written(ASK.brief, skill)
    assert text.startswith(f"> {LABEL}")
    assert "Acme" in text
    assert "$" not in text, "no template variable is left over"


def test_the_same_prompt_gives_the_same_text_and_another_skill_another() -> None:
    assert written(ASK.brief) == written(ASK.brief)
    assert len({written(ASK.brief, skill) for skill in SKILLS}) == len(SKILLS)


def test_product_kind_and_audience_are_read_off_the_brief() -> None:
    brief = read(ASK.brief)
    assert (brief.product, brief.what) == ("Acme", "payroll tool")
    assert brief.audience == "clinics"


def test_what_the_brief_does_not_say_is_a_placeholder_or_the_client() -> None:
    assert "[product]" in written("write me something")
    assert "Blue Bottle" in written("write me something", client="Blue Bottle")


@pytest.mark.parametrize(
    ("words", "headlines"),
    [
        ("5 headlines for Acme", 5),
        ("two short headline options for Acme", 2),
        ("seven headlines for Acme", 7),
        ("a headline for Acme", 3),
    ],
)
def test_the_asked_number_of_alternatives_is_given(words: str, headlines: int) -> None:
    section = written(words).partition("## Headline\n\n")[2].partition("\n\n")[0]
    assert len(section.splitlines()) == headlines


def test_a_number_of_emails_and_a_length_are_obeyed() -> None:
    two = json.loads(written("write two emails for Acme", "email-sequence"))
    assert len(two["emails"]) == 2
    short = written("copy for Acme in under 40 words")
    assert len(short.removeprefix(f"> {LABEL}").split(" ")) <= 41
    line = written("one sentence for Acme, an app for dogs")
    assert line.removeprefix(f"> {LABEL}").strip().count(".") == 1


def test_a_huge_brief_is_read_quickly() -> None:
    began = time.perf_counter()
    written("for A, a b " * 4000)
    assert time.perf_counter() - began < 0.5


def test_a_template_variable_in_the_brief_stays_as_typed() -> None:
    assert "costs $product and $5" in written("Acme costs $product and $5", "")


async def test_it_streams_word_by_word_and_ends_in_a_free_completion() -> None:
    said = [piece async for piece in Rehearsal(delay_s=0).stream(build(ASK))]
    done = said[-1]
    assert isinstance(done, Completion)
    words = [piece.text for piece in said if isinstance(piece, Delta)]
    assert "".join(words) == done.text == draft(build(ASK))
    assert len(words) > 300
    assert (done.provider, done.model, done.stop) == (
        "rehearsal",
        "rehearsal",
        Stop.END,
    )
    assert done.usage.output_tokens > 500


async def test_it_runs_through_the_same_loop_as_a_real_model() -> None:
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    prompt = build(task("hello there", ""))
    done = await collect(Rehearsal(delay_s=0), prompt, show, every_s=0)
    assert shown[-1] == done.text
    assert all(text.startswith(shown[0]) for text in shown)


def test_pieces_lose_no_white_space() -> None:
    text = "  two\n\n words \t\n"
    assert "".join(pieces(text)) == text


REVISED = (Turn("assistant", "An earlier piece."), Turn("user", "shorter"))


def test_a_shorter_version_keeps_the_headings_and_says_less() -> None:
    first = written(BRIEF)
    short = draft(build(replace(task(BRIEF), exchange=REVISED)))
    planned = headings(shipped("copywriting").template)
    assert missing(planned, short) == []
    # The label, and the note that it was sent back, are no part of the piece.
    assert len(short.partition("\n# ")[2]) < 0.8 * len(first.partition("\n# ")[2])
    assert "_Sent back with: shorter_" in short


def test_another_take_begins_with_another_alternative() -> None:
    another = (REVISED[0], Turn("user", "another take, please"))
    taken = draft(build(replace(task(BRIEF), exchange=another)))
    first = written(BRIEF)
    headline = "## Headline\n\n1. "
    assert taken.partition(headline)[2][:40] != first.partition(headline)[2][:40]


def test_a_stage_leaves_short_notes_of_the_request() -> None:
    staged = task(BRIEF, "positioning")
    assert staged.play is not None
    asked = (Turn("user", "Stage 1 of 3: Alternatives"),)
    play = replace(staged.play, stage="Alternatives")
    notes = draft(build(replace(staged, play=play, worked=asked)))
    assert "Notes: Alternatives" in notes
    assert "Acme, payroll tool, for clinics" in notes
    assert len(notes) < 1000


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("Enters: $entry Leaves: who paid.", "Enters: left a cart. Leaves: who paid."),
        ("**Enters:** $entry **Left:** no", "**Enters:** left a cart. **Left:** no"),
        ("Asked: $done Then more.", "Asked: all of it. Then more."),
        ("$entry and $price Then", "left a cart and $99 a $seat. Then"),
        ("$nobody Told", "[nobody]. Told"),
    ],
)
def test_an_answer_ends_before_the_script_s_next_sentence(
    script: str, expected: str
) -> None:
    told = {"entry": "left a cart", "done": "all of it.", "price": "$99 a $seat"}
    assert fill(script, told) == expected
