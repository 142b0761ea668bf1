"""What each stage of routing adds, on a labelled set that was not learnt.

``python -m bench.routing_accuracy tests/routing/cases.jsonl [--embedder]``. Each row
ranks by some of the stages alone: top-1, top-3, and both again on those messages in
which no phrase is found. With ``--embedder`` the rows by meaning, too.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agent.catalog.skillfile import load_all
from agent.llm.minilm import installed
from bot.cli.route_report import Judged, judged
from bot.ranking.deciding import ordered, weighed
from bot.ranking.features import Floats
from bot.ranking.itself import itself
from bot.ranking.kept_vectors import KeptVectors
from bot.ranking.lexical import ByMeaning, ranking
from bot.ranking.phrases import Phrases
from bot.router import Router, Rule, rule

STAGES = (
    ("phrases",),
    ("words",),
    ("concepts",),
    ("meaning",),
    ("words", "concepts"),
    ("words", "concepts", "phrases"),
    ("words", "concepts", "meaning"),
    ("words", "concepts", "meaning", "phrases"),
)
TOP = 3


class Looked(NamedTuple):
    """A message with what every stage says of it."""

    right: tuple[int, ...]
    parts: Mapping[str, Floats]
    has_phrase: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--skills", type=Path, default=Path("skills"))
    parser.add_argument("--embedder", action="store_true")
    parser.add_argument("--vectors", type=Path, default=Path(".data/vectors"))
    args = parser.parse_args()
    embedder = KeptVectors(installed(), args.vectors) if args.embedder else None
    rules = [rule(skill) for skill in load_all(args.skills)[0]]
    router = Router(rules, embedder=embedder)
    known = (*sorted(rules, key=lambda one: one.skill), itself())
    cases = judged(router, args.cases.read_text("utf-8"))
    looks = looked(known, ByMeaning(embedder), cases)
    print(f"{len(looks)} messages, of which {_bare(looks)} hold no phrase")
    print(f"{'stages':<38} {'top-1':>6} {'top-3':>6}   without a phrase")
    for stages in STAGES:
        if all(stage in looks[0].parts for stage in stages):
            print(f"{' + '.join(stages):<38} {row(looks, stages)}")
    sure = [one for one in cases if one.is_sure]
    wrong = sum(not one.is_right for one in sure) / len(cases)
    print(
        f"decided: top-1 {sum(one.is_right for one in cases) / len(cases):.1%}, "
        f"top-3 {sum(one.is_near for one in cases) / len(cases):.1%}, "
        f"wrong and confident {wrong:.1%}, "
        f"to the model {sum(one.route.wants_model for one in cases) / len(cases):.1%}"
    )


def looked(
    rules: tuple[Rule, ...], by: ByMeaning, cases: Sequence[Judged]
) -> list[Looked]:
    """Every message of ``cases``, stage by stage."""
    held, phrases = ranking(rules, by), Phrases(rules)
    numbers = {name: at for at, name in enumerate(held.names)}
    found = []
    for case in cases:
        evidence = phrases.weigh(case.text)
        nothing = np.zeros(len(numbers), np.float32)
        parts = dict(held.look(case.text).parts)
        parts["phrases"] = weighed(nothing, held.names, evidence)
        right = tuple(numbers[name] for name in case.right if name in numbers)
        found.append(Looked(right, parts, bool(evidence.odds)))
    return found


def row(looks: Sequence[Looked], stages: Sequence[str]) -> str:
    """Top-1 and top-3 by ``stages``, on all and on those without a phrase."""
    bare = [look for look in looks if not look.has_phrase]
    return "   ".join(f"{_top(part, stages)}" for part in (looks, bare))


def _top(looks: Sequence[Looked], stages: Sequence[str]) -> str:
    first, near = 0, 0
    for look in looks:
        scores = np.sum([look.parts[stage] for stage in stages], axis=0)
        best = ordered(scores, TOP) if scores.any() else []
        first += any(at in look.right for at in best[:1])
        near += any(at in look.right for at in best)
    return f"{first / len(looks):>6.1%} {near / len(looks):>6.1%}"


def _bare(looks: Sequence[Looked]) -> int:
    return sum(not look.has_phrase for look in looks)


if __name__ == "__main__":
    main()
