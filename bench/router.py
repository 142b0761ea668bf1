"""Messages routed a second, with scores and reasons, on one core.

``python bench/router.py [--seconds 2]``. Messages have 30 words; one in two holds a
phrase, one in eight two skills' phrases, and one in ten is not ASCII. Beside it, in the
same run: one ``re`` alternation over the same phrases, which finds but does not score.
"""

import argparse
import random
import re
import time
from collections.abc import Callable, Sequence

from bot.router import Router, Rule

COUNTS = (40, 200, 1_000, 10_000)
MESSAGES = 4_000
PART = 400
WORDS = 30
SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo wu za che sta bri plo".split()  # noqa: SIM905 - shorter to read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    print(
        f"{'phrases':>8} {'build ms':>9} {'router msg/s':>13} {'re msg/s':>10}  matched"
    )
    for count in COUNTS:
        print(measure(count, seconds))


def measure(count: int, seconds: float) -> str:
    """One row of the table for ``count`` phrases."""
    chance = random.Random(count)  # noqa: S311 - test data
    words = vocabulary(chance, 6_000)
    phrases = made_phrases(chance, words[:3_000], count)
    messages = made_messages(chance, words, phrases)
    began = time.perf_counter()
    router = Router(rules(phrases))
    build_ms = (time.perf_counter() - began) * 1000
    pattern = re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?!\w)", re.IGNORECASE
    )
    matched = sum(router.route(text).skill != "assistant" for text in messages)
    routed = rate(router.route, messages, seconds)
    searched = rate(pattern.findall, messages, min(seconds, 1.0))
    return (
        f"{count:>8,} {build_ms:>9.1f} {routed:>13,.0f} {searched:>10,.0f}"
        f"  {matched / len(messages):.0%}"
    )


def rate(
    call: Callable[[str], object], messages: Sequence[str], seconds: float
) -> float:
    """Calls a second: the best pass over PART messages within ``seconds``."""
    part = messages[:PART]
    call(part[0])
    best = float("inf")
    ends = time.perf_counter() + seconds
    while best == float("inf") or time.perf_counter() < ends:
        began = time.perf_counter()
        for text in part:
            call(text)
        best = min(best, (time.perf_counter() - began) / len(part))
    return 1 / best


def vocabulary(chance: random.Random, count: int) -> list[str]:
    """``count`` different made-up words of two to four syllables."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(found)


def made_phrases(chance: random.Random, words: list[str], count: int) -> list[str]:
    """``count`` different phrases of two to four words."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join(chance.sample(words, chance.randint(2, 4)))] = None
    return list(found)


def rules(phrases: list[str]) -> list[Rule]:
    """The phrases dealt to skills, about thirty each."""
    skills = max(1, len(phrases) // 30)
    return [Rule(f"skill-{n}", tuple(phrases[n::skills])) for n in range(skills)]


def made_messages(
    chance: random.Random, words: list[str], phrases: list[str]
) -> list[str]:
    """Messages of 30 words with capitals, commas and sentence ends."""
    made = []
    for number in range(MESSAGES):
        said = chance.choices(words, k=WORDS)
        for _ in range((number % 2 == 0) + (number % 8 == 0)):
            phrase = chance.choice(phrases).split()
            at = chance.randrange(WORDS - len(phrase))
            said[at : at + len(phrase)] = phrase
        said[0] = said[0].capitalize()
        said[9] += ","
        said[17] += "."
        said[20] = "caf\u00e9" if number % 10 == 0 else said[20]
        made.append(" ".join(said) + "!")
    return made


if __name__ == "__main__":
    main()
