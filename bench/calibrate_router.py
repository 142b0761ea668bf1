"""How sure the router may be: constants fitted on messages it had not learnt.

``python -m bench.calibrate_router [--skills skills] [--embedder]`` learns four fifths
of the skills' examples, looks at the last fifth, and does so five times over. From what
it found it fits the curve of confidence, writes ``bot/ranking/calibration.json`` and
prints how often each confidence was right.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.catalog.skillfile import load_all
from agent.llm.embedder import Embedder
from agent.llm.minilm import installed
from bot.ranking import deciding
from bot.ranking.itself import itself
from bot.ranking.kept_vectors import KeptVectors
from bot.ranking.lexical import ByMeaning, ranking
from bot.ranking.phrases import Phrases
from bot.ranking.rules import Rule, rule

FOLDS = 5
STEPS, SHRINK = 25, 0.002
WARMTHS = (0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2)


class Look(NamedTuple):
    """What was found for one message that had not been learnt."""

    facts: tuple[float, float, float, float]
    scores: NDArray[np.float32]
    meant: int
    place: int
    """0 when the skill meant came first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skills", type=Path, default=Path("skills"))
    parser.add_argument("--embedder", action="store_true", help="with MiniLM, too")
    parser.add_argument("--vectors", type=Path, default=Path(".data/vectors"))
    args = parser.parse_args()
    rules = [*(rule(skill) for skill in load_all(args.skills)[0]), itself()]
    found = json.loads(deciding.FILE.read_text("utf-8"))
    found["lexical"] = fitted(rules, None)
    if args.embedder:
        found["meaning"] = fitted(rules, KeptVectors(installed(), args.vectors))
    deciding.FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def fitted(rules: Sequence[Rule], embedder: Embedder | None) -> dict[str, float]:
    """The constants for ``rules``, printed with what they are worth."""
    looks = [look for fold in range(FOLDS) for look in looked(rules, fold, embedder)]
    facts = np.array([look.facts for look in looks])
    right = np.array([look.place == 0 for look in looks], float)
    begin, fit, lead, said, others = logistic(facts, right)
    warmth = min(WARMTHS, key=lambda one: surprise(looks, one))
    made = deciding.Curve(begin, fit, lead, said, others, warmth)
    report(looks, made)
    return {name: round(value, 4) for name, value in made._asdict().items()}


def looked(rules: Sequence[Rule], fold: int, embedder: Embedder | None) -> list[Look]:
    """What a ranking without the examples of ``fold`` finds for them."""
    known = tuple(
        replace(one, examples=_but(one.examples, fold))
        for one in sorted(rules, key=_name)
    )
    held, phrases = ranking(known, ByMeaning(embedder)), Phrases(known)
    found = []
    for one in rules:
        meant = held.names.index(one.skill)
        for text in one.examples[fold::FOLDS]:
            evidence = phrases.weigh(text)
            scores = deciding.weighed(held.look(text).scores, held.names, evidence)
            best = deciding.ordered(scores, len(held.names))
            facts = deciding.facts(scores, best, held.names, evidence)
            found.append(Look(facts, scores, meant, best.index(meant)))
    return found


def logistic(facts: NDArray[np.float64], right: NDArray[np.float64]) -> list[float]:
    """The begin and slopes that make the facts' chances most likely (Newton's way)."""
    seen = np.column_stack([np.ones(len(facts)), facts])
    found = np.zeros(seen.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-seen @ found))
        slope = seen.T @ (right - chance) - SHRINK * found
        bend = (seen.T * (chance * (1 - chance))) @ seen
        found += np.linalg.solve(bend + SHRINK * np.eye(len(found)), slope)
    return [float(value) for value in found]


def surprise(looks: Sequence[Look], warmth: float) -> float:
    """How little the shares expected what was meant: the mean of -log share."""
    shares = (deciding.shares(look.scores, warmth)[look.meant] for look in looks)
    return float(np.mean([-np.log(max(float(share), 1e-9)) for share in shares]))


def report(looks: Sequence[Look], curve: deciding.Curve) -> None:
    """Print accuracy, and how often each confidence was right."""
    places = np.array([look.place for look in looks])
    sure = np.array([curve.confidence(look.facts) for look in looks])
    print(
        f"{len(looks)} messages not learnt: top-1 {(places == 0).mean():.1%}, "
        f"top-3 {(places < 3).mean():.1%}; {curve}"  # noqa: PLR2004 - as it says
    )
    for low in np.arange(0.0, 1.0, 0.1):
        here = (sure >= low) & (sure < low + 0.1)
        if here.any():
            rate = (places[here] == 0).mean()
            print(f"  confidence {low:.1f}-{low + 0.1:.1f}: {here.sum():5}  {rate:.0%}")


def _but(texts: tuple[str, ...], fold: int) -> tuple[str, ...]:
    return tuple(text for at, text in enumerate(texts) if at % FOLDS != fold)


def _name(one: Rule) -> str:
    return one.skill


if __name__ == "__main__":
    main()
