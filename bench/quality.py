"""How often the intervals of a skill's quality hold, and how often a week is wrong.

Scores 1-5 are drawn, seeded; each piece has one score. ``python -m bench.quality``.
"""

from collections.abc import Sequence
from random import Random

from agent.catalog.quality import SURE, Score, change, estimate

SEED, ROUNDS = 7, 4000
TEAMS = {
    "easily pleased": (0.0, 0.02, 0.08, 0.3, 0.6),
    "mixed": (0.1, 0.15, 0.25, 0.3, 0.2),
    "torn": (0.4, 0.1, 0.0, 0.1, 0.4),
    "all fives but 1 in 50": (0.02, 0.0, 0.0, 0.0, 0.98),
}
PIECES = (5, 10, 30, 100)
SKILLS = 12


def drawn(chance: Random, odds: Sequence[float], n: int) -> list[Score]:
    """``n`` pieces, each scored by somebody else."""
    values = chance.choices((1, 2, 3, 4, 5), odds, k=n)
    return [Score(str(at), str(at), float(value)) for at, value in enumerate(values)]


def held(chance: Random, odds: Sequence[float], n: int) -> tuple[float, float]:
    """How often the interval holds the true mean, and how wide it is."""
    true = sum(score * odd for score, odd in enumerate(odds, start=1))
    found = [estimate(drawn(chance, odds, n)) for _ in range(ROUNDS)]
    spans = [(one.low or 0.0, one.high or 0.0) for one in found]
    hits = sum(low <= true <= high for low, high in spans)
    return hits / ROUNDS, sum(high - low for low, high in spans) / ROUNDS


def wrong_weeks(chance: Random, odds: Sequence[float]) -> float:
    """How often some skill is said to have moved in a week in which none did."""
    sure, weeks = 1 - (1 - SURE) / SKILLS, ROUNDS // 4
    wrong = 0
    for _ in range(weeks):
        looked = (
            change(drawn(chance, odds, 20), drawn(chance, odds, 6), sure)
            for _ in range(SKILLS)
        )
        wrong += any(one is not None and one.is_clear for one in looked)
    return wrong / weeks


def main() -> None:
    chance = Random(SEED)  # noqa: S311 - a simulation
    heads = " | ".join(f"{n} pieces" for n in PIECES)
    print(f"| a team that is | {heads} | weeks wrongly called a change |")
    print("|---|" + "---|" * (len(PIECES) + 1))
    for name, odds in TEAMS.items():
        cells = [held(chance, odds, n) for n in PIECES]
        told = " | ".join(f"{hit:.1%}, width {wide:.1f}" for hit, wide in cells)
        print(f"| {name} | {told} | {wrong_weeks(chance, odds):.1%} |")


if __name__ == "__main__":
    main()
