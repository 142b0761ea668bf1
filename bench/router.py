"""Messages routed a second, on one core: the phrase stage, and all stages together.

``python -m bench.router [--seconds 2] [--skills skills]``. Three libraries: the shipped
skills with their own examples as messages; as many made-up ones; and 2,000 of those. A
made-up skill has 30 phrases and 30 examples of words drawn from its own small part of
one vocabulary, and messages have 30 words. Times are of the processor, one thread.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.catalog.skillfile import load_all
from bot.ranking.itself import itself
from bot.ranking.phrases import Phrases
from bot.router import Router, Rule, rule

MADE = (37, 2_000)
EACH = 30
"""Phrases and examples of a made-up skill, and words of a message."""
OWN_WORDS = 60
WORDS = 6_000
PART = 400
SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo wu za che sta bri plo".split()  # noqa: SIM905 - shorter to read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--skills", type=Path, default=Path("skills"))
    args = parser.parse_args()
    print(
        f"{'library':<16} {'phrases':>8} {'examples':>9} {'compile ms':>11} "
        f"{'learn ms':>9} {'phrases/s':>10} {'all stages/s':>13}  right"
    )
    shipped = [rule(skill) for skill in load_all(args.skills)[0]]
    print(measure("shipped", shipped, own_messages(shipped), args.seconds))
    for count in MADE:
        made = made_rules(count)
        name = f"{count:,} made-up"
        print(measure(name, made, made_messages(made), args.seconds))


def measure(
    name: str, rules: list[Rule], messages: list[tuple[str, str]], seconds: float
) -> str:
    """One row of the table."""
    began = time.process_time()
    finder = Phrases((*rules, itself()))
    compiled = time.process_time()
    router = Router(rules, finder=finder)
    router.learn()
    learnt = time.process_time()
    texts = [text for text, _ in messages]
    right = sum(router.route(text).skill == skill for text, skill in messages)
    return (
        f"{name:<16} {sum(len(one.phrases) for one in rules):>8,} "
        f"{sum(len(one.examples) for one in rules):>9,} "
        f"{(compiled - began) * 1000:>11,.0f} {(learnt - compiled) * 1000:>9,.0f} "
        f"{rate(finder.weigh, texts, seconds):>10,.0f} "
        f"{rate(router.route, texts, seconds):>13,.0f}  {right / len(messages):.0%}"
    )


def rate(
    call: Callable[[str], object], messages: Sequence[str], seconds: float
) -> float:
    """Calls a second: the best pass over the messages within ``seconds``."""
    best = float("inf")
    ends = time.process_time() + seconds
    while best == float("inf") or time.process_time() < ends:
        began = time.process_time()
        for text in messages:
            call(text)
        best = min(best, (time.process_time() - began) / len(messages))
    return 1 / best


def own_messages(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """PART of the skills' own examples, with their skills."""
    found = [(text, one.skill) for one in rules for text in one.examples]
    random.Random(1).shuffle(found)  # noqa: S311 - test data
    return found[:PART]


def made_rules(count: int) -> list[Rule]:
    """``count`` skills, each with its own part of one vocabulary; always the same."""
    chance = random.Random(count)  # noqa: S311 - test data
    words = vocabulary(chance, WORDS)
    return [made_rule(chance, f"skill-{n}", words) for n in range(count)]


def made_rule(chance: random.Random, name: str, words: list[str]) -> Rule:
    """A skill of phrases of two to four words and examples of eight to twenty."""
    own = chance.sample(words, OWN_WORDS)
    phrases = [" ".join(chance.sample(own, chance.randint(2, 4))) for _ in range(EACH)]
    examples = [said(chance, own, words, chance.randint(8, 20)) for _ in range(EACH)]
    return Rule(name, tuple(phrases), examples=tuple(examples))


def made_messages(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """PART messages of 30 words; one in two holds a phrase, one in ten an accent."""
    chance = random.Random(7)  # noqa: S311 - test data
    every = [word for one in rules for word in one.examples[0].split()]
    found = []
    for number in range(PART):
        one = chance.choice(rules)
        own = [word for text in one.examples for word in text.split()]
        text = said(chance, own, every, EACH)
        if number % 2:
            text = f"{chance.choice(one.phrases)} {text}"
        found.append((f"caf\u00e9 {text}" if number % 10 == 0 else text, one.skill))
    return found


def said(
    chance: random.Random, own: Sequence[str], others: Sequence[str], count: int
) -> str:
    """``count`` words, two in three of them ``own``, as a sentence."""
    words = [
        chance.choice(own if chance.random() < 2 / 3 else others) for _ in range(count)
    ]
    return (
        " ".join([*words[: count // 2], "and,", *words[count // 2 :]]).capitalize()
        + "."
    )


def vocabulary(chance: random.Random, count: int) -> list[str]:
    """``count`` different made-up words of two to four syllables."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(found)


if __name__ == "__main__":
    main()
