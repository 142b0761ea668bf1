"""How good a skill is, how sure that is, and what is known beside it."""

from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.catalog.model_errors import NoSuchSkill
from agent.catalog.quality import (
    ENOUGH,
    HIGHEST,
    LOWEST,
    Score,
    change,
    estimate,
    student,
)
from agent.catalog.quality_operations import show_quality, show_unhappy
from agent.catalog.skill_rule_operations import propose_after
from agent.plots import QualityFigure
from bot.render import result
from tests.agent.catalog.taught import judge
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.bot.web.console.furnished import OUTPUT, RUN, furnish, ident
from tests.db.asking import run
from tests.fakes.plots import Sketches
from tests.seeds import BOB

OPEN_RULE = """
    INSERT INTO rules (workspace_id, scope, skill_id, code, statement, status, proposal)
    SELECT r.workspace_id, 'skill', r.skill_id, 'P1', 'Be plain.', 'proposed', '{}'
    FROM runs r JOIN skills s ON s.id = r.skill_id WHERE s.name = 'copywriting' LIMIT 1
"""


def pieces(*values: float, person: str = "ana") -> list[Score]:
    """One person's scores, each of a piece of its own."""
    return [Score(person, str(n), value) for n, value in enumerate(values)]


def test_t_is_that_of_the_printed_tables() -> None:
    # Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
    table = {6: 2.447, 10: 2.228, 30: 2.042, 1000: 1.962}
    found = {freedom: student(0.95, freedom) for freedom in table}
    assert found == pytest.approx(table, abs=1e-3)
    assert student(0.99, 10) == pytest.approx(3.169, abs=1e-3)


def test_the_interval_is_students_with_one_more_score_at_each_end() -> None:
    # By hand: 3 4 4 5 4 and 1 5: centre 26/7, squares 11.43, s2 1.905, t(6) 2.447.
    found = estimate(pieces(3, 4, 4, 5, 4))
    half = 2.447 * (11.4286 / 6 / 7) ** 0.5
    assert found.low == pytest.approx(26 / 7 - half, abs=1e-3)
    assert found.high == pytest.approx(26 / 7 + half, abs=1e-3)
    assert found.mean == 4


def test_scores_that_agree_are_not_called_certain() -> None:
    found = estimate(pieces(5, 5, 5, 5, 5))
    assert found.mean == 5
    assert found.low is not None
    assert found.low < 4


@pytest.mark.parametrize("n", range(ENOUGH))
def test_too_few_pieces_have_no_interval(n: int) -> None:
    found = estimate(pieces(*[4] * n))
    assert (found.low, found.high, found.n) == (None, None, n)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 5).map(float), min_size=ENOUGH, max_size=80))
def test_the_interval_holds_the_mean_and_stays_on_the_scale(
    scores: list[float],
) -> None:
    found = estimate(pieces(*scores))
    assert found.low is not None
    assert found.high is not None
    assert LOWEST <= found.low <= fmean(scores) + 1e-9
    assert fmean(scores) - 1e-9 <= found.high <= HIGHEST


def test_a_flood_of_one_persons_scores_does_not_speak_for_all() -> None:
    team = [Score(str(n), f"t{n}", 4.0) for n in range(9)]
    flooded = estimate([*team, *pieces(*[1.0] * 100)])
    assert flooded.mean == pytest.approx((9 * 4 + 3 * 1) / 12)


def test_two_raters_of_one_piece_are_one_observation() -> None:
    scores = [Score(who, str(n), 4) for n in range(4) for who in ("ana", "bob")]
    found = estimate(scores)
    assert (found.n, found.pieces, found.people, found.low) == (8, 4, 2, None)


def test_a_change_is_clear_only_where_nought_lies_outside() -> None:
    low, high = pieces(*[1, 2] * 6), pieces(*[4, 5] * 6)
    found = change(low, high)
    assert found is not None
    assert found.is_clear
    assert found.low < 3 == found.by < found.high + 1
    same = change(low, low)
    assert same is not None
    assert not same.is_clear
    assert change(low[:4], high) is None


@settings(max_examples=30)
@given(st.lists(st.integers(1, 5).map(float), min_size=ENOUGH, max_size=30))
def test_looking_at_more_skills_asks_for_more(scores: list[float]) -> None:
    few, many = (change(pieces(*scores), pieces(*[3.0] * 9), s) for s in (0.95, 0.99))
    assert few is not None
    assert many is not None
    assert many.low < few.low
    assert few.high < many.high


async def test_a_skill_has_its_scores_its_interval_and_its_weeks(world: World) -> None:
    await furnish(world)
    await _on_pieces_of_their_own(world)
    found = await world.call(show_quality, AS_BOB, skill="cold-email")
    [line] = found.lines
    assert (line.n, line.runs, line.version) == (7, 2, "1.2.0")
    assert line.mean == pytest.approx(4.0)
    assert line.low is not None
    assert line.high is not None
    assert 1 <= line.low < 4 < line.high <= 5
    assert [week.n for week in line.weeks] == [1] * 7
    assert line.weeks == sorted(line.weeks, key=lambda week: week.starts_on)


async def test_another_workspace_has_no_part_in_it(world: World) -> None:
    await furnish(world)
    found = await world.call(show_quality, AS_EVE)
    assert [(line.n, line.runs, line.mean) for line in found.lines] == [
        (0, 0, None)
    ] * 3
    assert (await world.call(show_unhappy, AS_EVE)).lines == []


async def test_a_rehearsal_says_nothing(world: World) -> None:
    await furnish(world)
    await run(world.owner, "UPDATE runs SET provider = 'rehearsal'")
    found = await world.call(show_quality, AS_ANA)
    assert {line.n for line in found.lines} == {0}


async def test_sources_stand_apart_and_complaints_together(world: World) -> None:
    await furnish(world)
    await judge(world)
    detail = (await world.call(show_quality, AS_ANA, skill="Website copy")).detail
    assert detail is not None
    overall, accuracy, *_ = detail.dimensions
    assert (overall.label, overall.n) == ("overall", 16)
    assert (accuracy.label, accuracy.n, accuracy.mean) == ("accuracy", 1, 2)
    assert [(one.signal, one.pieces) for one in detail.signals] == [("revise", 1)]
    assert (detail.judged.n, detail.judged.mean) == (1, 40)
    [formal, short] = detail.issues
    assert (formal.text, formal.count, formal.people) == ("Too formal.", 2, 2)
    assert (formal.severity, short.count) == ("high", 1)
    [broken] = detail.rules
    assert (broken.code, broken.broken, broken.checked) == ("C01", 1, 1)
    [worst, *_] = (await world.call(show_unhappy, AS_ANA)).lines
    assert (worst.skill, worst.text) == ("copywriting", "Too formal.")


async def test_what_is_one_step_short_of_a_rule_says_so_while_none_is_open(
    world: World,
) -> None:
    await furnish(world)
    await judge(world)

    async def told() -> str:
        found = await world.call(show_unhappy, AS_ANA)
        return result(found).text

    assert "propose a rule" not in await told(), "two steps short of three pieces"
    await world.call(propose_after, AS_ANA, number=2)
    assert "propose a rule" not in await told(), "others think well of the piece"
    await run(world.owner, "UPDATE feedback SET overall_score = 2")
    assert "One more piece with it, and I propose a rule" in await told()
    await run(world.owner, OPEN_RULE)
    assert "propose a rule" not in await told()


async def test_private_pieces_count_and_their_words_stay_private(world: World) -> None:
    await furnish(world)
    await judge(world)
    private = "UPDATE runs SET private_user_id = :bob WHERE id = :id"
    await run(world.owner, private, bob=BOB, id=ident(RUN, 0))
    bobs = await world.call(show_quality, AS_BOB, skill="copywriting")
    anas = await world.call(show_quality, AS_ANA, skill="copywriting")
    assert bobs.detail is not None
    assert anas.detail is not None
    assert len(bobs.detail.issues) == 2
    assert anas.detail.issues == []
    assert anas.lines == bobs.lines
    assert (anas.lines[0].n, anas.detail.rules) == (16, bobs.detail.rules)


async def test_where_others_read_along_only_what_all_may_read_is_quoted(
    world: World,
) -> None:
    await furnish(world)
    await judge(world)
    private = "UPDATE runs SET private_user_id = :bob WHERE id = :id"
    await run(world.owner, private, bob=BOB, id=ident(RUN, 0))
    alone = await world.settled(AS_BOB)
    group = await world.settled(AS_BOB, chat="2", kind="group")
    said = {"Too formal.", "No price anywhere"}
    for by, quoted in ((AS_BOB, said), (alone, said), (group, set())):
        found = await world.call(show_quality, by, skill="copywriting")
        assert found.detail is not None
        assert {one.text for one in found.detail.issues} == quoted
        assert found.lines[0].n == 16
        unhappy = await world.call(show_unhappy, by)
        assert {one.text for one in unhappy.lines} == quoted
        assert unhappy.is_overheard is (by is group)
    heard = await world.call(show_unhappy, group)
    assert "may read" in result(heard).text
    await run(world.owner, "UPDATE runs SET private_user_id = NULL")
    shared = await world.call(show_unhappy, group)
    assert {one.text for one in shared.lines} == said


async def test_few_scores_are_told_as_they_are(world: World) -> None:
    await furnish(world)
    seen = await world.call(show_quality, AS_ANA, skill="cold-email")
    text = result(seen).text
    assert "too few to say how good it is" in text
    assert "likely" not in text
    unknown = await world.call(show_quality, AS_ANA, skill="seo-audit")
    assert "Nobody has rated" in result(unknown).text


async def test_a_chat_gets_a_picture_that_says_what_it_shows(world: World) -> None:
    plots = world.plots = Sketches()
    await furnish(world)
    await _on_pieces_of_their_own(world)
    await world.call(show_quality, AS_ANA, skill="cold-email")
    assert plots.asked == []
    async with world.ctx(AS_ANA, asked(AS_ANA, "inbox:9")) as ctx:
        seen = await show_quality.run(ctx, show_quality.params(skill="cold-email"))
    [figure] = plots.asked
    assert isinstance(figure, QualityFigure)
    assert [mark.label for mark in figure.dimensions] == ["overall"]
    [file] = result(seen).files
    assert "Cold e-mails: 4.0 of 5 from 7 scores" in file.alt
    assert world.files.kept[file.storage_key].startswith(b"PNG of Cold e-mails")


async def test_a_picture_names_no_mean_where_the_words_name_none(world: World) -> None:
    plots = world.plots = Sketches()
    await furnish(world)
    async with world.ctx(AS_ANA, asked(AS_ANA, "inbox:9")) as ctx:
        few = await show_quality.run(ctx, show_quality.params(skill="cold-email"))
    assert "too few to say" in result(few).text
    assert plots.titles == [f"Cold e-mails: {few.lines[0].n} ratings, too few to say"]
    await _on_pieces_of_their_own(world)
    async with world.ctx(AS_ANA, asked(AS_ANA, "inbox:10")) as ctx:
        sure = await show_quality.run(ctx, show_quality.params(skill="cold-email"))
    assert "too few to say how" not in result(sure).text
    assert plots.titles[1:] == ["Cold e-mails: 4.0 of 5"]


async def test_a_skill_nobody_has_is_said_so(world: World) -> None:
    await furnish(world)
    with pytest.raises(NoSuchSkill):
        await world.call(show_quality, AS_ANA, skill="juggling")


_COPY = """
    INSERT INTO outputs (id, workspace_id, run_id, title, storage_key, size_bytes,
                         sha256)
    SELECT uuidv7(), workspace_id, run_id, title, storage_key || n, 1, sha256
    FROM outputs, generate_series(1, 6) AS more (n) WHERE id = :id
"""
_SPREAD = """
    UPDATE feedback f SET output_id = p.id FROM (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS at FROM outputs
        WHERE run_id = :run) p
    WHERE f.output_id = :id AND f.reviewer_key = 'user:' || p.at AND p.id <> :id
"""


async def _on_pieces_of_their_own(world: World) -> None:
    """Let the seven scores of the cold e-mail be of seven pieces."""
    await run(world.owner, _COPY, id=ident(OUTPUT, 1))
    await run(world.owner, _SPREAD, id=ident(OUTPUT, 1), run=ident(RUN, 1))
