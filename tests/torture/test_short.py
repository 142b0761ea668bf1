"""The short forms, seeded. The long ones: ``make torture``."""

from pathlib import Path

from tests.torture.cuts import cuts
from tests.torture.figures import Figure, faults
from tests.torture.model import model
from tests.torture.storm import storm

SEED = 20261121


def value(figures: list[Figure], what: str) -> float:
    (found,) = (figure.value for figure in figures if figure.what == what)
    return found


async def test_random_programs_survive_random_deaths(tmp_path: Path) -> None:
    figures = await storm(SEED, tmp_path, 80, per_s=40, calm_s=0.4)
    assert faults(figures) == []
    assert value(figures, "workers killed") >= 2
    assert value(figures, "times PostgreSQL was killed or restarted") >= 1


async def test_lost_answers_to_commits_lose_and_double_nothing(tmp_path: Path) -> None:
    figures = await cuts(SEED, tmp_path, 25)
    assert faults(figures) == []
    assert value(figures, "answers to commits lost") == 25


async def test_the_engine_does_what_its_model_does(tmp_path: Path) -> None:
    figures = await model(SEED, tmp_path, 12)
    assert faults(figures) == []
    assert value(figures, "rules applied to engine and model") >= 400
