"""The weights are those of the textbook, however they are come by."""

import numpy as np

from bot.ranking import ridge
from bot.ranking.features import Row
from bot.ranking.ridge import Sparse

CHANCE = np.random.default_rng(5)
ROWS, COLUMNS, SKILLS = 140, 60, 4


def made() -> Sparse:
    """Rows of which some features are common and others rare."""
    rows = []
    for at in range(ROWS):
        rare = CHANCE.choice(np.arange(4, COLUMNS), 5, replace=False)
        ids = np.array([0, 1 + at % 2, *rare], np.intp)
        rows.append(Row(ids, CHANCE.random(len(ids)).astype(np.float32)))
    return ridge.stacked(rows, COLUMNS)


SEEN = made()
WANTED = np.eye(SKILLS, dtype=np.float32)[np.arange(ROWS) % SKILLS]
TRUST = np.where(np.arange(ROWS) % 3, 1.0, 0.5).astype(np.float32)


def textbook(smooth: float) -> np.ndarray:
    seen = ridge.dense(SEEN).astype(float)
    gram = seen.T @ (seen * TRUST[:, None]) + smooth * np.eye(COLUMNS)
    found: np.ndarray = np.linalg.solve(gram, seen.T @ (WANTED * TRUST[:, None]))
    return found


def test_likeness_is_the_inner_product_of_rows_common_features_or_rare() -> None:
    seen = ridge.dense(SEEN)
    assert (np.bincount(SEEN.ids) >= ridge.COMMON).any()
    assert (np.bincount(SEEN.ids) < ridge.COMMON).any()
    np.testing.assert_allclose(ridge.likeness(SEEN), seen @ seen.T, atol=1e-4)


def test_solved_over_features_it_is_the_textbooks() -> None:
    found = ridge.by_features(SEEN, WANTED, TRUST, 1.0)
    np.testing.assert_allclose(found, textbook(1.0), atol=1e-4)


def test_solved_over_examples_in_a_few_steps_it_is_near_the_textbooks() -> None:
    found = ridge.by_examples(SEEN, WANTED, TRUST, 1.0)
    off = np.abs(found - textbook(1.0)).max()
    assert off < 0.05 * np.abs(textbook(1.0)).max()


def test_a_handful_of_rows_is_solved_exactly() -> None:
    found = ridge.by_few(SEEN, WANTED, 2.0)
    seen = ridge.dense(SEEN).astype(float)
    exact = seen.T @ np.linalg.solve(seen @ seen.T + 2.0 * np.eye(ROWS), WANTED)
    np.testing.assert_allclose(found, exact, atol=1e-3)
